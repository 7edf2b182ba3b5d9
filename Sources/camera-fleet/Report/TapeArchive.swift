import Glibc

/// A tar archive as POSIX lays it out (IEEE Std 1003.1, pax, ustar Interchange Format): files, one after the other.
struct TapeArchive {
    private static let blockLength = 512

    /// What follows the last file.
    static let end = [UInt8](repeating: 0, count: 2 * blockLength)

    /// When the files were made, in seconds since 1970.
    let time: Int64

    /// The bytes of a file: its header, its content, and what fills the last block.
    ///
    /// - Parameter path: relative, with at most 100 bytes in its last parts and at most 155 before them.
    func file(_ path: String, _ content: [UInt8]) throws -> [UInt8] {
        let padding = (Self.blockLength - content.count % Self.blockLength) % Self.blockLength
        return try header(path, size: content.count) + content + [UInt8](repeating: 0, count: padding)
    }

    private func header(_ path: String, size: Int) throws -> [UInt8] {
        let (prefix, name) = try Self.split(path)
        var header: [UInt8] = []
        func add(_ bytes: [UInt8], length: Int) {
            header += bytes + [UInt8](repeating: 0, count: length - bytes.count)
        }
        func add(octal number: Int64, length: Int) {
            let digits = String(max(0, number), radix: 8)
            let zeros = String(repeating: "0", count: max(0, length - 1 - digits.count))
            add(Array((zeros + digits).utf8), length: length)
        }
        guard size < 1 << 33, time < 1 << 33 else { throw Failure("\(path) is too large for the archive.") }
        add(name, length: 100)
        add(octal: 0o644, length: 8)
        add(octal: 0, length: 8)
        add(octal: 0, length: 8)
        add(octal: Int64(size), length: 12)
        add(octal: time, length: 12)
        let checksum = header.count
        header += [UInt8](repeating: UInt8(ascii: " "), count: 8)
        header.append(UInt8(ascii: "0"))
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

    /// The path in two parts, with a slash between them that is in neither.
    private static func split(_ path: String) throws -> (prefix: [UInt8], name: [UInt8]) {
        let bytes = Array(path.utf8)
        if bytes.count <= 100 { return ([], bytes) }
        for index in bytes.indices where bytes[index] == UInt8(ascii: "/") {
            if index <= 155, bytes.count - index - 1 <= 100 {
                return (Array(bytes[..<index]), Array(bytes[(index + 1)...]))
            }
        }
        throw Failure("The name \(path) is too long for the archive.")
    }
}
