public import FleetModel
import NIOConcurrencyHelpers
public import NIOCore
public import PacketProtocol

/// What an upload ticket stands for: a file that comes in pieces into the spool, and goes onto the body when it is whole.
/// In memory there is the piece that is being written. A transfer that broke is taken up again where the spool ends, by
/// another connection too; the former then gets Transaction_Cancelled.
public final class Upload: Sendable {
    /// The most bytes of a file: PTP's sizes have 32 bits, of which the last value means more.
    public static let longest: Int64 = 4_294_967_294

    /// The most characters of UTF-16 in a file's name: PTP's strings have 255 with the NUL at their end.
    static let longestName = 254

    /// One transfer of the file, of which the last that was begun counts.
    public struct Turn: Sendable, Equatable {
        fileprivate let number: UInt64
        /// Where it goes on, in bytes.
        public let offset: Int64
    }

    private struct State {
        var turn: UInt64 = 0
        /// Who is told when another takes the upload up.
        var holder: (@Sendable () -> Void)?
        var digest: TransferDigest
        /// What becomes of the file that is being given to the body.
        var delivery: Outcome<TransferResult>?
        var isDelivered = false
    }

    /// The size of the whole file, in bytes.
    public var size: Int64 { what.size }
    /// The session that it belongs to.
    public var sessionID: UInt32 { session.id }

    private let session: Session
    private let what: UploadArguments
    private let file: SpoolFile
    private let state: NIOLockedValueBox<State>

    init(session: Session, what: UploadArguments, file: SpoolFile) {
        self.session = session
        self.what = what
        self.file = file
        state = NIOLockedValueBox(State(digest: TransferDigest(size: what.size)))
    }

    /// Begins a transfer, of which `tell` hears when another takes it up; gives who is to hear that of the former one.
    public func begin(_ tell: @escaping @Sendable (Turn) -> Void) -> (Turn, former: (@Sendable () -> Void)?) {
        state.withLockedValue { state in
            state.turn += 1
            let turn = Turn(number: state.turn, offset: state.isDelivered ? size : state.digest.length)
            defer { state.holder = { tell(turn) } }
            return (turn, state.holder)
        }
    }

    /// Takes the bytes that come next; gives whether the file is whole now.
    ///
    /// Throws Invalid_Parameter for a gap or a surplus, Transaction_Cancelled when another connection has taken the
    /// transfer up, Store_Full when the spool is.
    public func take(_ bytes: ByteBuffer, at offset: Int64, in turn: Turn) async throws(FleetError) -> Bool {
        if let refusal = state.withLockedValue({ refusal(of: bytes, at: offset, in: turn, $0) }) { throw refusal }
        try await file.write(bytes, at: offset)
        let isWhole = state.withLockedValue { state -> Bool? in
            // What a former transfer wrote late, the one that took it up writes again.
            guard state.turn == turn.number else { return nil }
            state.digest.add(bytes, at: offset)
            return state.digest.length == size
        }
        guard let isWhole else { throw Self.superseded }
        return isWhole
    }

    private func refusal(of bytes: ByteBuffer, at offset: Int64, in turn: Turn, _ state: State) -> FleetError? {
        guard state.turn == turn.number else { return Self.superseded }
        guard offset == state.digest.length else {
            return FleetError(
                .invalidParameter, "Data came for byte \(offset), where byte \(state.digest.length) is the next.")
        }
        guard Int64(bytes.readableBytes) <= size - state.digest.length else {
            return FleetError(.invalidParameter, "More came than the \(size) bytes of \(what.name).")
        }
        return nil
    }

    /// Gives the whole file to the body; once it is there, only says so again. Who comes while it is on its way waits for that.
    ///
    /// Throws what the body says; the file stays, and can be given again with the same ticket.
    public func deliver() async throws(FleetError) -> TransferResult {
        let own = Outcome<TransferResult>()
        let (known, other) = state.withLockedValue { state in
            defer { if !state.isDelivered, state.delivery == nil { state.delivery = own } }
            return (state.isDelivered ? state.digest.result : nil, state.delivery)
        }
        if let known { return known }
        if let other { return try await other.value() }
        let result: Result<TransferResult, FleetError>
        do throws(FleetError) {
            result = .success(try await put())
        } catch {
            result = .failure(error)
        }
        state.withLockedValue { $0.delivery = nil }
        own.become(result)
        return try result.get()
    }

    private func put() async throws(FleetError) -> TransferResult {
        if size == 0 { try await file.write(ByteBuffer(), at: 0) }
        try session.requireAccess()
        let put = PutObjectArguments(folder: what.folder, name: what.name, path: file.path)
        var work = BodyWork(code: LinkCommand.putObject.rawValue, put, limit: Self.deliveryTime)
        work.toucher = session.client
        _ = try await session.body.perform(work, for: WorkKey(session: session.id)) { [session] in session.isClosed }
        return state.withLockedValue { state in
            state.isDelivered = true
            file.delete()
            return state.digest.result
        }
    }

    /// How long a driver may take for a file.
    private static let deliveryTime = Duration.seconds(600)

    /// What the former one hears.
    public static let superseded = FleetError(
        .transactionCancelled, "Another connection has taken this upload up; this one is over.")
}
