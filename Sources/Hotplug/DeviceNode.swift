import Glibc

/// A device node such as `/dev/bus/usb/001/004`: who may open it, and who has it open.
public struct DeviceNode: Hashable, Sendable {
    /// Where it is.
    public var path: String

    /// The node at a path.
    public init(path: String) { self.path = path }

    /// A process that has the node open.
    public struct Holder: Hashable, Sendable {
        /// The process id.
        public var process: Int32
        /// The program's name, of which Linux keeps 15 bytes (/proc/PID/comm).
        public var program: String

        /// A process.
        public init(process: Int32, program: String) {
            self.process = process
            self.program = program
        }
    }

    /// Who a node belongs to and what each may do.
    public struct Permissions: Hashable, Sendable {
        /// The user's name, or number where it has none.
        public var owner: String
        /// The group's name, or number where it has none.
        public var group: String
        /// As `ls` has it: `rw-rw-r--`.
        public var mode: String
    }

    /// Whether this user may read and write it, by its mode or by an access control list.
    public var isAccessible: Bool { faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 }

    /// Whom it belongs to; nil when it is not there.
    public var permissions: Permissions? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let letters: [Character] = ["r", "w", "x"]
        let mode = (0..<9).map { bit in status.st_mode & (0o400 >> UInt32(bit)) != 0 ? letters[bit % 3] : "-" }
        return Permissions(
            owner: Self.owner(status.st_uid) ?? String(status.st_uid),
            group: Self.group(status.st_gid) ?? String(status.st_gid), mode: String(mode))
    }

    /// The processes that have it open, as far as this user may look: all of them for root, else one's own.
    ///
    /// - Parameters:
    ///   - excluded: Processes that do not count, such as this one.
    ///   - proc: Where /proc is.
    ///   - patience: After that it looks no further.
    public func holders(
        excluding excluded: Set<Int32> = [], proc: String = "/proc", patience: Duration = .milliseconds(500)
    ) -> [Holder] {
        let deadline = ContinuousClock.now + patience
        var found: [Holder] = []
        for name in Self.entries(of: proc) {
            guard ContinuousClock.now < deadline else { break }
            guard let process = Int32(name), process > 0, !excluded.contains(process) else { continue }
            let folder = "\(proc)/\(name)/fd"
            for descriptor in Self.entries(of: folder) where target(of: "\(folder)/\(descriptor)") {
                let program = SystemFile.bytes("\(proc)/\(name)/comm", limit: 64).flatMap(SystemFile.text)
                found.append(Holder(process: process, program: program ?? "?"))
                break
            }
        }
        return found.sorted { $0.process < $1.process }
    }

    /// Whether a link leads to the node.
    private func target(of link: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: path.utf8.count + 16)
        let count = bytes.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(link, $0.assumingMemoryBound(to: CChar.self), bytes.count) } ?? -1
        }
        guard count > 0 else { return false }
        let target = bytes[..<count]
        return target.elementsEqual(path.utf8) || target.elementsEqual("\(path) (deleted)".utf8)
    }

    /// The names in a folder but `.` and `..`: none when it cannot be read, 65,536 at most.
    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < 65_536, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func owner(_ number: uid_t) -> String? {
        var (entry, result) = (passwd(), UnsafeMutablePointer<passwd>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, getpwuid_r(number, &entry, start, buffer.count, &result) == 0,
                result != nil
            else {
                return nil
            }
            return entry.pw_name.map { String(cString: $0) }
        }
    }

    private static func group(_ number: gid_t) -> String? {
        var (entry, result) = (Glibc.group(), UnsafeMutablePointer<Glibc.group>?.none)
        var buffer = [CChar](repeating: 0, count: 16_384)
        return buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, getgrgid_r(number, &entry, start, buffer.count, &result) == 0,
                result != nil
            else {
                return nil
            }
            return entry.gr_name.map { String(cString: $0) }
        }
    }
}
