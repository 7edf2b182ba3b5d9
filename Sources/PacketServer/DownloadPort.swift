public import Fleet
public import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol
public import ServiceLifecycle

/// Port 6666: downloads (protocol.md, section 5).
public struct DownloadPort: Service {
    /// The port that is listened on.
    public var port: Int { listener.port }

    private let listener: PortListener
    private let registry: CameraRegistry
    private let limits: PortLimits

    /// Listens on an address for clients with tickets.
    ///
    /// Throws General_Error when the port cannot be had.
    public init(
        host: String, port: Int, registry: CameraRegistry, limits: PortLimits = PortLimits()
    ) async throws(FleetError) {
        listener = try await PortListener.bind(
            host: host, port: port, isReading: false, initializer: PacketConnection.configure)
        self.registry = registry
        self.limits = limits
    }

    /// Serves clients until the server stops.
    public func run() async throws {
        let count = ConnectionCount(limit: limits.connections)
        await listener.run { channel in
            guard let connection = await PacketConnection(channel, limits: limits) else { return }
            guard count.enter() else { return await connection.refuse() }
            defer { count.leave() }
            await connection.serve { writer in DownloadResponder(registry: registry, writer: writer) }
        }
    }
}

/// The transfers of one connection to port 6666. In memory a transfer has the piece that is being written and the one
/// that is being read.
final class DownloadResponder: PacketResponder {
    private let registry: CameraRegistry
    private let writer: PacketWriter
    private let isAbandoned = NIOLockedValueBox(false)

    init(registry: CameraRegistry, writer: PacketWriter) {
        self.registry = registry
        self.writer = writer
    }

    func greet() async {}
    func run() async {}
    func endSession(_ id: UInt32) async {}

    /// Ends the transfers between two pieces; their sessions and tickets are another connection's.
    func abandon() async {
        isAbandoned.withLockedValue { $0 = true }
    }

    func route(_ packet: PtpPacket) -> CommandRoute {
        let code = CommandCode(rawValue: packet.code)
        do throws(FleetError) {
            if packet.sessionID != 0 || code?.needsSession ?? false { _ = try registry.session(packet.sessionID) }
        } catch {
            return .refused(error)
        }
        guard code == .downloadImage else {
            return .refused(FleetError(.operationNotSupported, "Port 6666 takes DOWNLOAD_IMAGE with a ticket."))
        }
        return .inTurn
    }

    func respond(to packet: PtpPacket) async {
        do throws(FleetError) {
            let arguments = try PacketJSON.arguments(TicketArguments.self, of: packet.content)
            let session = try registry.session(packet.sessionID)
            let download = try registry.download(arguments.ticket, for: session)
            let offset = arguments.offset ?? download.startOffset
            guard (0...download.size).contains(offset) else {
                throw FleetError(.invalidParameter, "The file has \(download.size) bytes; offset must be within them.")
            }
            await writer.answer(packet, json: Nothing())
            try await send(download, from: offset, for: packet)
            await writer.answer(packet, json: download.result)
        } catch {
            await writer.refuse(packet, error)
        }
    }

    private func send(_ download: Download, from start: Int64, for packet: PtpPacket) async throws(FleetError) {
        guard start < download.size else { return }
        var offset = start
        var piece = try await download.piece(at: offset)
        while true {
            let next = offset + Int64(piece.readableBytes)
            let head = PacketEncoder.pieceHead(
                sessionID: packet.sessionID, transactionID: packet.transactionID, offset: UInt64(offset),
                length: piece.readableBytes)
            guard next < download.size else { return try await write(head, piece) }
            async let following = Self.result { () throws(FleetError) in try await download.piece(at: next) }
            try await write(head, piece)
            piece = try await following.get()
            offset = next
        }
    }

    private func write(_ head: ByteBuffer, _ piece: ByteBuffer) async throws(FleetError) {
        guard !isAbandoned.withLockedValue({ $0 }), await writer.deliver(head, piece) else {
            throw FleetError(.transactionCancelled, "The connection ended before the transfer.")
        }
    }

    private static func result(
        _ action: () async throws(FleetError) -> ByteBuffer
    ) async -> Result<ByteBuffer, FleetError> {
        do throws(FleetError) {
            return .success(try await action())
        } catch {
            return .failure(error)
        }
    }
}
