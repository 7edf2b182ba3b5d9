import FleetModel
import NIOCore
import PacketClient
import Testing

@Suite("A live view stream of the client", .timeLimit(.minutes(1)))
struct LiveViewStreamTests {
    private func open(_ port: Int, capacity: Int = 100) async throws(FleetClientError) -> LiveViewStream {
        try await LiveViewStream.open(
            at: ServerAddress(host: "127.0.0.1", port: port), sessionID: 3, ticket: "t-1", capacity: capacity)
    }

    @Test("Frames come with their number and time, until the server says why it ends")
    func frames() async throws {
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            guard command.code == 5, command.session == 3, command.json == #"{"ticket":"t-1"}"# else { return }
            try await peer.send(command.response())
            try await peer.send(command.frame(7, arrived: 1_732_445_631_000_000_001, "first"))
            try await peer.send(command.frame(9, arrived: 1_732_445_631_000_000_002, "second"))
            try await peer.send(command.response(#"{"error":"Camera_Unplugged","message":"Gone."}"#, code: 0xA001))
            _ = try await peer.command()
        } _: { port in
            let stream = try await open(port)
            var reader = stream.makeAsyncIterator()
            let first = try #require(try await reader.next())
            #expect(first.number == 7 && first.arrived == 1_732_445_631_000_000_001)
            #expect(String(buffer: first.jpeg) == "first")
            #expect(try await reader.next()?.number == 9)
            let gone = FleetError(.cameraUnplugged, "Gone.")
            await #expect(throws: FleetClientError.refused(gone)) { try await reader.next() }
        }
    }

    @Test("A slow reader gets the newest frames; the others are dropped and counted")
    func newest() async throws {
        let (closings, closed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            for number in 1...10 as ClosedRange<UInt32> {
                try await peer.send(command.frame(number, arrived: 0, "x"))
            }
            try await peer.send(command.response(#"{"error":"Transaction_Cancelled","message":"x"}"#, code: 0x201F))
            // The client closes once it has read the end.
            _ = try await peer.command()
            closed.finish()
        } _: { port in
            let stream = try await open(port, capacity: 2)
            for await _ in closings {}
            #expect(stream.dropped == 8)
            var reader = stream.makeAsyncIterator()
            #expect(try await reader.next()?.number == 9)
            #expect(try await reader.next()?.number == 10)
            await #expect(throws: FleetClientError.self) { try await reader.next() }
        }
    }

    @Test("A ticket that is refused, a server that closes and one that answers garbage are errors at once")
    func refused() async throws {
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            switch peer.index {
            case 0:
                try await peer.send(command.response(#"{"error":"Invalid_Parameter","message":"No."}"#, code: 0x201D))
            case 1: break
            case 2: try await peer.send(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n"))
            default: try await peer.send(command.frame(1, arrived: 1, "too early"))
            }
            if peer.index != 1 { _ = try await peer.command() }
        } _: { port in
            let no = FleetError(.invalidParameter, "No.")
            await #expect(throws: FleetClientError.refused(no)) { try await open(port) }
            for _ in 1...3 {
                await #expect(throws: FleetClientError.self) { try await open(port) }
            }
        }
    }

    @Test("A frame without its header ends the stream with an error; so does a server that closes")
    func broken() async throws {
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            guard peer.index == 0 else { return }
            try await peer.send(command.data(ByteBuffer(string: "short")))
            _ = try await peer.command()
        } _: { port in
            for _ in 0..<2 {
                let stream = try await open(port)
                await #expect(throws: FleetClientError.self) { for try await _ in stream {} }
            }
        }
    }

    @Test("A stream that is closed or let go closes its connection, and a closed one ends without an error")
    func close() async throws {
        let (closings, closed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            _ = try await peer.command()
            closed.yield()
        } _: { port in
            let stream = try await open(port)
            stream.close()
            for try await _ in stream { Issue.record("a frame that nobody sent") }
            var closing = closings.makeAsyncIterator()
            await closing.next()
            _ = try await open(port)
            await closing.next()
        }
    }
}
