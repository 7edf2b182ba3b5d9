import Testing
import VirtualCamera

@Suite("What goes wrong with a body", .serialized)
struct FaultTests {
    private static var description: VirtualBodyDescription {
        var description = VirtualBodyDescription()
        description.pictures = 0
        description.shutterLag = .zero
        return description
    }

    @Test("A silent body answers nothing, and answers again once it is repaired")
    func silence() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.silent)
            try session.command.send(InitiatorSession.request(0x1004, [], 1))
            #expect(await until { listener.body.transactionCount(.getStorageIDs) == 1 })
            listener.body.repair()
            // The first answer is the one to the second request.
            #expect(
                try session.ask(0x1004, transaction: 2).response
                    == [UInt8](hexadecimal: "0e000000 07000000 0120 02000000"))
        }
    }

    @Test("A slow body answers all the same")
    func slow() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.slow(.milliseconds(30)))
            #expect(try session.ask(0x1004).data == [UInt8](hexadecimal: "01000000 01000100"))
        }
    }

    @Test("A failure that was asked for comes as often as it was asked for")
    func failure() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.failing(.nikonDeviceReady, .deviceBusy, count: 2))
            #expect(try session.response(0x90C8) == 0x2019)
            #expect(try session.response(0x1004) == 0x2001)
            #expect(try session.response(0x90C8) == 0x2019)
            #expect(try session.response(0x90C8) == 0x2001)
        }
    }

    @Test("Dropped connections are closed, and a new session can be had")
    func drop() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.dropConnections()
            #expect(session.command.isClosedByBody())
            #expect(session.event.isClosedByBody())
            #expect(await until { !listener.body.isSessionOpen })
            #expect(try InitiatorSession(port: listener.port).response(0x1004) == 0x2001)
        }
    }

    @Test("A body without its cable refuses, and is at the same port afterwards")
    func unplug() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            await listener.unplug()
            #expect(session.command.isClosedByBody())
            #expect(throws: InitiatorSocket.Failure.self) { try InitiatorSocket(port: listener.port) }
            try await listener.replug()
            #expect(try InitiatorSession(port: listener.port).response(0x1004) == 0x2001)
        }
    }

    @Test("A new command connection takes the place of the old one, live view and session included")
    func replacement() async throws {
        try await withBody(Self.description) { listener in
            let old = try InitiatorSession(port: listener.port)
            #expect(try old.response(0x9201) == 0x2001)
            let new = try InitiatorSession(port: listener.port)
            #expect(old.command.isClosedByBody())
            #expect(old.event.isClosedByBody())
            #expect(try new.response(0x9203) == 0xA00B)
        }
    }

    @Test("An initiator that is gone leaves a body that the next one can use")
    func goneInitiator() async throws {
        try await withBody(Self.description) { listener in
            for _ in 0..<3 {
                let session = try InitiatorSession(port: listener.port)
                session.command.close()
                #expect(session.event.isClosedByBody())
                #expect(await until { !listener.body.isSessionOpen })
            }
        }
    }

    @Test("An initiator that asks and asks and never reads is cut off, and another one is not")
    func unreadAnswers() async throws {
        var description = Self.description
        description.pictures = 1
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            // 3 KB of thumbnail for each request, far more than sockets hold.
            let requests = String(repeating: InitiatorSession.request(0x100A, [3], 7), count: 100)
            #expect(throws: InitiatorSocket.Failure.self) {
                for _ in 0..<1000 { try session.command.send(requests) }
            }
            #expect(try InitiatorSession(port: listener.port).response(0x1004) == 0x2001)
        }
    }

    @Test("A port that somebody has is refused in words")
    func portTaken() async throws {
        try await withBody(Self.description) { listener in
            let error = await #expect(throws: PortUnavailable.self) {
                try await PtpIpListener.start(listener.body, port: listener.port)
            }
            #expect(error?.description.contains("Address already in use") == true)
        }
    }

    @Test("A full card takes no picture and no file")
    func fullCard() async throws {
        var description = Self.description
        description.cardSpace = 0
        try await withBody(description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x9207, 0xFFFF_FFFF, 0) == 0x200C)
            #expect(!listener.body.pressShutter())
            #expect(try session.response(0x9207, 0xFFFF_FFFF, 1) == 0x2001)
        }
    }

    @Test("Two bodies of one description are the same to the byte; the next one has a serial number of its own")
    func determinism() throws {
        let (first, second) = (VirtualBodyDescription(index: 4), VirtualBodyDescription(index: 5))
        let bodies = try [first, first, second].map { try VirtualBody($0) }
        let path = "/DCIM/100D7500/DSC_0003.JPG"
        #expect(bodies[0].filePaths.count == 3)
        #expect(bodies[0].fileBytes(path) == bodies[1].fileBytes(path))
        #expect(bodies[0].fileBytes(path) != bodies[2].fileBytes(path))
        #expect(first.serialNumber != second.serialNumber)
    }
}
