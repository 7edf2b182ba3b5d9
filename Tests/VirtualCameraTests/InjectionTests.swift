import FleetTesting
import Testing
import VirtualCamera

@Suite("Faults on demand, as they are on the wire", .serialized)
struct InjectionTests {
    private static var description: VirtualBodyDescription {
        var description = VirtualBodyDescription(dialect: .nikon)
        description.pictures = 1
        description.shutterLag = .zero
        description.transactionLogLength = 64
        return description
    }

    @Test("A fault strikes the operation, the turn and as often as it was told, and counts its strikes")
    func selection() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let fault = listener.body.inject(.failing(.generalError).on(.getStorageIDs).at(2).times(2))
            let responses: [UInt16] = try (0..<5).map { _ in
                guard try session.response(0x1007, .max, 0, 0) == 0x2001 else { return 0 }
                return try session.response(0x1004)
            }
            #expect(responses == [0x2001, 0x2002, 0x2002, 0x2001, 0x2001])
            #expect(listener.body.strikes(of: fault) == 2)
            #expect(listener.body.faults.count == 1)
            #expect(listener.body.repair(fault))
            #expect(!listener.body.repair(fault))
            #expect(listener.body.faults.isEmpty)
        }
    }

    @Test("A busy body says so until it is repaired, and one fault is repaired without the other")
    func busy() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let busy = listener.body.inject(.busy)
            listener.body.inject(.failing(.generalError).on(.getStorageIDs))
            #expect(try session.response(0x1004) == 0x2019)
            #expect(try session.response(0x1015, 0x5001) == 0x2019)
            #expect(listener.body.repair(busy))
            #expect(try session.response(0x1004) == 0x2002)
            #expect(try session.response(0x1015, 0x5001) == 0x2001)
        }
    }

    @Test("A transaction that is not answered does not keep the next one from its answer")
    func silence() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.silent.on(.getStorageIDs).times(1))
            try session.command.send(InitiatorSession.request(0x1004, [], 1))
            try session.command.send(InitiatorSession.request(0x1004, [], 2))
            let answer = try session.command.receiveAnswer()
            #expect(answer.response == [UInt8](hexadecimal: "0e000000 07000000 0120 02000000"))
        }
    }

    @Test("A body that hangs at an operation answers nothing from there on, until it is repaired")
    func hang() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let fault = listener.body.inject(.hang.on(.getStorageIDs).at(2))
            #expect(try session.response(0x1004) == 0x2001)
            try session.command.send(InitiatorSession.request(0x1004, [], 1))
            try session.command.send(InitiatorSession.request(0x1007, [.max, 0, 0], 2))
            try await waitUntil("both were heard") { listener.body.transactionCount(.getObjectHandles) == 1 }
            #expect(listener.body.strikes(of: fault) == 1)
            listener.body.repair(fault)
            let answer = try session.ask(0x1007, .max, 0, 0, transaction: 3)
            #expect(answer.response == [UInt8](hexadecimal: "0e000000 07000000 0120 03000000"))
        }
    }

    @Test("Connections break at the transaction that was named, and others can be had")
    func drop() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.drop.on(.getStorageIDs).at(2).times(1))
            #expect(try session.response(0x1004) == 0x2001)
            try session.command.send(InitiatorSession.request(0x1004, [], 8))
            #expect(session.command.isClosedByBody())
            #expect(session.event.isClosedByBody())
            #expect(try InitiatorSession(port: listener.port).response(0x1004) == 0x2001)
        }
    }

    @Test("A connection breaks within the data, after as many bytes as were asked for", arguments: [0, 1, 70_000])
    func cut(after bytes: Int) async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            let file = try #require(listener.body.fileBytes("/DCIM/100D7500/DSC_0001.JPG"))
            listener.body.inject(.cut(after: bytes).on(.getObject).times(1))
            try session.command.send(InitiatorSession.request(0x1009, [3], 5))
            let start = try session.command.receivePacket()
            #expect(start.number(at: 12, of: UInt64.self) == UInt64(file.count))
            let data = try session.command.receivePacket()
            #expect(data.number(at: 4, of: UInt32.self) == 10)
            #expect(Array(data[12...]) == Array(file.prefix(bytes)))
            #expect(session.command.isClosedByBody())
            #expect(try InitiatorSession(port: listener.port).ask(0x1009, 3).data == file)
        }
    }

    @Test(
        "The length of a data phase can be announced wrong, either way",
        arguments: [(-3, "0500000000000000"), (2, "0a00000000000000"), (-100, "0000000000000000")])
    func wrongLength(by bytes: Int, length: String) async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.wrongLength(by: bytes).times(1))
            try session.command.send(InitiatorSession.request(0x1004, [], 5))
            let answer = """
                14000000 09000000 05000000 \(length)
                14000000 0c000000 05000000 01000000 01000100
                0e000000 07000000 0120 05000000
                """
            #expect(try session.command.receive(54) == [UInt8](hexadecimal: answer))
        }
    }

    @Test(
        "Datasets can be random bytes: as many as there should be or as asked for, the same for the same seed",
        arguments: [
            (0x1001, []), (0x1005, [0x10001]), (0x1008, [3]), (0x1007, [.max]), (0x1014, [0x5001]), (0x90C7, []),
        ]
            as [(UInt16, [UInt32])])
    func garbage(operation: UInt16, parameters: [UInt32]) async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            func data() throws -> [UInt8] {
                try session.command.send(InitiatorSession.request(operation, parameters, 5))
                let answer = try session.command.receiveAnswer()
                #expect(answer.response == [UInt8](hexadecimal: "0e000000 07000000 0120 05000000"))
                return answer.data
            }
            let code = OperationCode(rawValue: operation)
            _ = try data()
            let right = try data()
            listener.body.inject(.garbage(seed: 1).on(code).times(2))
            let (first, second) = (try data(), try data())
            listener.body.inject(.garbage(seed: 2, length: 3000).on(code).times(1))
            let third = try data()
            #expect(first != right)
            #expect(first.count == right.count)
            #expect(first == second)
            #expect(third.count == 3000)
            #expect(Array(third.prefix(first.count)) != first)
            #expect(try data() == right)
        }
    }

    @Test("A live view frame can be garbage")
    func garbageFrame() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x9201) == 0x2001)
            listener.body.inject(.garbage(seed: 1, length: 100).on(.nikonGetLiveViewImage).times(1))
            #expect(try session.ask(0x9203).data.count == 100)
            #expect(try session.ask(0x9203).data.count(of: (0xFF, 0xD8)) == 1)
        }
    }

    @Test(
        "In place of an answer comes a packet that is none",
        arguments: [
            (.absurdLength, "f0ffffff 07000000 0120 05000000"), (.shortLength, "04000000 07000000 0120 05000000"),
            (.unknownType, "0e000000 63000000 0120 05000000"),
        ] as [(Fault.BrokenPacket, String)])
    func garbagePacket(packet: Fault.BrokenPacket, bytes: String) async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.garbagePacket(packet).times(1))
            try session.command.send(InitiatorSession.request(0x1004, [], 5))
            #expect(try session.command.receive(14) == [UInt8](hexadecimal: bytes))
            #expect(try session.response(0x1004) == 0x2001)
        }
    }

    @Test("Noise in place of an answer is 64 bytes, the same for the same seed")
    func noise() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.garbagePacket(.noise(seed: 3)).times(2))
            listener.body.inject(.garbagePacket(.noise(seed: 4)).at(3).times(1))
            let noises = try (0..<3).map { _ in
                try session.command.send(InitiatorSession.request(0x1004, [], 5))
                return try session.command.receive(64)
            }
            #expect(noises[0] == noises[1])
            #expect(noises[0] != noises[2])
        }
    }

    @Test("A response can carry another transaction's number")
    func wrongTransaction() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.wrongTransaction.times(1))
            #expect(
                try session.ask(0x1004).response == [UInt8](hexadecimal: "0e000000 07000000 0120 52550000"))
            #expect(
                try session.ask(0x1004).response == [UInt8](hexadecimal: "0e000000 07000000 0120 07000000"))
        }
    }

    @Test("A card that is full takes no picture, no upload, and says that nothing is free")
    func fullCard() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            func free() throws -> UInt64 { try session.ask(0x1005, 0x10001).data.number(at: 14, of: UInt64.self) }
            #expect(try free() > 0)
            let fault = listener.body.inject(.cardFull)
            #expect(try free() == 0)
            #expect(try session.response(0x9207, 0xFFFF_FFFF, 0) == 0x200C)
            #expect(!listener.body.pressShutter())
            #expect(try session.announce("NEW.BIN", size: 10) == 0x200C)
            listener.body.repair(fault)
            #expect(try session.announce("NEW.BIN", size: 10) == 0x2001)
            #expect(listener.body.pressShutter())
        }
    }

    @Test("A slow answer comes no earlier than it was told to")
    func slow() async throws {
        try await withBody(Self.description) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.slow(.milliseconds(30)).on(.getStorageIDs).times(1))
            #expect(try session.response(0x1004) == 0x2001)
            try await waitUntil("the log has it") { listener.body.transactions().last?.operation == .getStorageIDs }
            let record = try #require(listener.body.transactions().last)
            let answered = try #require(record.answered)
            #expect(answered.monotonic >= record.arrival.monotonic + 29_000_000)
        }
    }

    @Test("Debian's gphoto2 survives garbage in place of the device info, and works once it is repaired")
    func gphoto() async throws {
        try await withBody(Self.description) { listener in
            let folder = TemporaryFolder()
            func summary() async throws -> Command.Result {
                try await Command.run(
                    "/usr/bin/env", ["timeout", "30", "gphoto2", "--port", listener.portPath, "--summary"],
                    environment: ["HOME": folder.path, "LC_ALL": "C", "PATH": "/usr/bin:/bin"])
            }
            let fault = listener.body.inject(.garbage(seed: 5).on(.getDeviceInfo))
            let broken = try await summary().output
            #expect(!broken.contains("D7500"))
            #expect(listener.body.strikes(of: fault) > 0)
            listener.body.repair()
            let repaired = try await summary().output
            #expect(repaired.contains("Model: D7500\n"))
        }
    }
}
