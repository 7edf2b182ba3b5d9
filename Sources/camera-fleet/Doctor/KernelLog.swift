import Glibc

/// What the kernel has written since the machine's start, as far as it concerns somebody.
enum KernelLog: Equatable, Sendable {
    /// The lines that were looked for, the oldest first.
    case lines([String])
    /// Only root may read it (kernel.dmesg_restrict).
    case forbidden
    /// There is none here, as in many containers.
    case absent

    /// The most lines that are kept; after that the oldest go.
    private static let most = 1000

    /// Reads /dev/kmsg, of which each record is a line with the kernel's text after a semicolon, and keeps the texts that
    /// have one of the words.
    init(on machine: Machine, with words: [String]) {
        let descriptor = open(machine.root + "/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            self = errno == EPERM || errno == EACCES ? .forbidden : .absent
            return
        }
        defer { close(descriptor) }
        var found: [String] = []
        var record = [UInt8](repeating: 0, count: 65_536)
        // The kernel's memory for it is bounded; a writer without end is not read without end.
        for _ in 0..<1_000_000 {
            let count = read(descriptor, &record, record.count)
            // EPIPE: records were overwritten meanwhile; the next read goes on after them.
            if count < 0, errno == EINTR || errno == EPIPE { continue }
            if count < 0, errno == EPERM || errno == EACCES {
                self = .forbidden
                return
            }
            guard count > 0 else { break }
            for line in String(decoding: record[..<count], as: UTF8.self).split(separator: "\n") {
                guard let semicolon = line.firstIndex(of: ";") else { continue }
                let text = line[line.index(after: semicolon)...]
                if words.contains(where: text.contains) { found.append(String(text)) }
            }
            if found.count > Self.most { found.removeFirst(found.count - Self.most) }
        }
        self = .lines(found)
    }
}
