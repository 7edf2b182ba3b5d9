import Crypto
import FleetModel
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import PacketClient
import Testing

@Suite("A download of the client", .timeLimit(.minutes(1)))
struct DownloadStreamTests {
    static let bytes: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    static let sha256 = SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()

    private func stream(_ port: Int) -> DownloadStream {
        DownloadStream(address: ServerAddress(host: "127.0.0.1", port: port), sessionID: 3, ticket: "t-1")
    }

    private func pieces(_ command: ReceivedCommand, from start: Int, to end: Int) -> [ByteBuffer] {
        stride(from: start, to: end, by: 65_536).map { offset in
            command.piece(at: UInt64(offset), ByteBuffer(bytes: Self.bytes[offset..<min(offset + 65_536, end)]))
        }
    }

    private func end(_ command: ReceivedCommand, sha256: String? = Self.sha256) -> ByteBuffer {
        let sum = sha256.map { #","sha256":"\#($0)""# } ?? ""
        return command.response(#"{"size":\#(Self.bytes.count)\#(sum)}"#)
    }

    @Test("A file is saved whole under its name, with nothing else beside it")
    func whole() async throws {
        let directory = try TemporaryDirectory()
        let progress = NIOLockedValueBox<[Int64]>([])
        let saved = try await withPeer { peer in
            guard let command = try await peer.command(), command.code == 4, command.session == 3 else { return }
            try await peer.send(command.response(#"{"size":300000}"#))
            for piece in pieces(command, from: 0, to: Self.bytes.count) { try await peer.send(piece) }
            try await peer.send(end(command))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).save(named: "A.JPG", in: directory.path + "/new/deep", size: 300_000) { bytes in
                progress.withLockedValue { $0.append(bytes) }
            }
        }
        #expect(saved == SavedFile(path: directory.path + "/new/deep/A.JPG", size: 300_000, sha256: Self.sha256))
        #expect(try Data(contentsOf: URL(fileURLWithPath: saved.path)) == Data(Self.bytes))
        #expect(try directory.names("new/deep") == ["A.JPG"])
        #expect(progress.withLockedValue { $0 } == [65_536, 131_072, 196_608, 262_144, 300_000])
    }

    @Test("A broken connection is taken up again where it broke, with the same ticket")
    func resume() async throws {
        let directory = try TemporaryDirectory()
        let asked = NIOLockedValueBox<[String]>([])
        let saved = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            asked.withLockedValue { $0.append(command.json) }
            try await peer.send(command.response(#"{"size":300000}"#))
            let start = [0, 65_536, 131_072][min(peer.index, 2)]
            for piece in pieces(command, from: start, to: peer.index < 2 ? start + 65_536 : Self.bytes.count) {
                try await peer.send(piece)
            }
            guard peer.index == 2 else { return }
            try await peer.send(end(command, sha256: nil))
            _ = try await peer.command()
        } _: { port in
            try await stream(port).save(named: "A.JPG", in: directory.path, size: 300_000)
        }
        #expect(saved.sha256 == Self.sha256)
        #expect(try Data(contentsOf: URL(fileURLWithPath: saved.path)) == Data(Self.bytes))
        let commands = asked.withLockedValue { $0 }
        #expect(commands.count == 3)
        for (command, offset) in zip(commands, [0, 65_536, 131_072]) {
            #expect(command.contains(#""ticket":"t-1""#))
            #expect(command.contains("\"offset\":\(offset),") || command.contains("\"offset\":\(offset)}"))
        }
    }

    @Test("A file that is there is not overwritten: a number is added to the name")
    func noOverwriting() async throws {
        let directory = try TemporaryDirectory()
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":2}"#))
            try await peer.send(command.piece(at: 0, ByteBuffer(string: "hi")), command.response(#"{"size":2}"#))
            _ = try await peer.command()
        } _: { port in
            try Data("mine".utf8).write(to: URL(fileURLWithPath: directory.path + "/A.B.JPG"))
            for _ in 0..<2 { _ = try await stream(port).save(named: "A.B.JPG", in: directory.path, size: 2) }
            for name in ["plain", "plain", "../../up", ".hidden", "", "a\nb"] {
                _ = try await stream(port).save(named: name, in: directory.path, size: 2)
            }
        }
        #expect(
            try directory.names()
                == ["A.B-1.JPG", "A.B-2.JPG", "A.B.JPG", "_", "_.._.._up", "_.hidden", "a_b", "plain", "plain-1"])
        #expect(try String(contentsOfFile: directory.path + "/A.B.JPG", encoding: .utf8) == "mine")
    }

    @Test(
        "What is not the file that was promised is an error and leaves nothing behind",
        arguments: [
            "gap", "surplus", "short", "sum", "size", "half header", "refused", "refused later", "garbage", "no start",
            "huge packet",
        ])
    func damaged(how: String) async throws {
        let directory = try TemporaryDirectory()
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            let ok = command.response(#"{"size":4}"#)
            let refusal = command.response(#"{"error":"Camera_Fault","message":"Off."}"#, code: 0xA002)
            let whole = command.piece(at: 0, ByteBuffer(string: "abcd"))
            switch how {
            case "gap":
                try await peer.send(ok, command.piece(at: 0, ByteBuffer(string: "a")))
                try await peer.send(command.piece(at: 2, ByteBuffer(string: "cd")))
            case "surplus": try await peer.send(ok, command.piece(at: 0, ByteBuffer(string: "abcde")))
            case "short": try await peer.send(ok, command.piece(at: 0, ByteBuffer(string: "abc")), ok)
            case "sum": try await peer.send(ok, whole, command.response(#"{"size":4,"sha256":"00"}"#))
            case "size": try await peer.send(ok, whole, command.response(#"{"size":5}"#))
            case "half header": try await peer.send(ok, command.data(ByteBuffer(string: "abc")))
            case "refused": try await peer.send(refusal)
            case "refused later": try await peer.send(ok, command.piece(at: 0, ByteBuffer(string: "ab")), refusal)
            case "garbage": try await peer.send(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n"))
            case "no start": try await peer.send(whole, ok)
            default: try await peer.send(ok, command.piece(at: 0, ByteBuffer(repeating: 1, count: 1_048_577)))
            }
            _ = try await peer.command()
        } _: { port in
            await #expect {
                try await stream(port).save(named: "A.JPG", in: directory.path, size: 4)
            } throws: { error in
                guard let error = error as? FleetClientError else { return false }
                if how.hasPrefix("refused") { return error == .refused(FleetError(.cameraFault, "Off.")) }
                switch error {
                case .file, .notUnderstood: return true
                default: return false
                }
            }
        }
        #expect(try directory.names() == [])
    }

    @Test("A server that always closes is given up after the attempts that were asked for")
    func givenUp() async throws {
        let directory = try TemporaryDirectory()
        let connections = NIOLockedValueBox(0)
        try await withPeer { peer in
            connections.withLockedValue { $0 += 1 }
            _ = try await peer.command()
        } _: { port in
            await #expect {
                try await stream(port).save(named: "A.JPG", in: directory.path, size: 4, attempts: 1)
            } throws: { error in
                guard case .connectionLost? = error as? FleetClientError else { return false }
                return true
            }
        }
        #expect(connections.withLockedValue { $0 } == 2)
        #expect(try directory.names() == [])
    }

    @Test("A download that is cancelled stops and leaves nothing behind")
    func cancelled() async throws {
        let directory = try TemporaryDirectory()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":4}"#), command.piece(at: 0, ByteBuffer(string: "ab")))
            _ = try await peer.command()
        } _: { port in
            let saving = Task {
                try await stream(port).save(named: "A.JPG", in: directory.path, size: 4) { _ in arrived.yield() }
            }
            for await _ in arrivals { break }
            saving.cancel()
            await #expect(throws: FleetClientError.cancelled) { try await saving.value }
        }
        #expect(try directory.names() == [])
    }

    @Test("A folder that cannot be made is an error that names it")
    func noFolder() async throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        await #expect {
            try await stream(1).save(named: "A.JPG", in: directory.path + "/file/sub", size: 4)
        } throws: { error in
            "\(error)".contains(directory.path + "/file/sub")
        }
    }
}

/// A directory that is gone with the object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/camera-fleet-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// What is in it, hidden or not, sorted.
    func names(_ folder: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
    }
}
