public import NIOCore

/// The container types of PTP (ISO 15740) that packets carry.
public enum PacketType: UInt16, Sendable {
    /// A command of a client.
    case command = 1
    /// Bytes whose layout the command defines.
    case data = 2
    /// The answer to a command.
    case response = 3
    /// Something that happened.
    case event = 4
}

/// One packet of protocol.md, section 1.
public struct PtpPacket: Sendable, Equatable {
    /// The bytes before the body.
    public static let headerLength = 12

    /// What the packet is.
    public var type: PacketType
    /// The command, response or event code, known or not.
    public var code: UInt16
    /// The session that it belongs to; 0 is the fleet.
    public var sessionID: UInt32
    /// The transaction that it belongs to; an event's number.
    public var transactionID: UInt32
    /// What follows the transaction_ID: JSON, or data.
    public var content: ByteBuffer

    /// A packet with these fields.
    public init(
        type: PacketType, code: UInt16, sessionID: UInt32 = 0, transactionID: UInt32,
        content: ByteBuffer = ByteBuffer()
    ) {
        self.type = type
        self.code = code
        self.sessionID = sessionID
        self.transactionID = transactionID
        self.content = content
    }
}
