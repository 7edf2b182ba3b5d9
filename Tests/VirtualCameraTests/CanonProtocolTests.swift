import FleetTesting
import Testing
import VirtualCamera

@Suite("A Canon EOS, byte by byte", .serialized)
struct CanonProtocolTests {
    /// What closes every answer to GetEvent.
    private static let end = "08000000 00000000"

    private func withSession(
        _ change: (inout VirtualBodyDescription) -> Void = { _ in },
        _ test: (InitiatorSession, VirtualBody) async throws -> Void
    ) async throws {
        var description = VirtualBodyDescription(dialect: .canonEOS)
        description.pictures = 1
        description.shutterLag = .zero
        change(&description)
        try await withBody(description) { listener in
            try await test(try InitiatorSession(port: listener.port), listener.body)
        }
    }

    /// SetDevicePropValueEx with data in hexadecimal; its response code.
    private func set(_ session: InitiatorSession, _ data: String) throws -> UInt16 {
        let count = [UInt8](hexadecimal: data).count
        func word(_ value: Int) -> String { [UInt8(value & 0xFF), UInt8(value >> 8), 0, 0].hexadecimal }
        try session.command.send(
            "12000000 06000000 02000000 1091 07000000 14000000 09000000 07000000 \(word(count)) 00000000"
                + "\(word(12 + count)) 0c000000 07000000 \(data)")
        return try session.command.receiveAnswer().response.number(at: 8, of: UInt16.self)
    }

    private func events(_ session: InitiatorSession) throws -> [UInt8] { try session.ask(0x9116).data }

    /// Collects records until some bytes are among them.
    private func events(_ session: InitiatorSession, until wanted: String) async throws -> [UInt8] {
        var all: [UInt8] = []
        try await waitUntil("the body tells \(wanted)") {
            all += try events(session)
            return all.contains([UInt8](hexadecimal: wanted))
        }
        return all
    }

