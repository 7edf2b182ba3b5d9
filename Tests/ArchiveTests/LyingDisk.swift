import Archive
import Foundation

/// A disk that says it has copied a file, and has another byte in it.
struct LyingDisk: ForwardingDisk {
    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest {
        let digest = try DiskOperations().copy(path, to: other)
        if let file = FileHandle(forUpdatingAtPath: other) {
            file.write(Data([0]))
            try? file.close()
        }
        return digest
    }
}
