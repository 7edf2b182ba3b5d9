import Archive
import Foundation

/// A disk that says it has copied a file, and has another byte in it.
struct LyingDisk: FileOperations {
    private let disk = DiskOperations()

    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest {
        let digest = try disk.copy(path, to: other)
        if let file = FileHandle(forUpdatingAtPath: other) {
            file.write(Data([0]))
            try? file.close()
        }
        return digest
    }

    func synchronize(file path: String) throws(FileFailure) { try disk.synchronize(file: path) }
    func synchronize(folder path: String) throws(FileFailure) { try disk.synchronize(folder: path) }
    func make(folder path: String) throws(FileFailure) { try disk.make(folder: path) }
    func move(_ path: String, to other: String) throws(FileFailure) { try disk.move(path, to: other) }
    func write(_ bytes: [UInt8], to path: String) throws(FileFailure) { try disk.write(bytes, to: path) }
    func replace(_ path: String, with other: String) throws(FileFailure) { try disk.replace(path, with: other) }
    func remove(_ path: String) throws(FileFailure) { try disk.remove(path) }
    func digest(of path: String) throws(FileFailure) -> FileDigest { try disk.digest(of: path) }
    func names(in folder: String) throws(FileFailure) -> [String] { try disk.names(in: folder) }
}
