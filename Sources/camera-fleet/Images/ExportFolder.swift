import Archive
import FleetModel
import Glibc
import NIOPosix
import PacketClient
import PacketProtocol

/// A folder of this machine with exported images, each in the place that it has in the server's data folder, whole or not
/// there.
struct ExportFolder: ImageExport {
    let path: String

    func add(_ image: SavedImage, from connection: FleetConnection) async throws -> Bool {
        let (folders, name) = try image.localPlace()
        let folder = ([path] + folders.map(String.init)).joined(separator: "/")
        guard try await !isThere(image, "\(folder)/\(name)") else { return false }
        let ticket = try await connection.savedTicket(for: SavedImageArguments(image: image.number))
        _ = try await connection.stream(of: ticket).save(
            named: name, in: folder, isExact: true, size: image.size, sha256: image.sha256)
        return true
    }

    func finish() {}

    /// Whether a file is there that is this image.
    ///
    /// Throws where it is another file, which is left as it is.
    private func isThere(_ image: SavedImage, _ path: String) async throws -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return false }
            throw Failure("\(path) cannot be looked at: \(String(cString: strerror(errno))).")
        }
        if status.st_mode & S_IFMT == S_IFREG, Int64(status.st_size) == image.size {
            let found = try await NIOThreadPool.singleton.runIfActive { try? DiskOperations().digest(of: path) }
            if found == FileDigest(size: image.size, sha256: image.sha256) { return true }
        }
        throw Failure(
            "\(path) is there already, and is another file: it is left as it is. Move it, or export elsewhere.")
    }
}
