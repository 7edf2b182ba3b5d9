public import NIOCore

/// Bytes that are no packet: the connection that they came on cannot go on (protocol.md, section 1).
public enum FramingError: Error, Sendable, Equatable {
    /// packet_len is less than the header has.
    case tooShort(length: UInt32)
    /// packet_len is above what this side takes of that type.
    case tooLong(length: UInt32, limit: Int)
    /// The type is none that this side takes.
    case unexpectedType(UInt16)
    /// The body is too short for a transaction_ID.
    case halfTransaction(length: UInt32)

    /// A sentence for the author of a client.
    public var message: String {
        switch self {
        case .tooShort(let length):
            "packet_len is \(length): a packet has at least \(PtpPacket.headerLength) bytes."
        case .tooLong(let length, let limit):
            "packet_len is \(length): the limit for this type of packet is \(limit) bytes."
        case .unexpectedType(let type):
            "packet_type is \(type), which is not expected here."
        case .halfTransaction(let length):
            "packet_len is \(length): the body is too short for its transaction_ID."
        }
    }
}

/// Which packets a side takes, and how long they may be. nil: that type is not taken at all.
public struct PacketLimits: Sendable {
    /// Of commands, in bytes.
    public var command: Int?
    /// Of data, in bytes.
    public var data: Int?
    /// Of responses and events, in bytes.
    public var answer: Int?

    /// A limit for each kind.
    public init(command: Int?, data: Int?, answer: Int?) {
        self.command = command
        self.data = data
        self.answer = answer
    }

    /// The longest packet from the server.
    public static let longestAnswer = 16_777_216

    /// What the server takes from a client that uploads nothing.
    public static let fromClient = PacketLimits(command: 262_144, data: nil, answer: nil)
    /// What a client takes from the server.
    public static let fromServer = PacketLimits(command: nil, data: longestAnswer, answer: longestAnswer)
    /// What either end of a worker's link takes from the other.
    public static let onLink = PacketLimits(command: longestAnswer, data: longestAnswer, answer: longestAnswer)

    fileprivate var longest: Int { max(command ?? 0, data ?? 0, answer ?? 0) }

    fileprivate func limit(of type: PacketType) -> Int? {
        switch type {
        case .command: command
        case .data: data
        case .response, .event: answer
        }
    }
}

/// Cuts a stream of bytes into packets, however the bytes arrive. It waits for no byte that it does not need: a header
/// that is wrong is refused as soon as its wrong field is there.
public struct PacketDecoder: NIOSingleStepByteToMessageDecoder, Sendable {
    /// What comes out.
    public typealias InboundOut = PtpPacket

    private let limits: PacketLimits

    /// A decoder that takes packets within limits.
    public init(limits: PacketLimits) {
        self.limits = limits
    }

    /// The next packet, or nil until more bytes are there.
    ///
    /// Throws `FramingError`; nothing can be decoded after that.
    public mutating func decode(buffer: inout ByteBuffer) throws -> PtpPacket? {
        let start = buffer.readerIndex
        guard let length = buffer.getInteger(at: start, endianness: .little, as: UInt32.self) else { return nil }
        guard length >= PtpPacket.headerLength else { throw FramingError.tooShort(length: length) }
        guard length <= limits.longest else { throw FramingError.tooLong(length: length, limit: limits.longest) }
        guard let rawType = buffer.getInteger(at: start + 4, endianness: .little, as: UInt16.self) else { return nil }
        guard let type = PacketType(rawValue: rawType), let limit = limits.limit(of: type) else {
            throw FramingError.unexpectedType(rawType)
        }
        guard length <= limit else { throw FramingError.tooLong(length: length, limit: limit) }
        let bodyLength = Int(length) - PtpPacket.headerLength
        guard bodyLength >= 4 || (bodyLength == 0 && type == .command) else {
            throw FramingError.halfTransaction(length: length)
        }
        guard var packet = buffer.readSlice(length: Int(length)) else { return nil }
        packet.moveReaderIndex(forwardBy: 6)
        guard
            let (code, sessionID) = packet.readMultipleIntegers(endianness: .little, as: (UInt16, UInt32).self)
        else { return nil }
        let transactionID = packet.readInteger(endianness: .little, as: UInt32.self) ?? 0
        return PtpPacket(
            type: type, code: code, sessionID: sessionID, transactionID: transactionID, content: packet)
    }

    /// What is left when the stream ends: packets that are whole; half a packet is nobody's.
    public mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> PtpPacket? {
        try decode(buffer: &buffer)
    }
}