    @Test("It says nothing before events are wanted, then everything about itself once")
    func initialEvents() async throws {
        try await withSession { session, _ in
            #expect(try events(session) == [UInt8](hexadecimal: Self.end))
            #expect(try session.response(0x9115, 1) == 0x2001)
            let all = try events(session)
            let records = [
                // ISO 100; which focus modes there are, after the one there is; large fine JPEG; the serial number.
                "10000000 89c10000 03d10000 48000000",
                "10000000 89c10000 08d10000 00000000 24000000 8ac10000 08d10000 03000000 04000000"
                    + "00000000 01000000 02000000 03000000",
                "20000000 89c10000 20d10000 01000000 10000000 01000000 00000000 03000000",
                "1c000000 89c10000 afd10000 303233303231303030303031 00000000",
            ]
            for record in records { #expect(all.contains([UInt8](hexadecimal: record)), "\(record)") }
            #expect(Array(all.suffix(8)) == [UInt8](hexadecimal: Self.end))
            #expect(try events(session) == [UInt8](hexadecimal: Self.end))
        }
    }

    @Test("A value that is set is told of, and one that cannot be is refused")
    func settings() async throws {
        try await withSession { session, body in
            #expect(try session.response(0x9115, 1) == 0x2001)
            _ = try events(session)
            #expect(try set(session, "0c000000 03d10000 68000000") == 0x2001)
            #expect(body.value(of: .canonISOSpeed) == 0x68)
            #expect(try events(session) == [UInt8](hexadecimal: "10000000 89c10000 03d10000 68000000 \(Self.end)"))
            // RAW and large fine JPEG: two records; the setting of the card follows.
            let pair = "02000000 10000000 06000000 00000000 04000000 10000000 01000000 00000000 03000000"
            #expect(try set(session, "2c000000 20d10000 \(pair)") == 0x2001)
            #expect(
                try events(session)
                    == [UInt8](
                        hexadecimal: "30000000 89c10000 20d10000 \(pair) 30000000 89c10000 22d10000 \(pair) \(Self.end)"
                    ))
            let refused: [(String, UInt16)] = [
                ("0c000000 03d10000 69000000", 0x201C), ("0c000000 afd10000 41000000", 0x200F),
                ("0c000000 ffd10000 01000000", 0x200A), ("0d000000 03d10000 68000000", 0x2002), ("0c000000", 0x2002),
                ("0c000000 20d10000 01000000", 0x201B), ("08000000 03d10000", 0x201B),
            ]
            for (data, response) in refused { #expect(try set(session, data) == response, "\(data)") }
            #expect(try events(session) == [UInt8](hexadecimal: Self.end))
            // Canon's properties are none of the standard's operations.
            #expect(try session.response(0x1015, 0xD103) == 0x200A)
        }
    }

    @Test("A picture on the card is told of with its folder and name, between busy and ready")
    func captureToCard() async throws {
        try await withSession { session, body in
            #expect(try session.response(0x9115, 1) == 0x2001)
            _ = try events(session)
            #expect(try session.response(0x9128, 3, 0) == 0x2001)
            #expect(try session.response(0x9128, 3, 0) == 0x2019)
            #expect(try session.response(0x9129, 3) == 0x2001)
            let all = try await events(session, until: "0c000000 8bc10000 00000000")
            // Focus found; busy.
            let before = "18000000 a5c10000 10000000 00010000 00000000 01000000 0c000000 8bc10000 01000000"
            #expect(all.starts(with: [UInt8](hexadecimal: before)))
            let added = try #require(all.firstRange(of: [UInt8](hexadecimal: "81c10000"))).lowerBound - 4
            let record = Array(all[added...].prefix(Int(all[added])))
            let path = "/DCIM/100CANON/IMG_0002.JPG"
            #expect(record.number(at: 12, of: UInt32.self) == 0x0001_0001)
            #expect(record.number(at: 16, of: UInt16.self) == 0x3801)
            #expect(body.fileSize(path) == Int(record.number(at: 28, of: UInt32.self)))
            #expect(Array(record[40...]) == Array("IMG_0002.JPG".utf8) + [0, 0, 0, 0])
            // The folder lists it, by 56 bytes.
            let folder = try session.ask(0x9109, 0x0001_0001, record.number(at: 32, of: UInt32.self), 0x10_0000).data
            #expect(folder.count == 4 + 2 * 56)
            let entry = Array(folder.suffix(56))
            #expect(entry.number(at: 0, of: UInt32.self) == 56)
            #expect(entry.number(at: 4, of: UInt32.self) == record.number(at: 8, of: UInt32.self))
            #expect(entry[36...].starts(with: Array("IMG_0002.JPG".utf8) + [0]))
        }
    }

    @Test("A picture that is deleted on the body is told of by its handle, and so is the room that it leaves")
    func deletion() async throws {
        try await withSession { session, body in
            let folder = try session.ask(0x9109, 0x0001_0001, .max, 0x10_0000).data.number(at: 8, of: UInt32.self)
            let file = try session.ask(0x9109, 0x0001_0001, folder, 0x10_0000).data.number(at: 8, of: UInt32.self)
            let image = try session.ask(0x9109, 0x0001_0001, file, 0x10_0000).data[8..<12]
            #expect(try session.response(0x9115, 1) == 0x2001)
            _ = try events(session)
            #expect(body.deleteOnBody("/DCIM/100CANON/IMG_0001.JPG"))
            let expected = "0c000000 82c10000 \(Array(image).hexadecimal) 10000000 89c10000 1bd10000"
            #expect(try events(session).starts(with: [UInt8](hexadecimal: expected)))
            #expect(try session.response(0x100B, image.first.map(UInt32.init) ?? 0) == 0x2009)
        }
    }

    @Test("Pictures for the computer need room there, and wait until they are taken")
    func captureToComputer() async throws {
        try await withSession { session, body in
            #expect(try session.response(0x9115, 1) == 0x2001)
            #expect(try set(session, "0c000000 1cd10000 04000000") == 0x2001)
            #expect(try session.response(0x9128, 3, 0) == 0x200C)
            #expect(!body.pressShutter())
            #expect(try session.response(0x911A, 0x0FFF_FFFF, 0x1000, 1) == 0x2001)
            var handles: [UInt32] = []
            for _ in 0..<7 {
                _ = try events(session)
                #expect(try session.response(0x9128, 3, 0) == 0x2001)
                let all = try await events(session, until: "0c000000 8bc10000 00000000")
                let transfer = try #require(all.firstRange(of: [UInt8](hexadecimal: "86c10000"))).lowerBound - 4
                handles.append(all.number(at: transfer + 8, of: UInt32.self))
                #expect(try session.response(0x9129, 3) == 0x2001)
            }
            #expect(Set(handles).count == 7)
            #expect(try session.response(0x9128, 3, 0) == 0x2019)
            let first = handles[0]
            #expect(Array(try session.ask(0x101B, first, 0, 2).data) == [0xFF, 0xD8])
            #expect(try session.response(0x9117, first) == 0x2001)
            #expect(try session.response(0x9117, first) == 0x2009)
            #expect(try session.response(0x9128, 3, 0) == 0x2001)
            #expect(body.filePaths.count == 1)
        }
    }

    @Test("With its drive on continuous it takes pictures for as long as the shutter is pressed")
    func continuous() async throws {
        try await withSession { session, body in
            #expect(body.turnDial(.canonDriveMode, to: 1))
            #expect(try session.response(0x9128, 3, 0) == 0x2001)
            try await waitUntil("three pictures are taken") { body.releaseTimes.count >= 3 }
            #expect(try session.response(0x9129, 3) == 0x2001)
            try await waitUntil("the last one is stored") { body.filePaths.count == 1 + body.releaseTimes.count }
            #expect(try session.response(0x9128, 2, 0) == 0x2001)
        }
    }

    @Test("Live view needs the computer as its screen, and gives pictures in a block of their own")
    func liveView() async throws {
        try await withSession { session, body in
            #expect(try session.response(0x9153, 0x20_0000, 0, 0) == 0xA102)
            #expect(try set(session, "0c000000 b0d10000 02000000") == 0x2001)
            for number in 1...3 {
                let frame = try session.ask(0x9153, 0x20_0000, 0, 0).data
                #expect(Int(frame.number(at: 0, of: UInt32.self)) == frame.count)
                #expect(frame.number(at: 4, of: UInt32.self) == 1)
                #expect(JpegFile.size(Array(frame[8...])) == [640, 424])
                #expect(body.liveViewFrameCount == number)
            }
            #expect(try session.response(0x9152) == 0x2001)
            #expect(try session.response(0x9153, 0x20_0000, 0, 0) == 0xA102)
        }
    }
}
