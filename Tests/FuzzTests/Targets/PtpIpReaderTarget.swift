import NIOCore

@testable import VirtualCamera

extension FuzzTarget {
    /// A byte for how it is cut, then what an initiator sends to a virtual camera.
    ///
    /// However the stream is cut, the same packets come out of it and the same error ends it.
    static let ptpipReader = FuzzTarget(name: "ptpip-reader") { bytes in
        var input = FuzzInput(bytes)
        let pieces = input.pieces()
        var stream = ByteBuffer()
        for piece in pieces { stream.writeImmutableBuffer(piece) }
        let whole = ReadPackets([stream])
        let cut = ReadPackets(pieces)
        try Broken.unless(whole.packets == cut.packets, "other packets come of the same bytes when they are cut")
        try Broken.unless(
            whole.error == cut.error, "\(String(describing: whole.error)), cut \(String(describing: cut.error))")
    }
}

private struct ReadPackets {
    var packets: [PtpIpPacket] = []
    var error: PtpIpError?

    init(_ pieces: [ByteBuffer]) {
        var reader = PtpIpPacketReader()
        do throws(PtpIpError) {
            for piece in pieces {
                reader.append(piece)
                while let packet = try reader.next() { packets.append(packet) }
            }
        } catch {
            self.error = error
        }
    }
}
