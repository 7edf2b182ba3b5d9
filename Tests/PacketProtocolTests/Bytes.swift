import NIOCore
import PacketProtocol

/// The bytes that are written in hexadecimal, with spaces between them.
func bytes(_ hexadecimal: String) -> ByteBuffer {
    ByteBuffer(bytes: hexadecimal.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) })
}

/// Bytes one after the other.
func joined(_ parts: ByteBuffer...) -> ByteBuffer {
    var whole = ByteBuffer()
    for part in parts { whole.writeImmutableBuffer(part) }
    return whole
}

/// Everything that a decoder makes of bytes which arrive in the given pieces.
func decode(_ pieces: [ByteBuffer], limits: PacketLimits) throws -> [PtpPacket] {
    var decoder = PacketDecoder(limits: limits)
    var waiting = ByteBuffer()
    var packets: [PtpPacket] = []
    for piece in pieces {
        waiting.writeImmutableBuffer(piece)
        while let packet = try decoder.decode(buffer: &waiting) { packets.append(packet) }
    }
    return packets
}
