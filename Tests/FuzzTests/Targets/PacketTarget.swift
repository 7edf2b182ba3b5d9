import NIOCore

@testable import PacketProtocol

extension FuzzTarget {
    /// A byte for the limits, one for how the rest is cut, then what comes from a socket.
    ///
    /// However the stream is cut, the same packets come out of it and the same error ends it; each packet is encoded to the
    /// bytes that it came in.
    static let packets = FuzzTarget(name: "packets") { bytes in
        var input = FuzzInput(bytes)
        let all: [PacketLimits] = [.fromClient, .fromServer, .onLink]
        let limits = all[Int(input.byte()) % all.count]
        let pieces = input.pieces()
        var stream = ByteBuffer()
        for piece in pieces { stream.writeImmutableBuffer(piece) }
        let whole = Decoded([stream], limits)
        let cut = Decoded(pieces, limits)
        try Broken.unless(whole.packets == cut.packets, "other packets come of the same bytes when they are cut")
        try Broken.unless(
            whole.error == cut.error, "\(String(describing: whole.error)), cut \(String(describing: cut.error))")
        var position = 0
        for packet in whole.packets {
            let encoded = PacketEncoder.encode(packet)
            let length = Int(stream.getInteger(at: position, endianness: .little, as: UInt32.self) ?? 0)
            if length > PtpPacket.headerLength {
                try Broken.unless(
                    stream.getSlice(at: position, length: length) == encoded, "a packet is not encoded as it came")
            }
            position += length
        }
        try Broken.unless(
            whole.error != nil || whole.left == stream.readableBytes - position, "bytes were lost between packets")
    }
}

private struct Decoded {
    var packets: [PtpPacket] = []
    var error: FramingError?
    var left = 0

    init(_ pieces: [ByteBuffer], _ limits: PacketLimits) {
        let processor = NIOSingleStepByteToMessageProcessor(PacketDecoder(limits: limits))
        do {
            for piece in pieces { try processor.process(buffer: piece) { packets.append($0) } }
        } catch {
            self.error = error as? FramingError
        }
        left = processor.unprocessedBytes
    }
}
