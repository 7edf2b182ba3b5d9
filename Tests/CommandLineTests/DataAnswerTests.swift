import FleetModel
import NIOCore
import PacketClient
import PacketProtocol
import Testing

@Suite("A command that is answered with data", .timeLimit(.minutes(1)))
struct DataAnswerTests {
    private func connect(_ port: Int) async throws -> FleetConnection {
        try await FleetConnection.connect(to: ServerAddress(host: "127.0.0.1", port: port))
    }

    private func withThumbnails<Value: Sendable>(
        _ answer: @escaping @Sendable (ReceivedCommand) -> [ByteBuffer],
        _ work: @Sendable (BodySession) async throws -> Value
    ) async throws -> Value {
        var fleet = ScriptedFleet()
        fleet.special = { $0.code == 0x0003 ? answer($0) : nil }
        return try await fleet.serve { port in
            let connection = try await connect(port)
            let session = try await connection.openSession(on: .number(1))
            let value = try await work(session)
            await connection.close()
            return value
        }
    }

    @Test("Its data packets are put together, in their order, up to the response")
    func together() async throws {
        let thumbnail = try await withThumbnails { command in
            #expect(command.session == 11)
            #expect(command.json.contains(#""folder":"/store""#) && command.json.contains(#""name":"A.JPG""#))
            return [
                command.data(ByteBuffer(string: "one ")), command.data(ByteBuffer()),
                command.data(ByteBuffer(string: "two")), command.response(#"{"mime":"image/jpeg","size":7}"#),
            ]
        } _: { session in
            try await session.thumbnail(folder: "/store", name: "A.JPG")
        }
        #expect(thumbnail == Thumbnail(mime: "image/jpeg", bytes: ByteBuffer(string: "one two")))
    }

    @Test("Commands whose data come mixed get their own each; data that nobody asked for is dropped")
    func mixed() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            var asked: [ReceivedCommand] = []
            while asked.count < 3, let command = try await peer.command() { asked.append(command) }
            // They are asked side by side, so any of them may come first.
            guard let plain = asked.first(where: { $0.code != 0x0003 }),
                case let withData = asked.filter({ $0.code == 0x0003 }), withData.count == 2
            else { return }
            let (first, second) = (withData[0], withData[1])
            let stray = packet(type: 2, 3, transaction: 4_000, ByteBuffer(string: "stray"))
            try await peer.send(
                stray, first.data(ByteBuffer(string: "a")), second.data(ByteBuffer(string: "x")),
                plain.data(ByteBuffer(string: "nobody's")), first.data(ByteBuffer(string: "b")))
            try await peer.send(
                second.response(#"{"mime":"\#(second.session)","size":1}"#),
                first.response(#"{"mime":"\#(first.session)","size":2}"#),
                plain.response(#"{"time":1,"cameras":3}"#))
            try await peer.serve { [$0.response()] }
        } _: { port in
            let connection = try await connect(port)
            @Sendable func ask(_ session: UInt32) async throws -> String {
                let answer = try await connection.requestData(
                    .getThumbnail, sessionID: session, as: ThumbnailResult.self)
                return answer.result.mime + String(buffer: answer.data)
            }
            async let first = ask(1)
            async let second = ask(2)
            async let plain = connection.check()
            let answers = try await [first, second]
            // Whichever of the two came first, it is the one whose data are a and b.
            #expect([["1ab", "2x"], ["1x", "2ab"]].contains(answers))
            #expect(try await plain.cameras == 3)
            await connection.close()
        }
    }

    @Test("More than 16 MiB is an error of that command, and the connection lives on")
    func tooMuch() async throws {
        let piece = ByteBuffer(repeating: 1, count: 1_048_576)
        try await withThumbnails { command in
            (0..<17).map { _ in command.data(piece) } + [command.response(#"{"mime":"image/jpeg","size":17825792}"#)]
        } _: { session in
            await #expect {
                try await session.thumbnail(folder: "/", name: "A.JPG")
            } throws: { error in
                guard case .notUnderstood(_, let why)? = error as? FleetClientError else { return false }
                return why.contains("16777216")
            }
            let cameras = try await session.connection.cameras()
            #expect(cameras.count == 2)
        }
    }

    @Test("A thumbnail of another size than the server says is an error; so is a refusal")
    func wrong() async throws {
        try await withThumbnails { command in
            guard command.json.contains("A.JPG") else {
                return [command.response(#"{"error":"Invalid_ObjectHandle","message":"No."}"#, code: 0x2009)]
            }
            return [command.data(ByteBuffer(string: "ab")), command.response(#"{"mime":"image/jpeg","size":3}"#)]
        } _: { session in
            await #expect {
                try await session.thumbnail(folder: "/", name: "A.JPG")
            } throws: { error in
                guard case .file(let why)? = error as? FleetClientError else { return false }
                return why.contains("A.JPG")
            }
            await #expect(throws: FleetClientError.refused(FleetError(.invalidObjectHandle, "No."))) {
                try await session.thumbnail(folder: "/", name: "B.JPG")
            }
        }
    }
}
