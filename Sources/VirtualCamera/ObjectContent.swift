import NIOCore

/// The bytes of an object: a head that is held, followed by as much filler as its size asks for.
///
/// The filler is one endless pattern, shared by the whole process and never copied, so an object of gigabytes costs no
/// memory. Its period is a prime, so a piece read from a wrong offset does not pass for the right one.
struct ObjectContent: Sendable {
    let head: ByteBuffer
    let count: Int
    private let phase: Int

    init(_ bytes: ByteBuffer) {
        head = bytes
        count = bytes.readableBytes
        phase = 0
    }

    /// `count` bytes that begin with `head`; `phase` tells the fillers of two objects apart.
    init(head: ByteBuffer, count: Int, phase: Int) {
        self.head = head.getSlice(at: head.readerIndex, length: min(count, head.readableBytes)) ?? ByteBuffer()
        self.count = count
        self.phase = phase
    }

    /// The bytes of a range, which must lie within the content, as slices of what is held anyway.
    func slices(of range: Range<Int>) -> [ByteBuffer] {
        var slices: [ByteBuffer] = []
        var offset = range.lowerBound
        if offset < head.readableBytes {
            let length = min(head.readableBytes, range.upperBound) - offset
            if let slice = head.getSlice(at: head.readerIndex + offset, length: length) { slices.append(slice) }
            offset += length
        }
        while offset < range.upperBound {
            let position = (offset + phase) % Filler.period
            let length = min(Filler.period - position, range.upperBound - offset)
            guard let slice = Filler.pattern.getSlice(at: position, length: length) else { break }
            slices.append(slice)
            offset += length
        }
        return slices
    }

    /// A copy of the bytes of a range; what lies outside the content is left out.
    func bytes(in range: Range<Int>) -> [UInt8] {
        slices(of: range.clamped(to: 0..<count)).flatMap { Array($0.readableBytesView) }
    }
}

private enum Filler {
    static let period = 1_048_573

    static let pattern: ByteBuffer = {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(period + 8)
        var state: UInt64 = 0
        while buffer.readableBytes < period {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            buffer.writeInteger(word ^ (word >> 31), endianness: .little)
        }
        return buffer
    }()
}
