public import NIOCore
public import PacketProtocol

/// The transfer of one file from port 6666 (protocol.md, section 5). Every `receive` is a connection of its own, so a
/// broken one is taken up again with the same ticket.
public struct DownloadStream: Sendable {
    /// The most bytes of a data packet: 1 MiB and what stands before it.
    static let longestPacket = 1_048_600

    private static let transactionID: UInt32 = 1

    private let address: ServerAddress
    private let sessionID: UInt32
    private let ticket: String
    private let command: CommandCode

    /// A transfer.
    ///
    /// - Parameters:
    ///   - address: the server's host, and the port that came with the ticket.
    ///   - sessionID: the session that the ticket is of.
    ///   - ticket: what DOWNLOAD_IMAGE or DOWNLOAD_SAVED gave.
    ///   - command: which of them.
    public init(
        address: ServerAddress, sessionID: UInt32, ticket: String, command: CommandCode = .downloadImage
    ) {
        self.address = address
        self.sessionID = sessionID
        self.ticket = ticket
        self.command = command
    }

    /// Receives the file from `offset` to its end. Pieces come in order and without gaps, and one is asked for when the
    /// one before has been taken: a slow `take` slows the server down, and no more than a few pieces are in memory.
    ///
    /// - Returns: what the server says of the whole file.
    /// - Throws: `FleetClientError`: what `take` throws, unreachable, refused, connectionLost, notUnderstood, cancelled.
    public func receive(
        from offset: Int64, take: (ByteBuffer) async throws(FleetClientError) -> Void
    ) async throws(FleetClientError) -> TransferResult {
        let limits = PacketLimits(command: nil, data: Self.longestPacket, answer: Self.longestPacket)
        let channel = try await Dial.connect(to: address, .download) { channel in
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(PacketDecoder(limits: limits)))
            return try NIOAsyncChannel<PtpPacket, ByteBuffer>(
                wrappingChannelSynchronously: channel,
                configuration: .init(
                    backPressureStrategy: .init(lowWatermark: 1, highWatermark: 4), isOutboundHalfClosureEnabled: false)
            )
        }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                // A server that refuses before it reads has said why: that is read first.
                try? await outbound.write(
                    PacketEncoder.encode(
                        type: .command, code: command.rawValue, sessionID: sessionID,
                        transactionID: Self.transactionID, json: TicketArguments(ticket: ticket, offset: offset)))
                var packets = inbound.makeAsyncIterator()
                return try await receive(from: offset, next: { try await packets.next() }, take: take)
            }
        } catch let error as FleetClientError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch let error as FramingError {
            throw .notUnderstood(address, error.message)
        } catch {
            throw .connectionLost(address, reason: Dial.reason(of: error))
        }
    }

    private func receive(
        from offset: Int64, next: () async throws -> PtpPacket?, take: (ByteBuffer) async throws -> Void
    ) async throws -> TransferResult {
        var offset = offset
        var opened = false
        while let packet = try await next() {
            switch packet.type {
            case .response:
                let content = try Conversation.answer(of: packet).get()
                if opened {
                    guard let result = try? PacketJSON.decode(TransferResult.self, from: content) else {
                        throw notUnderstood("the end of the transfer does not say its size.")
                    }
                    return result
                }
                opened = true
            case .data where opened:
                var piece = packet.content
                guard let start = piece.readInteger(endianness: .little, as: UInt64.self) else {
                    throw notUnderstood("a piece is too short for its offset.")
                }
                guard start == UInt64(offset) else {
                    throw notUnderstood("a piece begins at byte \(start) where \(offset) was to come.")
                }
                try await take(piece)
                offset += Int64(piece.readableBytes)
            case .data, .event, .command:
                throw notUnderstood("the transfer begins with something else than a response.")
            }
        }
        try Task.checkCancellation()
        throw FleetClientError.connectionLost(address, reason: "the server closed it before the file was whole")
    }

    private func notUnderstood(_ what: String) -> FleetClientError {
        .notUnderstood(address, what)
    }
}
