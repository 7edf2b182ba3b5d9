import Testing
import VirtualCamera

@Suite("PTP/IP, byte by byte", .serialized)
struct PtpIpTests {
    private static func description(_ dialect: VirtualBodyDescription.Dialect = .nikon) -> VirtualBodyDescription {
        var description = VirtualBodyDescription(dialect: dialect)
        description.pictures = 1
        description.shutterLag = .zero
        return description
    }

    @Test("A body answers the handshake with its number, its identity and its name")
    func handshake() async throws {
        try await withBody(Self.description()) { listener in
            let command = try InitiatorSocket(port: listener.port)
            try command.send("20000000 01000000 00112233445566778899aabbccddeeff 61000000 00000100")
            let acknowledgement = """
                2e000000 02000000 01000000 36303030303031000000000000000000
                42006f0064007900200031000000 00000100
                """
            #expect(try command.receivePacket() == [UInt8](hexadecimal: acknowledgement))
            let event = try InitiatorSocket(port: listener.port)
            try event.send("0c000000 03000000 01000000")
            #expect(try event.receivePacket() == [UInt8](hexadecimal: "08000000 04000000"))
            try event.send("08000000 0d000000")
            #expect(try event.receivePacket() == [UInt8](hexadecimal: "08000000 0e000000"))
        }
    }

    @Test("An event connection for no command connection is refused")
    func strayEventConnection() async throws {
        try await withBody(Self.description()) { listener in
            let event = try InitiatorSocket(port: listener.port)
            try event.send("0c000000 03000000 2a000000")
            #expect(try event.receivePacket() == [UInt8](hexadecimal: "0c000000 05000000 01000000"))
            #expect(event.isClosedByBody())
        }
    }

    @Test("A session in pieces of any size is the same session", arguments: [1, 3, 7, 64])
    func pieces(size: Int) async throws {
        try await withBody(Self.description(.ptp)) { listener in
            let command = try InitiatorSocket(port: listener.port)
            try command.send(InitiatorSession.initCommand, pieces: size)
            _ = try command.receivePacket()
            try command.send("16000000 06000000 01000000 0210 00000000 01000000", pieces: size)
            #expect(try command.receivePacket() == [UInt8](hexadecimal: "0e000000 07000000 0120 00000000"))
            // ISO 800: request, start of data, the data.
            let set = """
                16000000 06000000 02000000 1610 01000000 0f500000
                14000000 09000000 01000000 0200000000000000
                0e000000 0c000000 01000000 2003
                """
            try command.send(set, pieces: size)
            #expect(try command.receivePacket() == [UInt8](hexadecimal: "0e000000 07000000 0120 01000000"))
            try command.send("16000000 06000000 01000000 1510 02000000 0f500000", pieces: size)
            let value = """
                14000000 09000000 02000000 0200000000000000
                0e000000 0c000000 02000000 2003
                0e000000 07000000 0120 02000000
                """
            #expect(try command.receive(48) == [UInt8](hexadecimal: value))
            #expect(listener.body.value(of: .exposureIndex) == 800)
        }
    }

