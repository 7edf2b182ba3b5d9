import FleetModel
import NIOConcurrencyHelpers
import NIOCore
public import PacketProtocol

/// What a download ticket stands for: one file of an object on a body, read in pieces, as often as the client likes. In
/// memory there is the piece that is being read, and nothing of what was.
public final class Download: Sendable {
    /// The most bytes of a piece (protocol.md, section 5).
    public static let longestPiece = 1 << 20

    /// The session that it belongs to.
    public let session: UInt32
    /// The size of the whole file, in bytes.
    public let size: Int64
    /// Where a transfer starts that says nothing else.
    public let startOffset: Int64

    private enum Source {
        /// In pieces from the body.
        case body
        /// From a file of the spool.
        case spool(SpoolFile)
        /// Whole into the spool, and from there.
        case bodyWhole
    }

    private struct State {
        var source: Source
        var digest: TransferDigest
        /// How many transfers run.
        var transfers = 0
    }

    private let object: ObjectArguments
    private let body: @Sendable () throws(FleetError) -> CameraBody
    /// The session's end.
    private let ending: Ending
    private let spool: Spool
    private let commandTime: Duration
    private let state: NIOLockedValueBox<State>

    init(
        session: UInt32, object: ObjectArguments, size: Int64, file: SpoolFile?, spool: Spool, limits: FleetLimits,
        ending: Ending, body: @escaping @Sendable () throws(FleetError) -> CameraBody
    ) {
        self.session = session
        self.object = object
        self.size = size
        self.startOffset = object.offset ?? 0
        self.spool = spool
        commandTime = limits.commandTime
        self.ending = ending
        self.body = body
        state = NIOLockedValueBox(
            State(source: file.map(Source.spool) ?? .body, digest: TransferDigest(size: size)))
    }

    /// The bytes from `offset` to the end.
    public func pieces(from offset: Int64) -> DownloadPieces { DownloadPieces(of: self, from: offset) }

    /// How long a piece at `offset` is to be.
    func length(at offset: Int64) -> Int { Int(min(Int64(Self.longestPiece), size - offset)) }

    func wrongPiece(of count: Int, at offset: Int64, wanted: Int) -> FleetError {
        FleetError(
            .generalError,
            "\(object.name) should have \(size) bytes; the camera gave \(count) of \(wanted) at \(offset).")
    }

    /// Takes the bytes at `offset` into the whole file's digest, as far as all before them are in it.
    func count(_ piece: ByteBuffer, at offset: Int64) {
        state.withLockedValue { $0.digest.add(piece, at: offset) }
    }

    /// What the last response of a transfer says: the SHA-256 is there once every byte was read.
    public var result: TransferResult { state.withLockedValue { $0.digest.result } }

    /// The file of the spool that has the bytes; nil where they come in pieces.
    ///
    /// Throws as `store` does.
    func file() async throws(FleetError) -> SpoolFile? {
        switch state.withLockedValue({ $0.source }) {
        case .body: return nil
        case .spool(let file): return file
        case .bodyWhole: return try await store()
        }
    }

    /// A transfer begins.
    public func begin() { state.withLockedValue { $0.transfers += 1 } }

    /// It ended. Once all of a larger file has gone and nobody reads, the spool has nothing of it any more: who takes it up again
    /// makes the body give it again.
    public func end(isWhole: Bool) {
        state.withLockedValue { state in
            state.transfers -= 1
            guard isWhole, size > Self.longestKept, state.transfers == 0, case .spool = state.source else { return }
            state.source = .bodyWhole
        }
    }

    /// The largest file that stays in the spool for as long as its ticket is there, in bytes.
    private static let longestKept: Int64 = 256 << 10

    /// How long a busy body is asked again for the same piece, in nanoseconds.
    var busyTime: Int64 { Int64(commandTime / .nanoseconds(1)) }

    /// Throws when the session is closed.
    func requireSession() throws(FleetError) { _ = try body() }

    /// Asks the body for a piece, which waits for so many others.
    func ask(at offset: Int64, length: Int, behind others: Int) async throws(FleetError) -> EventLoopFuture<LinkAnswer>
    {
        let piece = PieceArguments(folder: object.folder, name: object.name, offset: offset, length: length)
        await (try body()).seat.waitUntilFree(unless: ending)
        // The session may have ended meanwhile, or have another body.
        return try await body().beginBetween(
            BodyWork(code: LinkCommand.readPiece.rawValue, piece, limit: commandTime * (others + 1)))
    }

    /// Has a body that does not give pieces give the whole object into the spool. Under no transaction, so that the end of
    /// the session alone ends it.
    func store() async throws(FleetError) -> SpoolFile {
        try spool.requireRoom(for: size)
        let (file, stored) = try await Self.store(object, from: try body(), in: spool, for: WorkKey(session: session))
        guard stored == size else { throw wrongPiece(of: Int(stored), at: 0, wanted: Int(size)) }
        state.withLockedValue { $0.source = .spool(file) }
        return file
    }

    /// How long the driver may take for a whole object that it does not give in pieces.
    static let storingTime = Duration.seconds(600)

    /// Has the worker write an object's file into the spool, and gives its size.
    static func store(
        _ object: ObjectArguments, from body: CameraBody, in spool: Spool, for key: WorkKey,
        unless isCancelled: @Sendable () -> Bool = { false }
    ) async throws(FleetError) -> (file: SpoolFile, size: Int64) {
        let file = spool.newFile()
        let arguments = StoreObjectArguments(
            folder: object.folder, name: object.name, type: object.type, path: file.path)
        let work = BodyWork(code: LinkCommand.storeObject.rawValue, arguments, limit: storingTime)
        let answer = try await body.perform(work, for: key, unless: isCancelled)
        return (file, try PacketJSON.decode(StoredObject.self, from: answer.json).size)
    }
}

extension Sequence<UInt8> {
    /// The bytes as the wire says them: two digits each.
    var hexadecimal: String {
        map { byte in byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16) }.joined()
    }
}
