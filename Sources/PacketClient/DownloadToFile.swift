import FleetModel
import NIOCore
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
    /// is never overwritten: `-1`, `-2` … is added to the name. A broken connection is taken up again where it broke, up
    /// to `attempts` times in a row without a byte between. What fails leaves nothing behind.
    /// - Parameters:
    ///   - name: the name on the body; what a file of this machine cannot have in it is replaced.
    ///   - directory: where to save it.
    ///   - size: the size that came with the ticket.
    ///   - attempts: how many new connections are tried in a row.
    ///   - progress: told how many bytes are there, after each piece.
    /// - Throws: `FleetClientError`: what `receive` throws; file, when it cannot be written or its size or SHA-256 is
    ///   not what the server said.
    public func save(
        named name: String, in directory: String, size: Int64, attempts: Int = 5,
        progress: @Sendable (Int64) -> Void = { _ in }
    ) async throws(FleetClientError) -> SavedFile {
        let file = try PartialFile(named: name, in: directory)
        do throws(FleetClientError) {
            try await fill(file, size: size, attempts: attempts, progress: progress)
            return try await file.finish()
        } catch {
            file.discard()
            throw error
        }
    }

    private func fill(
        _ file: PartialFile, size: Int64, attempts: Int, progress: @Sendable (Int64) -> Void
    ) async throws(FleetClientError) {
        var failures = 0
        while true {
            let before = file.size
            do throws(FleetClientError) {
                let result = try await receive(from: before) { (piece) async throws(FleetClientError) in
                    guard file.size + Int64(piece.readableBytes) <= size else {
                        throw .file("The server sent more than the \(size) bytes of \(file.name).")
                    }
                    try await file.append(piece)
                    progress(file.size)
                }
                return try check(file, result.size, size, result.sha256)
            } catch  where error.isBrokenConnection {
                failures = file.size > before ? 1 : failures + 1
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

    private func check(
        _ file: PartialFile, _ said: Int64, _ promised: Int64, _ sha256: String?
    ) throws(FleetClientError) {
        guard file.size == said, said == promised else {
            throw .file("\(file.name) is not whole: \(file.size) bytes came, and the server said \(promised).")
        }
        if let sha256, sha256.lowercased() != file.sha256 {
            throw .file("\(file.name) was damaged on its way (its SHA-256 is not what the server said). Try again.")
        }
    }
}