    @Test(
        "Bytes that are no packet close their connection and no other",
        arguments: [
            "04000000 06000000", "ffffff7f 06000000", "08000000 63000000", "0e000000 06000000 01000000 0110",
            "12000000 06000000 01000000 0110 00000000", "47455420 2f204854 54502f31 2e310d0a",
        ])
    func noPacket(bytes: String) async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            let intruder = try InitiatorSocket(port: listener.port)
            try intruder.send(bytes)
            #expect(intruder.isClosedByBody())
            #expect(try session.response(0x1004) == 0x2001)
        }
    }

    @Test("What cannot be done is answered with PTP's own codes")
    func responseCodes() async throws {
        try await withBody(Self.description(.ptp)) { listener in
            let unopened = try InitiatorSocket(port: listener.port)
            try unopened.send(InitiatorSession.initCommand)
            _ = try unopened.receivePacket()
            try unopened.send("12000000 06000000 01000000 0410 01000000")
            #expect(try unopened.receivePacket() == [UInt8](hexadecimal: "0e000000 07000000 0320 01000000"))

            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x1002, 1) == 0x201E)
            #expect(try session.response(0x9203) == 0x2005)
            #expect(try session.response(0x1005, 5) == 0x2008)
            #expect(try session.response(0x1008, 999) == 0x2009)
            #expect(try session.response(0x1009, 1) == 0x2009)
            #expect(try session.response(0x100A, 1) == 0x2010)
            #expect(try session.response(0x1007, .max, 0, 3) == 0x201A)
            #expect(try session.response(0x101B, 3, 900_000_000, 1) == 0x201D)
            #expect(try session.response(0x1015, 0xD100) == 0x200A)
            #expect(try session.response(0x100D) == 0x2015)
            #expect(try session.response(0x1003) == 0x2001)
            #expect(try session.response(0x1004) == 0x2003)
        }
    }

    @Test(
        "A property refuses what it cannot be",
        arguments: [
            // Property, data, response: no choice, wrong size, read only, unknown, a word of time.
            ("0f500000", "2103", "1c20"), ("0f500000", "20030000", "1b20"), ("01500000", "05", "0f20"),
            ("fe5f0000", "05", "0a20"), ("11500000", "026e000000", "1c20"),
        ])
    func refusals(property: String, data: String, response: String) async throws {
        try await withBody(Self.description(.ptp)) { listener in
            let session = try InitiatorSession(port: listener.port)
            let size = [UInt8](hexadecimal: data).count
            let length = String(size + 0x100, radix: 16).dropFirst()
            let packet = String(size + 12 + 0x100, radix: 16).dropFirst()
            try session.command.send("16000000 06000000 02000000 1610 09000000 \(property)")
            try session.command.send("14000000 09000000 09000000 \(length)00000000000000")
            try session.command.send("\(packet)000000 0c000000 09000000 \(data)")
            #expect(
                try session.command.receivePacket()
                    == [UInt8](hexadecimal: "0e000000 07000000 \(response) 09000000"))
            #expect(listener.body.value(of: .exposureIndex) == 100)
        }
    }

    @Test("A generic body tells of its picture on the event connection, and then that it is done")
    func genericEvents() async throws {
        try await withBody(Self.description(.ptp)) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x100E, 0, 0) == 0x2001)
            #expect(
                try session.event.receivePacket()
                    == [UInt8](hexadecimal: "12000000 08000000 0240 07000000 04000000"))
            #expect(
                try session.event.receivePacket()
                    == [UInt8](hexadecimal: "12000000 08000000 0d40 07000000 07000000"))
            let picture = try session.ask(0x1009, 4)
            #expect(picture.data == listener.body.fileBytes("/DCIM/100VIRTU/DSC_0002.JPG"))
            #expect(JpegFile.size(picture.data) == [1920, 1280])
        }
    }

    @Test("A Nikon keeps its events until it is asked, and no one gets an event twice")
    func nikonEvents() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.ask(0x90C7).data == [0, 0])
            #expect(try session.response(0x9207, 0xFFFF_FFFF, 0) == 0x2001)
            var readiness: UInt16 = 0
            repeat { readiness = try session.response(0x90C8) } while readiness == 0x2019
            #expect(readiness == 0x2001)
            #expect(
                try session.ask(0x90C7).data == [UInt8](hexadecimal: "0200 0240 04000000 0d40 07000000"))
            #expect(try session.ask(0x90C7).data == [0, 0])
            #expect(listener.body.releaseTimes.count == 1)
        }
    }

    @Test(
        "A Nikon answers the first question for events with what happened since the session began, and tells it nowhere else"
    )
    func nikonEventsBeforeTheFirstQuestion() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(listener.body.turnDial(.exposureIndex, to: 400))
            #expect(try session.ask(0x90C7).data == [UInt8](hexadecimal: "0100 0640 0f500000"))
            #expect(try session.ask(0x90C7).data == [0, 0])
            #expect(!session.event.hasInput)
        }
    }

    @Test("A Nikon's two properties of exposure time follow each other, and it tells of both")
    func exposureTimes() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            _ = try session.ask(0x90C7)
            #expect(listener.body.turnDial(.nikonExposureTime, to: 0x0001_001E))
            #expect(listener.body.value(of: .exposureTime) == 333)
            #expect(
                try session.ask(0x90C7).data == [UInt8](hexadecimal: "0200 0640 00d10000 0640 0d500000"))
        }
    }

    @Test("A bulb exposure lasts until it is ended, and the next bulb can begin")
    func bulb() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            _ = try session.ask(0x90C7)
            listener.body.turnDial(.exposureTime, to: 0xFFFF_FFFF)
            for count in 2...3 {
                #expect(try session.response(0x9207, 0xFFFF_FFFF, 0) == 0x2001)
                #expect(try session.response(0x90C8) == 0xA200)
                #expect(try session.response(0x920C, 0, 0) == 0x2001)
                #expect(try session.response(0x920C, 0, 0) == 0xA004)
                #expect(await until { listener.body.filePaths.count == count })
                while try session.response(0x90C8) != 0x2001 {}
            }
        }
    }

    @Test("A picture in a Nikon's memory is there to be taken once")
    func memory() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            _ = try session.ask(0x90C7)
            #expect(try session.response(0x9207, 0xFFFF_FFFF, 1) == 0x2001)
            while try session.response(0x90C8) == 0x2019 {}
            let events = try session.ask(0x90C7).data
            let handle = events.number(at: 4, of: UInt32.self)
            #expect(events.number(at: 2, of: UInt16.self) == 0xC101)
            #expect(JpegFile.size(try session.ask(0x1009, handle).data) == [1920, 1280])
            #expect(try session.response(0x1009, handle) == 0x2009)
            #expect(listener.body.filePaths == ["/DCIM/100D7500/DSC_0001.JPG"])
        }
    }

    @Test("Live view gives whole pictures behind a head, each another one")
    func liveView() async throws {
        var description = Self.description()
        description.liveViewFramesPerSecond = 0
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x9203) == 0xA00B)
            #expect(try session.response(0x9201) == 0x2001)
            let frames = try (0..<3).map { _ in try session.ask(0x9203).data }
            for frame in frames {
                #expect(Array(frame[384..<386]) == [0xFF, 0xD8])
                #expect(Array(frame.suffix(2)) == [0xFF, 0xD9])
                #expect(frame.count(of: (0xFF, 0xD8)) == 1)
                #expect(frame.count(of: (0xFF, 0xD9)) == 1)
                #expect(JpegFile.size(Array(frame[384...])) == [640, 424])
            }
            #expect(Set(frames).count == 3)
            #expect(listener.body.liveViewFrameCount == 3)
            #expect(try session.response(0x9202) == 0x2001)
            #expect(try session.response(0x9203) == 0xA00B)
        }
    }

    @Test("A large object comes the same whole and in parts, in packets of at most a mebibyte")
    func largeObject() async throws {
        var description = Self.description()
        description.extraObjects = [5_000_001]
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let path = "/DCIM/100D7500/DSC_0002.JPG"
            let bytes = try #require(listener.body.fileBytes(path))
            #expect(bytes.count == 5_000_001)
            let whole = try session.ask(0x1009, 4)
            #expect(whole.data == bytes)
            #expect(whole.packets == 5)
            let part = try session.ask(0x101B, 4, 1_234_567, 1_048_576)
            #expect(part.data == Array(bytes[1_234_567..<2_283_143]))
            #expect(part.response == [UInt8](hexadecimal: "12000000 07000000 0120 07000000 00001000"))
            let end = try session.ask(0x101B, 4, 5_000_000, 1_048_576)
            #expect(end.data == bytes.suffix(1))
        }
    }

    @Test("A transfer that is cancelled ends, and the session goes on")
    func cancel() async throws {
        var description = Self.description()
        description.extraObjects = [256 * 1024 * 1024]
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            try session.command.send("16000000 06000000 01000000 0910 05000000 04000000")
            #expect(try session.command.receivePacket().number(at: 4, of: UInt32.self) == 9)
            try session.command.send("0c000000 0b000000 05000000")
            let answer = try session.command.receiveAnswer()
            #expect(answer.response == [UInt8](hexadecimal: "0e000000 07000000 1f20 05000000"))
            #expect(answer.data.count < 256 * 1024 * 1024)
            #expect(try session.response(0x1004) == 0x2001)
        }
    }

    @Test("The shutter and the dials on the body itself are told of")
    func handsOnTheBody() async throws {
        try await withBody(Self.description(.ptp)) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(listener.body.turnDial(.exposureIndex, to: 400))
            #expect(
                try session.event.receivePacket()
                    == [UInt8](hexadecimal: "12000000 08000000 0640 ffffffff 0f500000"))
            #expect(listener.body.pressShutter())
            #expect(
                try session.event.receivePacket()
                    == [UInt8](hexadecimal: "12000000 08000000 0240 ffffffff 04000000"))
            #expect(!listener.body.turnDial(.exposureIndex, to: 401))
        }
    }
}
