import FleetModel
import GPhoto2
import Glibc

/// Images that a body holds in its memory alone: libgphoto2 keeps the last two of them in this process, under `/`. Each is
/// written to a file of the worker's as soon as it comes, so that it can be downloaded later, in pieces, as any other.
///
/// Bounded: beyond `mostFiles` or `mostBytes` the oldest is deleted. The folder is emptied at the start: what was in it
/// belonged to a worker that is gone, and nobody knows its names any more.
final class MemoryCaptures {
    private static let mostFiles = 64
    private static let mostBytes: Int64 = 4 << 30

    struct Capture {
        let path: String
        let size: Int64
        let mime: String
        /// When it came, in seconds since 1970.
        let time: Int64
    }

    private let folder: String
    private var captures: [ObjectPath: Capture] = [:]
    private var order: [ObjectPath] = []
    private var count = 0

    init(folder: String) {
        self.folder = folder
        guard let directory = opendir(folder) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix("capture-") { unlink("\(folder)/\(name)") }
        }
    }

    subscript(object: ObjectPath) -> Capture? { captures[object] }

    var isEmpty: Bool { order.isEmpty }

    /// The names of those that a folder has.
    func names(in folder: String) -> [String] { order.filter { $0.folder == folder }.map(\.name) }

    /// Writes an object that is in memory to a file.
    func keep(_ object: ObjectPath, of camera: Camera) throws -> Capture {
        count += 1
        let path = "\(folder)/capture-\(count)"
        let stored = try ObjectStore.store(object, .normal, of: camera, to: path)
        let capture = Capture(path: path, size: stored.size, mime: stored.mime, time: Int64(Glibc.time(nil)))
        if let former = captures.updateValue(capture, forKey: object) {
            unlink(former.path)
            order.removeAll { $0 == object }
        }
        order.append(object)
        while order.count > Self.mostFiles || captures.values.reduce(0, { $0 + $1.size }) > Self.mostBytes,
            order.count > 1
        {
            if let oldest = captures.removeValue(forKey: order.removeFirst()) { unlink(oldest.path) }
        }
        return capture
    }

    /// Deletes what is kept of an object.
    func delete(_ object: ObjectPath) {
        guard let capture = captures.removeValue(forKey: object) else { return }
        unlink(capture.path)
        order.removeAll { $0 == object }
    }
}
