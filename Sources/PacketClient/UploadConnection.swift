import NIOCore
import PacketProtocol

/// One connection of an upload: the server's two responses are read, and between them the pieces are sent.
struct UploadConnection {
    let address: ServerAddress
    let sessionID: UInt32
    let transactionID: UInt32
    let channel: any Channel
    var packets: NIOAsyncChannelInboundStream<PtpPacket>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Waits for the first response; returns how many bytes the server holds.
    mutating func open(size: Int64) async throws -> Int64 {
        let content = try await response()
        guard let start = try? PacketJSON.decode(UploadStart.self, from: content), (0...size).contains(start.offset)
        else { throw notUnderstood("the beginning of the transfer does not say where to go on.") }
        return start.offset
    }

    /// Sends the file from `offset` to its end and waits for the second response. One that comes before is why the
    /// server takes no more: then nothing more is sent.
    mutating func send(
        _ file: LocalFile, from offset: Int64, progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> TransferResult {
        let pieces = Pieces(
            file: file, sessionID: sessionID, transactionID: transactionID, outbound: outbound, channel: channel)
        return try await withThrowingTaskGroup(of: FleetClientError?.self) { group in
            group.addTask { await pieces.send(from: offset, progress: progress) }
            defer { group.cancelAll() }
            do {
                let content = try await response()
                guard let result = try? PacketJSON.decode(TransferResult.self, from: content) else {
                    throw notUnderstood("the end of the transfer does not say its size.")
                }
                return result
            } catch let error as FleetClientError where error.isBrokenConnection {
                // Where this side closed it, the reason is here.
                group.cancelAll()
                if let reason = try await group.next() ?? nil { throw reason }
                throw error
            }
        }
    }

    private mutating func response() async throws -> ByteBuffer {
        while let packet = try await packets.next() {
            guard packet.type == .response else {
                throw notUnderstood("the transfer has something else than a response.")
            }
            let content = try Conversation.answer(of: packet).get()
            guard packet.transactionID == transactionID else { continue }
            return content
        }
        try Task.checkCancellation()
        throw FleetClientError.connectionLost(address, reason: "the server closed it before it had the file")
    }

    private func notUnderstood(_ what: String) -> FleetClientError {
        .notUnderstood(address, what)
    }
}

/// What sends the pieces of a file.
private struct Pieces: Sendable {
    let file: LocalFile
    let sessionID: UInt32
    let transactionID: UInt32
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    let channel: any Channel

    /// Sends them until the end, or until the connection takes no more: why that is, its reader learns. Returns an error
    /// of this machine, after closing the connection.
    func send(from start: Int64, progress: @Sendable (Int64) -> Void) async -> FleetClientError? {
        var offset = start
        while offset < file.size, !Task.isCancelled {
            let piece: ByteBuffer
            do throws(FleetClientError) {
                piece = try await file.piece(at: offset, length: UploadStream.longestPiece)
            } catch {
                guard error != .cancelled else { return nil }
                channel.close(promise: nil)
                return error
            }
            var head = PacketEncoder.head(
                type: .data, code: CommandCode.uploadFile.rawValue, sessionID: sessionID,
                transactionID: transactionID, contentLength: 8 + piece.readableBytes)
            head.writeInteger(UInt64(offset), endianness: .little)
            do {
                try await outbound.write(head)
                try await outbound.write(piece)
            } catch {
                return nil
            }
            offset += Int64(piece.readableBytes)
            progress(offset)
        }
        return nil
    }
}
