import CFiles
import Crypto
import Glibc

/// What the system said of a file.
public struct FileFailure: Error, Sendable, CustomStringConvertible {
    /// The errno.
    public let code: CInt
    /// The file or folder.
    public let path: String

    /// A failure of the system.
    public init(code: CInt, path: String) {
        self.code = code
        self.path = path
    }

    /// The system's words.
    public var description: String { "\(path): \(String(cString: strerror(code)))" }
    /// Whether something has that name already.
    public var isTaken: Bool { code == EEXIST || code == ENOTEMPTY }
    /// Whether there is nothing of that name.
    public var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    /// Whether the disk, or the user's part of it, is full.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
}

/// Size and SHA-256 of a file as it is read back.
public struct FileDigest: Sendable, Hashable {
    /// In bytes.
    public let size: Int64
    /// In hexadecimal.
    public let sha256: String

    /// What a file is.
    public init(size: Int64, sha256: String) {
        self.size = size
        self.sha256 = sha256
    }
}

/// The system calls that make an image safe, as a boundary: between any two of them the power may go, and tests stop there.
public protocol FileOperations: Sendable {
    /// Has a file's content on the disk (fsync).
    func synchronize(file path: String) throws(FileFailure)
    /// Has the names in a folder on the disk (fsync of the folder).
    func synchronize(folder path: String) throws(FileFailure)
    /// Makes a folder; one that is there already is a failure that `isTaken`.
    func make(folder path: String) throws(FileFailure)
    /// Gives a file another name; one that is there already is a failure that `isTaken`, and stays.
    func move(_ path: String, to other: String) throws(FileFailure)
    /// Makes a file with another's content, and tells what that was; one that is there already is a failure that `isTaken`.
    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest
    /// Makes a file of these bytes, or gives one that is there these bytes alone.
    func write(_ bytes: [UInt8], to path: String) throws(FileFailure)
    /// Puts another file in the place of one that may be there.
    func replace(_ path: String, with other: String) throws(FileFailure)
    /// Removes a file.
    func remove(_ path: String) throws(FileFailure)
    /// Reads a whole file, from the disk as far as that can be had.
    func digest(of path: String) throws(FileFailure) -> FileDigest
    /// The names in a folder.
    func names(in folder: String) throws(FileFailure) -> [String]
}

/// The system's own.
public struct DiskOperations: FileOperations {
    /// No other kind.
    public init() {}

    /// fsync.
    public func synchronize(file path: String) throws(FileFailure) {
        try synchronize(path, O_RDONLY)
    }

    /// fsync of a folder.
    public func synchronize(folder path: String) throws(FileFailure) {
        try synchronize(path, O_RDONLY | O_DIRECTORY)
    }

    private func synchronize(_ path: String, _ flags: CInt) throws(FileFailure) {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(code: errno, path: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure(code: errno, path: path) }
    }

    /// mkdir.
    public func make(folder path: String) throws(FileFailure) {
        guard mkdir(path, 0o755) == 0 else { throw FileFailure(code: errno, path: path) }
    }

    /// renameat2 with RENAME_NOREPLACE, and where a file system has not that, link and unlink.
    public func move(_ path: String, to other: String) throws(FileFailure) {
        let code = rename_exclusively(path, other)
        guard code == 0 else { throw FileFailure(code: code, path: other) }
    }

    /// open and write.
    public func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure(code: errno, path: path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(code: errno, path: path) }
            rest = rest.dropFirst(count)
        }
    }

    /// rename.
    public func replace(_ path: String, with other: String) throws(FileFailure) {
        guard rename(other, path) == 0 else { throw FileFailure(code: errno, path: path) }
    }

    /// unlink.
    public func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 else { throw FileFailure(code: errno, path: path) }
    }

    /// open with O_EXCL, and write.
    public func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest {
        let descriptor = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure(code: errno, path: other) }
        defer { close(descriptor) }
        return try digest(of: path) { piece throws(FileFailure) in
            var rest = piece[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw FileFailure(code: errno, path: other) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Reads it piece by piece. What the kernel remembers of it and has written is forgotten before (posix_fadvise).
    public func digest(of path: String) throws(FileFailure) -> FileDigest {
        try digest(of: path) { _ throws(FileFailure) in }
    }

    private func digest(
        of path: String, _ take: (UnsafeRawBufferPointer) throws(FileFailure) -> Void
    ) throws(FileFailure) -> FileDigest {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(code: errno, path: path) }
        defer { close(descriptor) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        var hash = SHA256()
        var size: Int64 = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(code: errno, path: path) }
            guard count > 0 else { break }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bufferPointer: piece)
            try take(piece)
            size += Int64(count)
        }
        let digest = hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        return FileDigest(size: size, sha256: digest.joined())
    }

    private static let pieceLength = 1 << 18

    /// readdir.
    public func names(in folder: String) throws(FileFailure) -> [String] {
        guard let directory = opendir(folder) else { throw FileFailure(code: errno, path: folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
