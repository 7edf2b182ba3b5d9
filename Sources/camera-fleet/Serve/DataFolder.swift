import Glibc

/// The folder of what outlives a restart: the roster, the name under which network bodies know this server, the workers'
/// homes and the spool.
struct DataFolder {
    let path: String

    /// The folder given, or one of the user's own. Servers on other ports than 5555, and virtual bodies, have folders of
    /// their own inside it, so that they do not share one roster, nor mix what is tried out into a real rig's.
    init(_ given: String?, commandPort: Int, isVirtual: Bool) throws {
        if let given {
            path = given.hasPrefix("/") ? given : "\(try Self.workingFolder())/\(given)"
        } else {
            let port = commandPort == 5555 ? "" : "/port-\(commandPort)"
            path = "\(try Self.userFolder())/camera-fleet\(port)\(isVirtual ? "/virtual" : "")"
        }
    }

    var workers: String { "\(path)/workers" }
    var spool: String { "\(path)/spool" }

    /// 32 hexadecimal digits, made once: bodies on the network are paired with it.
    func guid() throws -> String {
        let file = "\(path)/guid"
        if let stored = read(file), stored.count == 32, stored.allSatisfy(\.isHexDigit) { return stored }
        let made = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure("\(file) cannot be written: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        guard write(descriptor, made, 32) == 32 else { throw Failure("\(file) cannot be written; is the disk full?") }
        return made
    }

    private func read(_ file: String) -> String? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 33)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count == 32 ? String(decoding: bytes[..<32], as: UTF8.self) : nil
    }

    private static func workingFolder() throws -> String {
        guard let folder = getcwd(nil, 0) else { throw Failure("The working folder is gone.") }
        defer { free(folder) }
        return String(cString: folder)
    }

    private static func userFolder() throws -> String {
        if let folder = getenv("XDG_DATA_HOME"), folder.pointee == CChar(UInt8(ascii: "/")) {
            return String(cString: folder)
        }
        guard let home = getenv("HOME"), home.pointee == CChar(UInt8(ascii: "/")) else {
            throw Failure("HOME is not set: say with --data where names and numbers are to be kept.")
        }
        return "\(String(cString: home))/.local/share"
    }
}
