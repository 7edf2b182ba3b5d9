import FleetTesting
import Testing

/// Bytes that are no packets, and connections that end (protocol.md, section 1).
@Suite struct FramingTests {
    /// Bytes, and a word that the sentence about them must have.
    static let broken: [(bytes: [UInt8], word: String)] = [
        ([11, 0, 0, 0], "packet_len"),
        ([0, 0, 0, 0], "packet_len"),
        ([1, 0, 4, 0, 1, 0], "packet_len"),
        ([0xFF, 0xFF, 0xFF, 0xFF], "packet_len"),
        ([12, 0, 0, 0, 3, 0], "packet_type"),
        ([12, 0, 0, 0, 4, 0], "packet_type"),
        ([16, 0, 0, 0, 2, 0], "packet_type"),
        ([12, 0, 0, 0, 0, 0], "packet_type"),
        ([13, 0, 0, 0, 1, 0, 0, 9, 0, 0, 0, 0, 1], "transaction_ID"),
        ([15, 0, 0, 0, 1, 0, 0, 9, 0, 0, 0, 0, 1, 2, 3], "transaction_ID"),
    ]

    @Test(
        "Bytes that are no packet get Invalid_Parameter and a word why, and then the end, on every port",
        arguments: broken)
    func brokenBytes(_ bytes: [UInt8], _ word: String) async throws {
        try await TestServer.run([]) { server in
            for port in [server.commandPort, server.liveViewPort, server.downloadPort] {
                let client = try await RawClient.connect(port: port)
                // What follows must not cost the client its answer.
                try await client.send(bytes + [UInt8](repeating: 0xAA, count: 100_000))
                let answer = try await client.packet { $0.type == 3 }
                #expect(answer.code == 0x201D)
                #expect(answer.session == 0)
                #expect(answer.transaction == 0)
                #expect(answer.json["error"].string == "Invalid_Parameter")
                #expect(answer.json["message"].string?.contains(word) == true)
                #expect(await client.isClosedByServer())
            }
        }
    }

    @Test("A command of exactly 262,144 bytes is taken, and one byte more is not")
    func longestCommand() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            let padding = String(repeating: " ", count: 262_144 - 16 - 2)
            #expect(try await client.ask(0x0900, transaction: 1, "{}" + padding).code == 0x2001)
            try await client.command(0x0900, transaction: 2, "{}" + padding + " ")
            let answer = try await client.packet()
            #expect(answer.code == 0x201D)
            #expect(answer.transaction == 0)
            #expect(await client.isClosedByServer())
        }
    }

    @Test("A command without a body has transaction_ID 0 and no arguments")
    func commandWithoutBody() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            try await client.send([12, 0, 0, 0, 1, 0, 0x00, 0x09, 0, 0, 0, 0])
            let answer = try await client.packet()
            #expect(answer.code == 0x2001)
            #expect(answer.transaction == 0)
            #expect(answer.json["cameras"].integer == 0)
        }
    }

    @Test("A packet that comes byte by byte is a packet")
    func slowSender() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            let bytes: [UInt8] = [18, 0, 0, 0, 1, 0, 0x00, 0x09, 0, 0, 0, 0, 5, 0, 0, 0, 0x7B, 0x7D]
            for byte in bytes { try await client.send([byte]) }
            let answer = try await client.packet()
            #expect(answer.code == 0x2001)
            #expect(answer.transaction == 5)
        }
    }

    @Test("CONNECTION_OK is event number 1 and says where the other ports are")
    func greeting() async throws {
        try await TestServer.run([]) { server in
            let client = try await RawClient.connect(port: server.commandPort)
            let greeting = try await client.packet()
            #expect(greeting.type == 4)
            #expect(greeting.code == 0x0800)
            #expect(greeting.session == 0)
            #expect(greeting.transaction == 1)
            #expect(greeting.json["server"].string == "camera-fleet/1.0.0")
            #expect(greeting.json["protocol"].integer == 1)
            #expect(greeting.json["authentication"].string == "none")
            #expect(greeting.json["live_view_port"].integer == server.liveViewPort)
            #expect(greeting.json["download_port"].integer == server.downloadPort)
            #expect(greeting.json["time"].integer ?? 0 > 1_700_000_000_000_000_000)
        }
    }

    @Test("A client that closes its sending side still gets the answers to what it sent, and then the end")
    func halfClosed() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            for transaction in 1...20 { try await client.command(0x0902, transaction: UInt32(transaction), "{}") }
            try await client.finishSending()
            var answered: Set<UInt32> = []
            for _ in 1...20 { answered.insert(try await client.packet().transaction) }
            #expect(answered == Set(1...20))
            #expect(await client.isClosedByServer())
        }
    }

    @Test("CLOSE_CONNECTION is answered, whatever follows it, and the connection closed")
    func closeConnection() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            try await client.command(0x0999, transaction: 9, "{}")
            try? await client.command(0x0900, transaction: 10, "{}")
            let answer = try await client.packet()
            #expect(answer.code == 0x2001)
            #expect(answer.transaction == 9)
            #expect(answer.content == Array("{}".utf8))
            #expect(await client.isClosedByServer())
        }
    }
}
