import NIOCore
public import PacketProtocol

/// The transfer of one file to port 6666 (protocol.md, section 5). Every connection goes on where the server says that
/// it is, so a broken one is taken up again with the same ticket.
public struct UploadStream: Sendable {
    /// The most bytes of the file in one data packet.
    static let longestPiece = 262_144

    private static let transactionID: UInt32 = 1

    private let address: ServerAddress
    private let sessionID: UInt32
    private let ticket: String

    /// A transfer.
    ///
    /// - Parameters:
    ///   - address: the server's host, and the port that came with the ticket.
    ///   - sessionID: the session that the ticket is of.
    ///   - ticket: what UPLOAD_FILE gave.
    public init(address: ServerAddress, sessionID: UInt32, ticket: String) {
        self.address = address
        self.sessionID = sessionID
        self.ticket = ticket
    }

    /// Sends a file whose size was said for the ticket, and waits until the body has it.
    ///
    /// A piece is read when the one before has gone out: a slow server slows the reading down, and no more than two
    /// pieces are in memory. A broken connection is taken up again where the server says, up to `attempts` times in a
    /// row without progress between.
    /// - Parameters:
    ///   - path: the file on this machine.
    ///   - attempts: how many new connections are tried in a row.
    ///   - progress: told how many bytes are sent, after each piece.
    /// - Throws: `FleetClientError`: unreachable, refused, connectionLost, notUnderstood, cancelled; file, when it
    ///   cannot be read, changed meanwhile, or arrived as something else.
    public func send(
        contentsOf path: String, attempts: Int = 5, progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws(FleetClientError) -> TransferResult {
        try await send(try LocalFile(path), attempts: attempts, progress: progress)
    }

    func send(
        _ file: LocalFile, attempts: Int = 5, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(FleetClientError) -> TransferResult {
        var failures = 0
        var held: Int64 = -1
        while true {
            let before = held
            do throws(FleetClientError) {
                let result = try await connect { (stream) async throws -> TransferResult in
                    var stream = stream
                    held = try await stream.open(size: file.size)
                    progress(held)
                    return try await stream.send(file, from: held, progress: progress)
                }
                return try await check(result, file)
            } catch  where error.isBrokenConnection {
                failures = held > before ? 1 : failures + 1
                guard failures <= attempts else { throw error }
                // The first new connection is tried at once; the later ones after 0.2, 0.4, 0.8 … seconds.
                guard failures > 1 else { continue }
                do {
                    try await Task.sleep(for: .milliseconds(100 << min(failures - 1, 5)))
                } catch {
                    throw .cancelled
                }
            }
        }
    }

    private func check(_ result: TransferResult, _ file: LocalFile) async throws(FleetClientError) -> TransferResult {
        let sha256 = try await file.sha256()
        guard result.size == file.size, result.sha256.map({ $0.lowercased() == sha256 }) ?? true else {
            throw .file("\(file.path) was damaged on its way (it is not what the server says it got). Send it again.")
        }
        return TransferResult(size: file.size, sha256: sha256)
    }

    private func connect(
        _ work: (UploadConnection) async throws -> TransferResult
    ) async throws(FleetClientError) -> TransferResult {
        let limits = PacketLimits(command: nil, data: nil, answer: DownloadStream.longestPacket)
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
                        type: .command, code: CommandCode.uploadFile.rawValue, sessionID: sessionID,
                        transactionID: Self.transactionID, json: TicketArguments(ticket: ticket)))
                return try await work(
                    UploadConnection(
                        address: address, sessionID: sessionID, transactionID: Self.transactionID,
                        channel: channel.channel, packets: inbound.makeAsyncIterator(), outbound: outbound))
            }
        } catch let error as FleetClientError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch let error as FramingError {
            throw .notUnderstood(address, error.message)
        } catch {
            throw Task.isCancelled ? .cancelled : .connectionLost(address, reason: Dial.reason(of: error))
        }
    }
}
