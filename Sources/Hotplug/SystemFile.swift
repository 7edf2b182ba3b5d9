import Glibc

/// Small files of sysfs and proc.
enum SystemFile {
    /// The bytes of a file, at most `limit` of them; nil when it cannot be read.
    static func bytes(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = read(descriptor, &piece, min(piece.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += piece[..<count]
        }
        return bytes
    }

    /// The text of bytes that somebody else wrote: what is no UTF-8 is replaced, control characters are spaces, and
    /// neither end has any; at most 126 characters, which is the most that USB can tell. nil when nothing is left.
    static func text(_ bytes: some Collection<UInt8>) -> String? {
        let scalars = String(decoding: bytes.prefix(4096), as: UTF8.self).unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        let trimmed = scalars.drop { $0.properties.isWhitespace }.prefix(126)
        guard let last = trimmed.lastIndex(where: { !$0.properties.isWhitespace }) else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: trimmed[...last])
        return String(text)
    }
}
