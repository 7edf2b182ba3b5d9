import FleetModel
import FoundationEssentials
public import NIOCore

/// Writes packets as protocol.md, section 1, lays them out.
public enum PacketEncoder {
    /// A whole packet in one buffer.
    public static func encode(_ packet: PtpPacket) -> ByteBuffer {
        var buffer = head(
            type: packet.type, code: packet.code, sessionID: packet.sessionID, transactionID: packet.transactionID,
            contentLength: packet.content.readableBytes, reserving: packet.content.readableBytes)
        buffer.writeImmutableBuffer(packet.content)
        return buffer
    }

    /// A packet whose content is a JSON object.
    public static func encode(
        type: PacketType, code: UInt16, sessionID: UInt32 = 0, transactionID: UInt32, json content: some Encodable
    ) -> ByteBuffer {
        encode(
            PtpPacket(
                type: type, code: code, sessionID: sessionID, transactionID: transactionID, content: json(content)))
    }

    /// The first bytes of a data packet whose content of `contentLength` bytes is written after it, uncopied.
    public static func head(
        type: PacketType, code: UInt16, sessionID: UInt32, transactionID: UInt32, contentLength: Int,
        reserving: Int = 0
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(PtpPacket.headerLength + 4 + 16 + reserving)
        buffer.writeMultipleIntegers(
            UInt32(PtpPacket.headerLength + 4 + contentLength), type.rawValue, code, sessionID, transactionID,
            endianness: .little)
        return buffer
    }

    /// The first bytes of a live view frame of `length` bytes (protocol.md, section 4).
    public static func frameHead(
        sessionID: UInt32, transactionID: UInt32, frame: UInt32, arrived: UInt64, length: Int
    ) -> ByteBuffer {
        var buffer = head(
            type: .data, code: CommandCode.startLiveView.rawValue, sessionID: sessionID,
            transactionID: transactionID, contentLength: 12 + length)
        buffer.writeMultipleIntegers(frame, arrived, endianness: .little)
        return buffer
    }

    /// The first bytes of a piece of `length` bytes of a download (protocol.md, section 5).
    public static func pieceHead(
        of code: UInt16 = CommandCode.downloadImage.rawValue, sessionID: UInt32, transactionID: UInt32, offset: UInt64,
        length: Int
    ) -> ByteBuffer {
        var buffer = head(
            type: .data, code: code, sessionID: sessionID,
            transactionID: transactionID, contentLength: 8 + length)
        buffer.writeInteger(offset, endianness: .little)
        return buffer
    }

    /// A value as a JSON object. Values of this module always can be written; one that cannot becomes `{}`.
    public static func json(_ value: some Encodable) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(value) else { return ByteBuffer(string: "{}") }
        return ByteBuffer(bytes: data)
    }
}
