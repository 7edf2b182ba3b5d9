import Glibc

/// A file of this machine that is written as a whole: it has another name, which begins with a dot, until `finish`.
/// Unfinished, it is gone with the value.
struct OutputFile: ~Copyable {
    /// Its name in the end.
    let path: String
    private let temporary: String
    private let replaces: Bool
    private var descriptor: CInt

    /// Makes the file beside the one that it becomes.
    init(_ path: String, replacing: Bool = false) throws {
        var status = stat()
        guard replacing || lstat(path, &status) != 0 else { throw Self.exists(path) }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? ""
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard !name.isEmpty else { throw Failure("\(path) names a folder, not a file.") }
        let temporary = "\(folder).\(name).\(getpid()).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        self.path = path
        self.temporary = temporary
        self.descriptor = descriptor
        replaces = replacing
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporary)
    }

    /// Adds bytes.
    mutating func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written >= 0 || errno == EINTR else { throw Self.failure(path) }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// Gives it its name, once its bytes are on the disk.
    mutating func finish() throws {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.failure(path) }
        if replaces {
            guard rename(temporary, path) == 0 else { throw Self.failure(path) }
        } else if link(temporary, path) == 0 {
            unlink(temporary)
        } else {
            // A file system without hard links says EPERM.
            guard errno != EEXIST else { throw Self.exists(path) }
            guard errno == EPERM, rename(temporary, path) == 0 else { throw Self.failure(path) }
        }
        close(descriptor)
        descriptor = -1
    }

    private static func exists(_ path: String) -> Failure {
        Failure("\(path) is there already. Choose another name, or remove it first.")
    }

    private static func failure(_ path: String) -> Failure {
        Failure("\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}

/// A small text file of this machine.
enum InputFile {
    /// The most bytes that are read.
    private static let longest = 16_777_216

    /// The text of a file, or of standard input; nil where it is not UTF-8.
    static func text(at path: String?) throws -> String? {
        let descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
        let name = path ?? "Standard input"
        guard descriptor >= 0 else { throw Failure("\(name) cannot be read: \(String(cString: strerror(errno))).") }
        defer { if path != nil { close(descriptor) } }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name) cannot be read: \(String(cString: strerror(errno))).") }
            guard count > 0 else { return String(validating: bytes, as: UTF8.self) }
            bytes += piece[..<count]
            guard bytes.count <= longest else { throw Failure("\(name) is longer than \(longest) bytes.") }
        }
    }
}
