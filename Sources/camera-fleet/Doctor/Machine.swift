import Glibc

/// The machine that is looked at.
struct Machine: Sendable {
    /// The most that is read of a file, in bytes.
    private static let longest = 1 << 20

    /// What its paths are below: nothing, but in tests.
    var root = ""

    /// What a file holds, its first 1 MiB; nil where it is not there or may not be read.
    func text(_ path: String) -> String? {
        let descriptor = open(root + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < Self.longest {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes += piece[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first line of a file, as files of sysfs have it.
    func line(_ path: String) -> String? {
        guard let text = text(path) else { return nil }
        return text.split(separator: "\n").first.map { $0.split(separator: " ").joined(separator: " ") } ?? ""
    }

    /// What is in a folder, in order; nothing where it cannot be read.
    func names(in folder: String) -> [String] {
        guard let directory = opendir(root + folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether there is something of that name.
    func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// Where a symbolic link points to; nil where it is none.
    func target(ofLink path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(root + path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The programs that run, as far as this user may see them.
    var processes: [MachineProcess] {
        names(in: "/proc").compactMap { name in
            guard let number = Int32(name), let path = path(ofProgram: number) else { return nil }
            return MachineProcess(number: number, path: path)
        }
    }

    /// The whole name of the program that a process runs; nil where it may not be known.
    func program(_ process: Int32) -> String? {
        path(ofProgram: process).map { MachineProcess(number: process, path: $0).name }
    }

    private func path(ofProgram process: Int32) -> String? {
        guard let command = text("/proc/\(process)/cmdline") else { return nil }
        let path = command.prefix { $0 != "\0" }
        return path.isEmpty ? nil : String(path)
    }
}

/// A program that runs.
struct MachineProcess: Equatable, Sendable {
    /// Its process id.
    var number: Int32
    /// How it was called.
    var path: String

    /// Its name without the folder.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// Who looks.
struct MachineUser: Equatable, Sendable {
    var number: UInt32
    var name: String
    /// The groups of this process, by their numbers.
    var groups: Set<UInt32>

    var isAdministrator: Bool { number == 0 }

    /// Who runs this program.
    static var current: MachineUser {
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = Int(getgroups(Int32(groups.count), &groups))
        // What it gives is good until the next call; nobody else here calls it.
        let name = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) }
        return MachineUser(
            number: geteuid(), name: name ?? "\(geteuid())", groups: Set(groups.prefix(max(0, count)) + [getegid()]))
    }
}
