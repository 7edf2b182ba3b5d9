import Fleet
import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// The uploads of one connection: whose each data packet is, and what becomes of those that come too late.
///
/// Bounded: as many uploads as commands may be in flight, and the transactions of `rememberedEnds` that ended, whose data
/// may still be on the way; data of one that was forgotten since break the connection.
final class ReceivedUploads: Sendable {
    private static let rememberedEnds = 1024

    /// Where a client's bytes are waited for.
    struct Arrival: Sendable {
        fileprivate let results: AsyncStream<Result<Void, FleetError>>

        /// Returns when the file is whole.
        ///
        /// Throws what was wrong with the data; Transaction_Cancelled when no more come.
        func result() async throws(FleetError) {
            for await result in results { return try result.get() }
            throw FleetError(.transactionCancelled, "The upload was ended before all of it came.")
        }
    }

    private struct Transfer {
        let upload: Upload
        let turn: Upload.Turn
        let session: UInt32
        let arrival: AsyncStream<Result<Void, FleetError>>.Continuation
        var isWhole = false
        var hasSurplus = false
    }

    private struct State {
        var transfers: [UInt32: Transfer] = [:]
        var ended: [UInt32] = []
        var isOver = false
    }

    private let state = NIOLockedValueBox(State())

    /// Begins a transfer of an upload: its data packets are expected from now on, unless the file is whole already.
    ///
    /// Throws Invalid_Parameter when the command's transaction_ID is that of another upload that runs.
    func begin(_ upload: Upload, for packet: PtpPacket) throws(FleetError) -> (Upload.Turn, Arrival) {
        let (results, continuation) = AsyncStream.makeStream(
            of: Result<Void, FleetError>.self, bufferingPolicy: .bufferingOldest(1))
        let id = packet.transactionID
        let (turn, former) = state.withLockedValue { state -> (Upload.Turn?, (@Sendable () -> Void)?) in
            guard state.transfers[id] == nil else { return (nil, nil) }
            let (turn, former) = upload.begin { [weak self] turn in self?.supersede(id, turn) }
            let isWhole = turn.offset == upload.size
            state.transfers[id] = Transfer(
                upload: upload, turn: turn, session: packet.sessionID, arrival: continuation, isWhole: isWhole)
            state.ended.removeAll { $0 == id }
            if isWhole { continuation.yield(.success(())) }
            if isWhole || state.isOver { continuation.finish() }
            return (turn, former)
        }
        guard let turn else {
            throw FleetError(.invalidParameter, "The transaction \(id) is another upload of this connection.")
        }
        former?()
        return (turn, Arrival(results: results))
    }

    /// Another has taken an upload up.
    private func supersede(_ id: UInt32, _ turn: Upload.Turn) {
        let transfer = state.withLockedValue { $0.transfers[id] }
        // Its transaction_ID may be that of another transfer by now.
        if let transfer, transfer.turn == turn { finish(id, of: transfer.upload, .failure(Upload.superseded)) }
    }

    /// Takes a data packet; an error when no upload is or was there that it could be of.
    func take(_ packet: PtpPacket) async -> FramingError? {
        let id = packet.transactionID
        let (transfer, isLate) = state.withLockedValue { ($0.transfers[id], $0.ended.contains(id)) }
        guard let transfer else { return isLate ? nil : .unexpectedType(packet.type.rawValue) }
        var content = packet.content
        let offset = content.readInteger(endianness: .little, as: UInt64.self)
        guard !transfer.isWhole else {
            // Nothing at the end is none too many.
            if offset != UInt64(transfer.upload.size) || content.readableBytes > 0 {
                state.withLockedValue { $0.transfers[id]?.hasSurplus = true }
            }
            return nil
        }
        do throws(FleetError) {
            guard packet.code == CommandCode.uploadFile.rawValue, packet.sessionID == transfer.session, let offset
            else {
                throw FleetError(
                    .invalidParameter, "Data of an upload have its code, its session_ID, an offset and then bytes.")
            }
            let isWhole = try await transfer.upload.take(content, at: Int64(clamping: offset), in: transfer.turn)
            if isWhole { finish(id, of: transfer.upload, .success(())) }
        } catch {
            finish(id, of: transfer.upload, .failure(error))
        }
        return nil
    }

    /// All has come of an upload, or no more is taken.
    func finish(_ id: UInt32, of upload: Upload, _ result: Result<Void, FleetError>) {
        let arrival = state.withLockedValue { state -> AsyncStream<Result<Void, FleetError>>.Continuation? in
            guard state.transfers[id]?.upload === upload else { return nil }
            state.transfers[id]?.isWhole = true
            let arrival = state.transfers[id]?.arrival
            if case .failure = result { Self.end(id, &state) }
            return arrival
        }
        arrival?.yield(result)
        arrival?.finish()
    }

    /// The upload is about to be answered, well or not.
    ///
    /// Throws Invalid_Parameter when more came than its size.
    func close(_ id: UInt32) throws(FleetError) {
        let transfer = state.withLockedValue { state in
            defer { Self.end(id, &state) }
            return state.transfers[id]
        }
        guard transfer?.hasSurplus == true, let upload = transfer?.upload else { return }
        throw FleetError(
            .invalidParameter, "More came than the \(upload.size) bytes that were announced; those are on the body.")
    }

    private static func end(_ id: UInt32, _ state: inout State) {
        if state.transfers.removeValue(forKey: id) != nil { remember(id, &state) }
    }

    private static func remember(_ id: UInt32, _ state: inout State) {
        state.ended.append(id)
        if state.ended.count > rememberedEnds { state.ended.removeFirst() }
    }

    /// An upload was refused before it began: its data may be on the way.
    func refuse(_ id: UInt32) {
        state.withLockedValue { state in
            if state.transfers[id] == nil, !state.ended.contains(id) { Self.remember(id, &state) }
        }
    }

    /// No more data come: what waits for some has come to its end.
    func end() {
        let waiting = state.withLockedValue { state in
            state.isOver = true
            return state.transfers.values.filter { !$0.isWhole }.map(\.arrival)
        }
        for arrival in waiting { arrival.finish() }
    }
}
