import NIOCore

/// A part of the fleet that takes bytes from elsewhere. Whatever they are, it must not trap, hang or grow; what else it
/// keeps is checked in `run`.
struct FuzzTarget: Sendable {
    /// Also the folder of its corpus.
    let name: String
    /// Throws `Broken` where a promise does not hold.
    let run: @Sendable (UnsafeRawBufferPointer) throws -> Void

    static let all = [
        packets, json, arguments, results, commands, linkToWorker, linkToServer, client, ptpipReader, ptpip, rig,
        roster, control,
        words,
    ]
}

/// A promise that did not hold.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Throws unless a promise holds.
    static func unless(_ isKept: Bool, _ promise: @autoclosure () -> String) throws {
        guard isKept else { throw Broken(promise()) }
    }
}

/// An input, read from its beginning.
struct FuzzInput {
    private(set) var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes[...]
    }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte; 0 at the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next bytes, as many as there are of so many.
    mutating func bytes(_ count: Int) -> ByteBuffer {
        defer { rest = rest.dropFirst(count) }
        return ByteBuffer(bytes: rest.prefix(count))
    }

    /// All that is left.
    mutating func all() -> ByteBuffer { bytes(rest.count) }

    /// All that is left, cut in a way that hangs on the next byte: up to eight pieces, or each byte for itself.
    mutating func pieces() -> [ByteBuffer] {
        let seed = byte()
        guard seed < .max else { return rest.map { ByteBuffer(bytes: CollectionOfOne($0)) } }
        var pieces: [ByteBuffer] = []
        var state = UInt32(seed)
        for _ in 0..<seed % 8 where !isEmpty {
            state = state &* 1_664_525 &+ 1_013_904_223
            pieces.append(bytes(Int(state >> 8) % rest.count + 1))
        }
        if !isEmpty { pieces.append(all()) }
        return pieces
    }
}
