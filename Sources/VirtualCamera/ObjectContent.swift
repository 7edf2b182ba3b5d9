import NIOCore

/// The bytes of an object: a head that is held, followed by as much filler as its size asks for; or a part of the card's
/// file, for what is too large to be held.
///
/// The filler is one endless pattern, shared by the whole process and never copied, so an object of gigabytes costs no
/// memory. Its period is a prime, so a piece read from a wrong offset does not pass for the right one.
struct ObjectContent: Sendable {
    let count: Int
    private let source: Source

    private enum Source: Sendable {
        case memory(head: ByteBuffer, phase: Int)
        case card(CardRegion)
    }

    init(_ bytes: ByteBuffer) {
        source = .memory(head: bytes, phase: 0)
        count = bytes.readableBytes
    }

    /// `count` bytes that begin with `head`; `phase` tells the fillers of two objects apart.
    init(head: ByteBuffer, count: Int, phase: Int) {
        let head = head.getSlice(at: head.readerIndex, length: min(count, head.readableBytes)) ?? ByteBuffer()
        source = .memory(head: head, phase: phase)
        self.count = count
    }

    /// What lies in a part of a card's file.
    init(_ region: CardRegion) {
        source = .card(region)
        count = region.count
    }

    /// The beginning that is held in memory.
    var head: ByteBuffer {
        if case .memory(let head, _) = source { head } else { ByteBuffer() }
    }

    /// The bytes, if all of them are held in memory.
    var held: ByteBuffer? {
        if case .memory(let head, _) = source, head.readableBytes == count { head } else { nil }
    }

    /// The bytes of a range, which must lie within the content: slices of what is held anyway, or a copy from the card's
    /// file. Nil if the file cannot be read.
    func slices(of range: Range<Int>) -> [ByteBuffer]? {
        switch source {
        case .memory(let head, let phase): Self.slices(head, phase, range)
        case .card(let region): region.read(range).map { [$0] }
        }
    }

    private static func slices(_ head: ByteBuffer, _ phase: Int, _ range: Range<Int>) -> [ByteBuffer] {
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
    func bytes(in range: Range<Int>) -> [UInt8]? {
        slices(of: range.clamped(to: 0..<count)).map { slices in slices.flatMap { Array($0.readableBytesView) } }
    }
}

private enum Filler {
    static let period = 1_048_573

    static let pattern: ByteBuffer = {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(period + 8)
        var numbers = SeededNumbers(seed: 0)
        while buffer.readableBytes < period { buffer.writeInteger(numbers.next(), endianness: .little) }
        return buffer
    }()
}
