import Crypto
import FleetModel
public import NIOCore
import PacketProtocol

/// A file that was downloaded.
public struct SavedFile: Sendable, Codable, Hashable {
    /// Where it is on this machine.
    public var path: String
    /// In bytes.
    public var size: Int64
    /// The SHA-256 of its bytes in hexadecimal.
    public var sha256: String

    /// A file that is whole.
    public init(path: String, size: Int64, sha256: String) {
        self.path = path
        self.size = size
        self.sha256 = sha256
    }
}

extension DownloadStream {
    /// Saves the file in a directory, which is made where it is not there.
    ///
    /// The bytes go to a file whose name begins with a dot, and that is renamed once it is whole. A file that is there
    /// is never overwritten: `-1`, `-2` … is added to the name, unless that is to be exact. A broken connection is taken up
    /// again as `receiveWhole` does. What fails leaves nothing behind.
    /// - Parameters:
    ///   - name: the name on the body; what a file of this machine cannot have in it is replaced.
    ///   - directory: where to save it.
    ///   - isExact: whether it gets this very name or none, and that name is on the disk when this returns.
    ///   - size: the size that came with the ticket.
    ///   - sha256: what the file was when the server saved it, where it has.
    ///   - attempts: how many new connections are tried in a row.
    ///   - progress: told how many bytes are there, after each piece.
    /// - Throws: `FleetClientError`: what `receive` throws; file, when it cannot be written or its size or SHA-256 is
    ///   not what the server said.
    public func save(
        named name: String, in directory: String, isExact: Bool = false, size: Int64, sha256: String? = nil,
        attempts: Int = 5, progress: @Sendable (Int64) -> Void = { _ in }
    ) async throws(FleetClientError) -> SavedFile {
        let file = try PartialFile(named: name, in: directory, isExact: isExact)
        do throws(FleetClientError) {
            let digest = try await receiveWhole(file.name, size: size, sha256: sha256, attempts: attempts) {
                (piece) async throws(FleetClientError) in
                try await file.append(piece)
                progress(file.size)
            }
            return try await file.finish(sha256: digest)
        } catch {
            file.discard()
            throw error
        }
    }

    /// Receives the whole file, its pieces in order, each byte once. A broken connection is taken up again where it broke, up
    /// to `attempts` times in a row without a byte between.
    /// - Parameters:
    ///   - name: what it is called in errors.
    ///   - size: the size that came with the ticket.
    ///   - sha256: what the file was when the server saved it, where it has.
    ///   - attempts: how many new connections are tried in a row.
    ///   - take: gets each piece; the next one is asked for when it returns.
    /// - Returns: the SHA-256 of the bytes in hexadecimal.
    /// - Throws: `FleetClientError`: what `receive` and `take` throw; file, when size or SHA-256 is not what the server said.
    public func receiveWhole(
        _ name: String, size: Int64, sha256: String? = nil, attempts: Int = 5,
        take: (ByteBuffer) async throws(FleetClientError) -> Void
    ) async throws(FleetClientError) -> String {
        var hash = SHA256()
        var count: Int64 = 0
        var failures = 0
        while true {
            let before = count
            do throws(FleetClientError) {
                let result = try await receive(from: before) { (piece) async throws(FleetClientError) in
                    guard count + Int64(piece.readableBytes) <= size else {
                        throw .file("The server sent more than the \(size) bytes of \(name).")
                    }
                    try await take(piece)
                    piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
                    count += Int64(piece.readableBytes)
                }
                guard count == result.size, result.size == size else {
                    throw .file("\(name) is not whole: \(count) bytes came, and the server said \(size).")
                }
                let digest = hash.finalize().hexadecimal
                if let said = result.sha256, said.lowercased() != digest {
                    throw .file(
                        "\(name) was damaged on its way (its SHA-256 is not what the server said). Try again.")
                }
                if let sha256, sha256.lowercased() != digest {
                    throw .file("\(name) is not what the server saved: its file was changed on the server's disk.")
                }
                return digest
            } catch  where error.isBrokenConnection {
                failures = count > before ? 1 : failures + 1
                guard failures <= attempts else { throw error }
                // The first new connection is tried at once; the later ones after 0.2, 0.4, 0.8 … seconds.
                guard failures > 1 else { continue }
                do {
                    try await Task.sleep(for: .milliseconds(100 << min(failures - 1, 5)))
                } catch {
                    throw .cancelled
                }
            }
        }
    }
}

extension Sequence<UInt8> {
    /// Two digits each.
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
