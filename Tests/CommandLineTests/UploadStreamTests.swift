import Crypto
import FleetModel
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import PacketClient
import PacketProtocol
import Testing

@Suite("An upload of the client", .timeLimit(.minutes(1)))
struct UploadStreamTests {
    static let bytes = DownloadStreamTests.bytes + DownloadStreamTests.bytes
    static let size = bytes.count
    static let sha256 = SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()

    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/card.jpg" }

    init() throws {
        directory = try TemporaryDirectory()
        try Data(Self.bytes).write(to: URL(fileURLWithPath: path))
    }

    private func stream(_ port: Int) -> UploadStream {
        UploadStream(address: ServerAddress(host: "127.0.0.1", port: port), sessionID: 3, ticket: "t-1")
    }

    private func end(_ command: ReceivedCommand) -> ByteBuffer {
        command.response(#"{"size":\#(Self.size),"sha256":"\#(Self.sha256)"}"#)
    }

    /// Makes the file large without bytes: more than any socket holds.
    private func enlarge() throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 256 << 20)
        try handle.close()
    }

    @Test("A file is sent in pieces, in order and without gaps, and the server's sum is its own")
    func whole() async throws {
        let received = NIOLockedValueBox<[ReceivedCommand]>([])
        let progress = NIOLockedValueBox<[Int64]>([])
        let result = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            received.withLockedValue { $0.append(command) }
            try await peer.send(command.response(#"{"offset":0}"#))
            var count = 0
            while count < Self.size, let piece = try await peer.command() {
                received.withLockedValue { $0.append(piece) }
                count += piece.uploaded?.bytes.readableBytes ?? 0
            }
            try await peer.send(end(command))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).send(contentsOf: path) { bytes in progress.withLockedValue { $0.append(bytes) } }
        }
        #expect(result.size == 600_000 && result.sha256 == Self.sha256)
        let packets = received.withLockedValue { $0 }
        let command = try #require(packets.first)
        #expect(command.type == 1 && command.code == 0x000D && command.session == 3 && command.transaction != 0)
        #expect(command.json == #"{"ticket":"t-1"}"#)
        var whole = ByteBuffer()
        for packet in packets.dropFirst() {
            let (offset, bytes) = try #require(packet.uploaded)
            #expect(packet.code == 0x000D && packet.session == 3 && packet.transaction == command.transaction)
            #expect(offset == UInt64(whole.readableBytes) && (1...1_048_576).contains(bytes.readableBytes))
            whole.writeImmutableBuffer(bytes)
        }
        #expect(Array(whole.readableBytesView) == Self.bytes)
        let told = progress.withLockedValue { $0 }
        #expect(told.first == 0 && told.last == 600_000 && told == told.sorted())
    }

    @Test("A broken connection is taken up again with the same ticket, where the server says that it is")
    func resume() async throws {
        let asked = NIOLockedValueBox<[String]>([])
        let whole = NIOLockedValueBox(ByteBuffer())
        let result = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            asked.withLockedValue { $0.append(command.json) }
            // Of the first connection 1,000 bytes were kept, of the second all: it breaks before the end is told.
            try await peer.send(command.response(#"{"offset":\#(whole.withLockedValue { $0.readableBytes })}"#))
            while whole.withLockedValue({ $0.readableBytes }) < Self.size {
                guard let (offset, bytes) = try await peer.command()?.uploaded else { return }
                let isInOrder = whole.withLockedValue { whole in
                    guard offset == UInt64(whole.readableBytes) else { return false }
                    if peer.index == 0 {
                        whole.writeBytes(Self.bytes[..<1_000])
                    } else {
                        whole.writeImmutableBuffer(bytes)
                    }
                    return true
                }
                #expect(isInOrder)
                if peer.index == 0 { return }
            }
            guard peer.index == 2 else { return }
            try await peer.send(end(command))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).send(contentsOf: path)
        }
        #expect(result.sha256 == Self.sha256)
        #expect(whole.withLockedValue { Array($0.readableBytesView) } == Self.bytes)
        #expect(asked.withLockedValue { $0 } == Array(repeating: #"{"ticket":"t-1"}"#, count: 3))
    }

    @Test("What the server holds already is not sent again, and yet counts for the sum")
    func heldAlready() async throws {
        let first = NIOLockedValueBox<UInt64?>(nil)
        let result = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":599990}"#))
            let piece = try await peer.command()?.uploaded
            first.withLockedValue { $0 = piece?.offset }
            try await peer.send(end(command))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).send(contentsOf: path)
        }
        #expect(result.sha256 == Self.sha256)
        #expect(first.withLockedValue { $0 } == 599_990)
    }

    @Test("An empty file is sent without a piece")
    func empty() async throws {
        try Data().write(to: URL(fileURLWithPath: path))
        let result = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#), command.response(#"{"size":0}"#))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).send(contentsOf: path)
        }
        #expect(result.size == 0)
        #expect(result.sha256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("A refusal in the middle ends the sending, even when the server reads no more")
    func refusedInTheMiddle() async throws {
        try enlarge()
        let sent = NIOLockedValueBox<Int64>(0)
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#))
            _ = try await peer.command()
            try await peer.send(command.response(#"{"error":"Store_Full","message":"Full."}"#, code: 0x200C))
            await peer.neitherReadsNorSends()
        } _: { port in
            await #expect(throws: FleetClientError.refused(FleetError(.storeFull, "Full."))) {
                try await stream(port).send(contentsOf: path) { bytes in sent.withLockedValue { $0 = bytes } }
            }
        }
        #expect(sent.withLockedValue { $0 } < 256 << 20)
    }

    @Test(
        "An answer that makes no sense, and a file that arrived as another, are errors that nobody repeats",
        arguments: [
            ([#"{"offset":600001}"#], true), ([#"{"offset":-1}"#], true), (["{}"], true), (["[]"], true),
            ([#"{"offset":600000}"#, "{}"], true), ([#"{"offset":600000}"#, #"{"size":599999}"#], false),
            ([#"{"offset":600000}"#, #"{"size":600000,"sha256":"00"}"#], false), (["data"], true),
        ])
    func senseless(answers: [String], isSenseless: Bool) async throws {
        let connections = NIOLockedValueBox(0)
        try await withPeer { peer in
            connections.withLockedValue { $0 += 1 }
            guard let command = try await peer.command() else { return }
            for answer in answers {
                try await peer.send(
                    answer == "data" ? command.data(ByteBuffer(string: "{}")) : command.response(answer))
            }
            while try await peer.command() != nil {}
        } _: { port in
            await #expect {
                try await stream(port).send(contentsOf: path)
            } throws: { error in
                switch error as? FleetClientError {
                case .notUnderstood: isSenseless
                case .file(let why): !isSenseless && why.contains(path)
                default: false
                }
            }
        }
        #expect(connections.withLockedValue { $0 } == 1)
    }

    @Test("A file that becomes shorter while it is sent is an error that names it")
    func shorter() async throws {
        try enlarge()
        let connections = NIOLockedValueBox(0)
        try await withPeer { peer in
            connections.withLockedValue { $0 += 1 }
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#))
            _ = try await peer.command()
            try FileHandle(forWritingAtPath: path)?.truncate(atOffset: 1)
            while try await peer.command() != nil {}
        } _: { port in
            await #expect {
                try await stream(port).send(contentsOf: path)
            } throws: { error in
                guard case .file(let why)? = error as? FleetClientError else { return false }
                return why.contains(path)
            }
        }
        #expect(connections.withLockedValue { $0 } == 1)
    }

    @Test("What is no file is an error before any server is asked")
    func noFile() async throws {
        #expect(mkfifo(directory.path + "/pipe", 0o600) == 0)
        for name in ["missing", "pipe", "."] {
            await #expect {
                try await stream(1).send(contentsOf: directory.path + "/" + name)
            } throws: { error in
                guard case .file(let why)? = error as? FleetClientError else { return false }
                return why.contains(directory.path + "/" + name)
            }
        }
    }

    @Test("An upload that is cancelled stops, also when the server does not read")
    func cancelled() async throws {
        try enlarge()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#))
            await peer.neitherReadsNorSends()
        } _: { port in
            let sending = Task {
                try await stream(port).send(contentsOf: path) { bytes in if bytes > 0 { arrived.yield() } }
            }
            for await _ in arrivals { break }
            sending.cancel()
            await #expect(throws: FleetClientError.cancelled) { try await sending.value }
        }
    }

    @Test("A server that always closes is given up after the attempts that were asked for")
    func givenUp() async throws {
        let connections = NIOLockedValueBox(0)
        try await withPeer { peer in
            connections.withLockedValue { $0 += 1 }
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"offset":0}"#))
        } _: { port in
            await #expect {
                try await stream(port).send(contentsOf: path, attempts: 1)
            } throws: { error in
                guard case .connectionLost? = error as? FleetClientError else { return false }
                return true
            }
        }
        #expect((2...3).contains(connections.withLockedValue { $0 }))
    }
}
