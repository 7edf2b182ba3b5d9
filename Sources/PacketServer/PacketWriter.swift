import FleetModel
import NIOCore
import PacketProtocol

/// Writes to one client. A client that does not read makes writers wait, and with them the reading of its commands.
struct PacketWriter: Sendable {
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    init(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.outbound = outbound
    }

    /// Writes what is encoded already. A client that is gone is noticed where its connection ends.
    func write(_ buffers: ByteBuffer...) async {
        try? await outbound.write(contentsOf: buffers)
    }

    /// Writes a head and its bytes; false when the client is gone.
    func deliver(_ head: ByteBuffer, _ bytes: ByteBuffer) async -> Bool {
        (try? await outbound.write(contentsOf: [head, bytes])) != nil
    }

    /// Answers a command.
    func answer(_ packet: PtpPacket, _ result: ByteBuffer) async {
        await write(Self.response(to: packet, .ok, result))
    }

    /// Answers a command with data packets of 1 MiB at most, and then its result.
    func answer(_ packet: PtpPacket, data: ByteBuffer?, _ result: ByteBuffer) async {
        var rest = data ?? ByteBuffer()
        while let piece = rest.readSlice(length: min(rest.readableBytes, 1 << 20)), piece.readableBytes > 0 {
            let head = PacketEncoder.head(
                type: .data, code: packet.code, sessionID: packet.sessionID, transactionID: packet.transactionID,
                contentLength: piece.readableBytes)
            await write(head, piece)
        }
        await answer(packet, result)
    }

    /// Answers a command with a value as JSON.
    func answer(_ packet: PtpPacket, json result: some Encodable) async {
        await answer(packet, PacketEncoder.json(result))
    }

    /// Refuses a command.
    func refuse(_ packet: PtpPacket, _ error: FleetError) async {
        await write(Self.refusal(of: packet, error))
    }

    /// Says what was wrong with the bytes, before the connection is closed (protocol.md, section 1).
    func refuse(_ error: FramingError) async {
        await write(Self.refusal(of: error))
    }

    /// No more will be written.
    func finish() {
        outbound.finish()
    }

    static func response(to packet: PtpPacket, _ code: ResponseCode, _ json: ByteBuffer) -> ByteBuffer {
        PacketEncoder.encode(
            PtpPacket(
                type: .response, code: code.rawValue, sessionID: packet.sessionID,
                transactionID: packet.transactionID, content: json))
    }

    static func refusal(of packet: PtpPacket, _ error: FleetError) -> ByteBuffer {
        response(to: packet, .error(error.kind), PacketEncoder.json(ErrorDescription(error)))
    }

    static func refusal(of error: FramingError) -> ByteBuffer {
        refusal(
            of: PtpPacket(type: .command, code: 0, transactionID: 0), FleetError(.invalidParameter, error.message))
    }

    static func tooManyConnections(_ limit: Int) -> ByteBuffer {
        refusal(
            of: PtpPacket(type: .command, code: 0, transactionID: 0),
            FleetError(.tooMany, "\(limit) connections are open on this port already."))
    }
}
