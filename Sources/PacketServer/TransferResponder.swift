import Fleet
import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// The transfers of one connection to port 6666. In memory a download has the piece that is being written and two
/// that are being read, an upload the piece that is being written.
final class TransferResponder: PacketResponder {
    private let registry: CameraRegistry
    private let writer: PacketWriter
    private let uploads: ReceivedUploads
    private let isAbandoned = NIOLockedValueBox(false)

    init(registry: CameraRegistry, writer: PacketWriter) {
        self.registry = registry
        self.writer = writer
        uploads = ReceivedUploads()
    }

    func greet() async {}
    func run() async {}
    func endSession(_ id: UInt32) async {}

    /// Ends the transfers between two pieces; their sessions and tickets are another connection's.
    func abandon() async {
        isAbandoned.withLockedValue { $0 = true }
        uploads.end()
    }

    func inputEnded() {
        uploads.end()
    }

    func take(_ data: PtpPacket) async -> FramingError? {
        await uploads.take(data)
    }

    func route(_ packet: PtpPacket) -> CommandRoute {
        let code = CommandCode(rawValue: packet.code)
        do throws(FleetError) {
            if packet.sessionID != 0 || code?.needsSession ?? false { _ = try registry.session(packet.sessionID) }
        } catch {
            if code == .uploadFile { uploads.refuse(packet.transactionID) }
            return .refused(error)
        }
        switch code {
        // Those of session_ID 0 run one after the other as well: so a connection has one piece of them in memory.
        case .downloadImage, .downloadSaved: return .inTurn
        // It waits for data that come after the commands that were sent with it.
        case .uploadFile: return .aside
        default:
            return .refused(
                FleetError(
                    .operationNotSupported,
                    "Port 6666 takes DOWNLOAD_IMAGE, DOWNLOAD_SAVED and UPLOAD_FILE with a ticket."))
        }
    }

    func respond(to packet: PtpPacket) async {
        do throws(FleetError) {
            let arguments = try PacketJSON.arguments(TicketArguments.self, of: packet.content)
            if packet.code == CommandCode.downloadSaved.rawValue {
                let download = try registry.savedDownload(arguments.ticket)
                return try await send(download, from: arguments.offset ?? download.startOffset, for: packet)
            }
            let session = try registry.session(packet.sessionID)
            if packet.code == CommandCode.uploadFile.rawValue {
                let upload = try registry.upload(arguments.ticket, for: session)
                return try await receive(upload, of: session, for: packet)
            }
            let download = try registry.download(arguments.ticket, for: session)
            let offset = arguments.offset ?? download.startOffset
            guard (0...download.size).contains(offset) else {
                throw FleetError(.invalidParameter, "The file has \(download.size) bytes; offset must be within them.")
            }
            await writer.answer(packet, json: Nothing())
            download.begin()
            do throws(FleetError) {
                try await send(download, from: offset, for: packet)
            } catch {
                download.end(isWhole: false)
                throw error
            }
            download.end(isWhole: offset < download.size)
            await writer.answer(packet, json: download.result)
        } catch {
            if packet.code == CommandCode.uploadFile.rawValue { uploads.refuse(packet.transactionID) }
            await writer.refuse(packet, error)
        }
    }

    private func receive(
        _ upload: Upload, of session: Session, for packet: PtpPacket
    ) async throws(FleetError) {
        let (turn, arrival) = try uploads.begin(upload, for: packet)
        await writer.answer(packet, json: UploadStart(offset: turn.offset))
        let listener = session.ending.whenOver { [uploads] in
            uploads.finish(packet.transactionID, of: upload, .failure($0))
        }
        defer { session.ending.forget(listener) }
        do throws(FleetError) {
            try await arrival.result()
            let result = try await upload.deliver()
            try uploads.close(packet.transactionID)
            await writer.answer(packet, json: result)
        } catch {
            try? uploads.close(packet.transactionID)
            throw error
        }
    }

    private func send(_ download: Download, from start: Int64, for packet: PtpPacket) async throws(FleetError) {
        var offset = start
        var pieces = download.pieces(from: start)
        while let piece = try await pieces.next() {
            let head = PacketEncoder.pieceHead(
                sessionID: packet.sessionID, transactionID: packet.transactionID, offset: UInt64(offset),
                length: piece.readableBytes)
            try await write(head, piece)
            offset += Int64(piece.readableBytes)
        }
    }

    private func send(
        _ download: SavedDownload, from start: Int64, for packet: PtpPacket
    ) async throws(FleetError) {
        let pieces = try await download.pieces(from: start)
        await writer.answer(packet, json: Nothing())
        while let (offset, piece) = try await pieces.next() {
            let head = PacketEncoder.pieceHead(
                of: packet.code, sessionID: packet.sessionID, transactionID: packet.transactionID,
                offset: UInt64(offset), length: piece.readableBytes)
            try await write(head, piece)
        }
        await writer.answer(packet, json: pieces.result)
    }

    private func write(_ head: ByteBuffer, _ piece: ByteBuffer) async throws(FleetError) {
        guard !isAbandoned.withLockedValue({ $0 }), await writer.deliver(head, piece) else {
            throw FleetError(.transactionCancelled, "The connection ended before the transfer.")
        }
    }
}
