import Glibc

/// A tar archive as POSIX lays it out (IEEE Std 1003.1, pax, ustar Interchange Format): files, one after the other.
struct TapeArchive {
    private static let blockLength = 512

    /// What follows the last file.
    static let end = [UInt8](repeating: 0, count: 2 * blockLength)

    /// When the files were made, in seconds since 1970.
    let time: Int64

    /// The most bytes that a ustar header says: what is longer, a pax header before it says.
    private static let longestPlain: Int64 = 1 << 33

    /// The bytes of a file: its header, its content, and what fills the last block.
    ///
    /// - Parameter path: relative.
    func file(_ path: String, _ content: [UInt8]) -> [UInt8] {
        head(of: path, size: Int64(content.count)) + content + Self.padding(after: Int64(content.count))
    }

    /// What stands before the content of a file: a header, and before that, where its path or size does not fit into one or
    /// the path is not ASCII, a pax header with them.
    ///
    /// - Parameter path: relative.
    func head(of path: String, size: Int64) -> [UInt8] {
        let plain = Self.split(Array(path.utf8))
        var records: [UInt8] = []
        if plain == nil || !path.utf8.allSatisfy({ $0 < 128 }) { records += Self.record("path", path) }
        if size >= Self.longestPlain { records += Self.record("size", "\(size)") }
        let (prefix, name) = plain ?? ([], Array(path.utf8.suffix(100)))
        let plainSize = size < Self.longestPlain ? size : 0
        let own = header(prefix, name, size: plainSize, type: "0")
        guard !records.isEmpty else { return own }
        return header([], Array("PaxHeader".utf8), size: Int64(records.count), type: "x") + records
            + Self.padding(after: Int64(records.count)) + own
    }

    /// What fills the last block of a content.
    static func padding(after size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockLength - Int(size % Int64(blockLength))) % blockLength)
    }

    /// A record of a pax header: its length, which counts its own digits, a word and a value.
    private static func record(_ word: String, _ value: String) -> [UInt8] {
        let rest = " \(word)=\(value)\n".utf8
        var length = rest.count + 1
        while "\(length)".utf8.count + rest.count != length { length += 1 }
        return Array("\(length)".utf8) + rest
    }

    private func header(_ prefix: [UInt8], _ name: [UInt8], size: Int64, type: Character) -> [UInt8] {
        var header: [UInt8] = []
        func add(_ bytes: [UInt8], length: Int) {
            header += bytes + [UInt8](repeating: 0, count: length - bytes.count)
        }
        func add(octal number: Int64, length: Int) {
            let digits = String(number, radix: 8)
            let zeros = String(repeating: "0", count: max(0, length - 1 - digits.count))
            add(Array((zeros + digits).utf8), length: length)
        }
        add(name, length: 100)
        add(octal: 0o644, length: 8)
        add(octal: 0, length: 8)
        add(octal: 0, length: 8)
        add(octal: size, length: 12)
        add(octal: min(max(0, time), Self.longestPlain - 1), length: 12)
        let checksum = header.count
        header += [UInt8](repeating: UInt8(ascii: " "), count: 8)
        add(Array("\(type)".utf8), length: 1)
        add([], length: 100)
        header += Array("ustar\u{0}00".utf8)
        add([], length: 32)
        add([], length: 32)
        add(octal: 0, length: 8)
        add(octal: 0, length: 8)
        add(prefix, length: 155)
        add([], length: Self.blockLength - header.count)
        let sum = header.reduce(0) { $0 + Int($1) }
        let digits = String(sum, radix: 8)
        let field = Array((String(repeating: "0", count: 6 - digits.count) + digits + "\u{0} ").utf8)
        header.replaceSubrange(checksum..<checksum + 8, with: field)
        return header
    }

    /// The path in two parts, with a slash between them that is in neither; nil where it does not fit.
    private static func split(_ path: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        if path.count <= 100 { return ([], path) }
        for index in path.indices where path[index] == UInt8(ascii: "/") {
            if index <= 155, path.count - index - 1 <= 100 {
                return (Array(path[..<index]), Array(path[(index + 1)...]))
            }
        }
        return nil
    }
}
