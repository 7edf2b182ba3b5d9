import NIOCore

/// One directory of a TIFF file: entries, sorted by tag, with what is too long for an entry behind them.
struct TiffDirectory {
    private var entries: [UInt16: (type: UInt16, count: Int, bytes: [UInt8])] = [:]

    /// All of it, in bytes, always even.
    var size: Int {
        6 + entries.values.reduce(0) { $0 + 12 + ($1.bytes.count > 4 ? $1.bytes.count + $1.bytes.count % 2 : 0) }
    }

    mutating func ascii(_ tag: UInt16, _ text: String) {
        let bytes = Array(text.utf8.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }) + [0]
        entries[tag] = (2, bytes.count, bytes)
    }

    mutating func short(_ tag: UInt16, _ value: UInt16) { entries[tag] = (3, 1, littleEndian(value)) }

    mutating func long(_ tag: UInt16, _ value: UInt32) { entries[tag] = (4, 1, littleEndian(value)) }

    mutating func rational(_ tag: UInt16, _ numerator: Int64, _ denominator: Int64) {
        rationals(tag, [(numerator, denominator)])
    }

    mutating func rationals(_ tag: UInt16, _ fractions: [(Int64, Int64)]) {
        let bytes = fractions.flatMap { littleEndian(UInt32(clamping: $0.0)) + littleEndian(UInt32(clamping: $0.1)) }
        entries[tag] = (5, fractions.count, bytes)
    }

    mutating func signedRational(_ tag: UInt16, _ numerator: Int64, _ denominator: Int64) {
        entries[tag] = (
            10, 1, littleEndian(Int32(clamping: numerator)) + littleEndian(Int32(clamping: denominator))
        )
    }

    mutating func bytes(_ tag: UInt16, _ bytes: [UInt8]) { entries[tag] = (1, bytes.count, bytes) }

    mutating func undefined(_ tag: UInt16, _ bytes: [UInt8]) { entries[tag] = (7, bytes.count, bytes) }

    func write(into tiff: inout ByteBuffer, at offset: Int, next: Int) {
        var behind = ByteBuffer()
        let behindOffset = offset + 6 + 12 * entries.count
        tiff.writePtp(UInt16(entries.count))
        for (tag, entry) in entries.sorted(by: { $0.key < $1.key }) {
            tiff.writePtp(tag)
            tiff.writePtp(entry.type)
            tiff.writePtp(UInt32(entry.count))
            if entry.bytes.count <= 4 {
                tiff.writeBytes(entry.bytes)
                tiff.writeRepeatingByte(0, count: 4 - entry.bytes.count)
            } else {
                tiff.writePtp(UInt32(behindOffset + behind.readableBytes))
                behind.writeBytes(entry.bytes)
                if entry.bytes.count % 2 == 1 { behind.writeInteger(UInt8(0)) }
            }
        }
        tiff.writePtp(UInt32(next))
        tiff.writeBuffer(&behind)
    }

    private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
