public import FleetModel
import NIOConcurrencyHelpers
import NIOCore
public import PacketProtocol

/// A client's way to one body (protocol.md, INIT_CAMERA_MODEL). It belongs to the connection that opened it, and to the
/// body, not to its socket: unplugged and plugged in again, the body is behind the same session.
///
/// Its methods do what the commands of the same names say; results that the worker already wrote as JSON are passed on
/// as they are. Keeping the order of a session's commands is its door's business.
public final class Session: Sendable {
    /// The session_ID.
    public let id: UInt32

    /// The connection that it belongs to.
    let client: ClientID

    private struct State {
        var body: CameraBody
        var streams: [ObjectIdentifier: LiveViewStream] = [:]
        var sequences: [CaptureSequence] = []
        /// The commands that were begun, and whether they are to stop.
        var isCancelled: [CommandKey: Bool] = [:]
        /// The commands that were begun and are not answered yet.
        var unanswered: Set<CommandKey> = []
        /// What ends the wait of a command that is not the body's: for the disk, or for the body itself.
        var waits: [UInt64: (command: CommandKey, end: @Sendable (FleetError) -> Void)] = [:]
        var lastWait: UInt64 = 0
        /// Those who wait until a command that they ended was answered.
        var answerWaiters: [CommandKey: [CheckedContinuation<Void, Never>]] = [:]
        var isClosed = false
    }

    /// For what of other connections ends with the session.
    public let ending = Ending()
    private let state: NIOLockedValueBox<State>
    private let tickets: TicketTable
    private let spool: Spool
    let chores: Chores
    let ingest: Ingest
    let limits: FleetLimits

    init(
        id: UInt32, client: ClientID, body: CameraBody, tickets: TicketTable, spool: Spool, chores: Chores,
        ingest: Ingest, limits: FleetLimits
    ) {
        self.id = id
        self.client = client
        self.chores = chores
        self.tickets = tickets
        self.spool = spool
        self.ingest = ingest
        self.limits = limits
        state = NIOLockedValueBox(State(body: body))
        body.countSessions(by: 1)
    }

    /// The body behind the session.
    var body: CameraBody { state.withLockedValue { $0.body } }

    /// CAMERA_INFO as it is now.
    public var camera: CameraInfo { body.info }

    /// The body turned out to be one that was known before.
    func move(to other: CameraBody) {
        let before = state.withLockedValue { state in
            defer { state.body = other }
            return state.body
        }
        before.countSessions(by: -1)
        other.countSessions(by: 1)
    }

    /// DOWNLOAD_IMAGE: a ticket for port 6666.
    public func downloadTicket(
        _ arguments: ObjectArguments, transaction: UInt32, port: Int
    ) async throws(FleetError) -> DownloadTicket {
        let answer = try await command(.downloadImage, arguments, transaction)
        let description = try PacketJSON.decode(ObjectDescription.self, from: answer)
        var size = description.size
        var file: SpoolFile?
        if arguments.type != .normal {
            let key = WorkKey(session: id, transaction: transaction)
            (file, size) = try await Download.store(arguments, from: body, in: spool, for: key) { [self] in
                isOver(.inTurn(transaction))
            }
        }
        guard (0...size).contains(arguments.offset ?? 0) else {
            throw FleetError(
                .invalidParameter, "The file has \(size) bytes; an offset beyond them has nothing to give.")
        }
        let download = Download(
            session: id, object: arguments, size: size, file: file, spool: spool, limits: limits, ending: ending,
            body: { [state] () throws(FleetError) in
                guard let body = state.withLockedValue({ $0.isClosed ? nil : $0.body }) else { throw Self.closed }
                return body
            })
        guard !isClosed else { throw Self.closed }
        let ticket = try tickets.issue(download)
        try forgetTicketsIfClosed()
        return DownloadTicket(ticket: ticket, size: size, mime: description.mime, port: port)
    }

    /// UPLOAD_FILE: a ticket for port 6666.
    public func uploadTicket(
        _ arguments: UploadArguments, transaction: UInt32, port: Int
    ) async throws(FleetError) -> UploadTicket {
        guard (0...Upload.longest).contains(arguments.size) else {
            throw FleetError(
                .invalidParameter, "size must be from 0 to \(Upload.longest) bytes, the most that PTP takes.")
        }
        guard !arguments.name.isEmpty, !arguments.name.contains("/"), arguments.folder.hasPrefix("/") else {
            throw FleetError(.invalidParameter, "A file has a name without slashes, in a folder that begins with one.")
        }
        guard arguments.name.utf16.count <= Upload.longestName else {
            throw FleetError(
                .invalidParameter,
                "A file's name has at most \(Upload.longestName) characters, the most that PTP takes.")
        }
        try require(.upload, "take files")
        try requireAccess()
        let work = BodyWork(code: LinkCommand.checkUpload.rawValue, arguments, limit: limits.commandTime)
        _ = try await perform(work, transaction)
        try spool.requireRoom(for: arguments.size)
        guard !isClosed else { throw Self.closed }
        let upload = Upload(session: self, what: arguments, file: spool.newFile())
        let ticket = try tickets.issue(upload, session: id)
        try forgetTicketsIfClosed()
        return UploadTicket(ticket: ticket, port: port)
    }

    /// START_LIVE_VIEW: a ticket for port 4444.
    public func liveViewTicket(
        _ arguments: StartLiveViewArguments, transaction: UInt32, port: Int
    ) async throws(FleetError) -> LiveViewTicket {
        if let rate = arguments.maximumFramesPerSecond, !(rate >= 0.01 && rate <= 1000) {
            throw FleetError(.invalidParameter, "max_fps must be from 0.01 to 1000.")
        }
        if camera.state != .ready, camera.state != .busy { _ = try await check(transaction: transaction) }
        try require(.preview, "give live view")
        guard !isClosed else { throw Self.closed }
        guard state.withLockedValue({ $0.streams.count }) < limits.streams else {
            throw tooManyStreams
        }
        let stream = LiveViewStream(session: id, maximumFramesPerSecond: arguments.maximumFramesPerSecond)
        let ticket = try tickets.issue(stream)
        try forgetTicketsIfClosed()
        return LiveViewTicket(ticket: ticket, port: port)
    }

    /// Starts the stream of a ticket: whoever redeems it sets where frames go first, by `deliver`.
    ///
    /// Throws Too_Many when as many run as may: a session can hold tickets for more.
    public func startLiveView(_ stream: LiveViewStream) throws(FleetError) {
        let (isOpen, hasPlace) = state.withLockedValue { state in
            let hasPlace = state.streams.count < limits.streams
            if !state.isClosed, hasPlace { state.streams[ObjectIdentifier(stream)] = stream }
            return (!state.isClosed, hasPlace)
        }
        guard isOpen else { throw Self.closed }
        guard hasPlace else { throw tooManyStreams }
        stream.onEnd { [weak self, weak stream] in
            guard let stream else { return }
            self?.state.withLockedValue { _ = $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
        }
        let body = self.body
        switch body.info.state {
        case .unplugged:
            stream.end(FleetError(.cameraUnplugged, "\(body.info.name) is not connected."))
        case .fault:
            stream.end(body.info.error?.fleetError ?? FleetError(.cameraFault, "\(body.info.name) does not answer."))
        case .connecting, .ready, .busy:
            body.liveView.add(stream)
        }
    }

    private var tooManyStreams: FleetError {
        FleetError(.tooMany, "\(limits.streams) streams of this session run already; stop them first.")
    }

    /// STOP_LIVE_VIEW: ends the session's streams, and counts the frames that were sent on them.
    public func stopLiveView() -> FramesSent {
        let streams = state.withLockedValue { Array($0.streams.values) }
        for stream in streams { stream.end(FleetError(.transactionCancelled, "The live view was stopped.")) }
        return FramesSent(frames: streams.reduce(0) { $0 + $1.framesSent })
    }

    // MARK: Sequences

    /// START_SEQUENCE.
    ///
    /// Throws Too_Many when as many run as may.
    public func startSequence(_ arguments: StartSequenceArguments) throws(FleetError) -> StartedSequence {
        guard arguments.count >= 1 else { throw FleetError(.invalidParameter, "count must be at least 1.") }
        guard (0...86_400).contains(arguments.intervalSeconds) else {
            throw FleetError(.invalidParameter, "interval_seconds must be from 0 to 86400.")
        }
        let how = try capture(
            CaptureImageArguments(bulbSeconds: arguments.bulbSeconds, download: arguments.download))
        try requireAccess()
        if let refusal = body.refusal { throw refusal }
        try ingest.requireRoom(for: [body], isAsked: arguments.download ?? false)
        guard !isClosed else { throw Self.closed }
        let sequence = CaptureSequence(
            id: CaptureSequence.nextID(), session: self, release: how, isBulb: arguments.bulbSeconds != nil,
            savesImages: arguments.download ?? false, count: arguments.count,
            interval: .seconds(arguments.intervalSeconds))
        let isTaken = state.withLockedValue { state in
            guard !state.isClosed, state.sequences.count(where: { !$0.isFinished }) < limits.sequences else {
                return false
            }
            // Those that ended are kept so that STOP_SEQUENCE can say what they took.
            if state.sequences.count >= limits.finishedSequences,
                let old = state.sequences.firstIndex(where: \.isFinished)
            {
                state.sequences.remove(at: old)
            }
            state.sequences.append(sequence)
            return true
        }
        guard isTaken else {
            throw FleetError(.tooMany, "\(limits.sequences) sequences of this session run already; stop one first.")
        }
        guard chores.add({ await sequence.run() }) else {
            state.withLockedValue { $0.sequences.removeAll { $0 === sequence } }
            throw FleetError(.tooMany, "The server runs as many sequences as it can.")
        }
        return StartedSequence(sequence: sequence.id)
    }

    /// STOP_SEQUENCE: returns when the sequence releases nothing any more.
    ///
    /// Throws Invalid_Parameter for a sequence that is none of the session's.
    public func stopSequence(_ arguments: SequenceArguments) async throws(FleetError) -> TakenResult {
        guard let sequence = state.withLockedValue({ $0.sequences.first { $0.id == arguments.sequence } }) else {
            throw FleetError(.invalidParameter, "No sequence \(arguments.sequence) was started by this session.")
        }
        return TakenResult(taken: await sequence.stop())
    }

    // MARK: The end of commands, and of the session

    /// A command of a client begins; `cancel` finds it from now on, wherever it is.
    public func begin(_ command: CommandKey) {
        state.withLockedValue { state in
            state.isCancelled[command] = false
            state.unanswered.insert(command)
        }
    }

    /// It is about to be answered.
    public func finish(_ command: CommandKey) {
        state.withLockedValue { $0.isCancelled[command] = nil }
    }

    /// It was answered.
    public func answered(_ command: CommandKey) {
        let waiters = state.withLockedValue { state in
            state.unanswered.remove(command)
            return state.answerWaiters.removeValue(forKey: command) ?? []
        }
        for waiter in waiters { waiter.resume() }
    }

    /// CANCEL: ends one command of the session with Transaction_Cancelled, if it still runs, and returns when that was
    /// answered.
    public func cancel(transaction: UInt32) async {
        await cancel(.reset(transaction))
        await cancel(.inTurn(transaction))
    }

    private func cancel(_ command: CommandKey) async {
        let (isRunning, waits) = state.withLockedValue { state in
            if state.isCancelled[command] != nil { state.isCancelled[command] = true }
            return (state.isCancelled[command] != nil, state.waits.values.filter { $0.command == command })
        }
        guard isRunning else { return }
        for wait in waits { wait.end(CameraBody.cancelled) }
        if case .inTurn(let transaction) = command {
            await body.cancel { [id] in $0.session == id && $0.transaction == transaction }
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLockedValue { state in
                if state.isClosed || !state.unanswered.contains(command) { return true }
                state.answerWaiters[command, default: []].append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// CLOSE_SESSION: ends its commands, sequences, streams and tickets, and its lock.
    public func close() async {
        let isFirst = state.withLockedValue { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        tickets.end(.session(id))
        let (streams, sequences, waits, waiters) = state.withLockedValue { state in
            // A sequence holds its session: kept any longer, each would keep the other for good.
            defer { (state.answerWaiters, state.sequences) = ([:], []) }
            return (
                Array(state.streams.values), state.sequences, Array(state.waits.values),
                state.answerWaiters.values.flatMap(\.self)
            )
        }
        for wait in waits { wait.end(Self.closed) }
        ending.come(Self.closed)
        for waiter in waiters { waiter.resume() }
        for stream in streams { stream.end(FleetError(.transactionCancelled, "The session was closed.")) }
        for sequence in sequences { sequence.requestStop() }
        await body.cancel { [id] in $0.session == id }
        body.face.unlock(session: id)
        body.countSessions(by: -1)
    }

    /// A ticket may have been made while the session was closed.
    private func forgetTicketsIfClosed() throws(FleetError) {
        guard isClosed else { return }
        tickets.end(.session(id))
        throw Self.closed
    }

    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    static let closed = FleetError(.transactionCancelled, "The session was closed.")

    // MARK: What its commands are made of

    func command(
        _ code: CommandCode, _ arguments: some Encodable, _ transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await perform(BodyWork(code, arguments, limit: limits.commandTime), transaction).json
    }

    /// The same, of a command that another's lock forbids.
    func touch(
        _ code: CommandCode, _ arguments: some Encodable, _ transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try requireAccess()
        var work = BodyWork(code, arguments, limit: limits.commandTime)
        work.toucher = client
        return try await perform(work, transaction).json
    }

    func perform(_ work: BodyWork, _ transaction: UInt32) async throws(FleetError) -> LinkAnswer {
        let key = WorkKey(session: id, transaction: transaction)
        return try await body.perform(work, for: key) { [self] in isOver(.inTurn(transaction)) }
    }

    /// Whether a command was cancelled, or its session closed.
    func isOver(_ command: CommandKey) -> Bool {
        state.withLockedValue { $0.isClosed || $0.isCancelled[command] == true }
    }

    /// Waits for what is not the body's to give, until the command is cancelled or the session closed.
    func wait<Value>(for outcome: Outcome<Value>, _ command: CommandKey) async throws(FleetError) -> Value {
        let first = Outcome<Value>()
        let number = state.withLockedValue { state -> UInt64? in
            guard !state.isClosed, state.isCancelled[command] != true else { return nil }
            state.lastWait += 1
            let end: @Sendable (FleetError) -> Void = { first.become(.failure($0)) }
            state.waits[state.lastWait] = (command, end)
            return state.lastWait
        }
        guard let number else { throw CameraBody.cancelled }
        defer { state.withLockedValue { $0.waits[number] = nil } }
        outcome.whenKnown { first.become($0) }
        return try await first.value()
    }

    /// Refuses what the body cannot do, where it is known what it can.
    func require(_ capability: Capability, _ words: String) throws(FleetError) {
        let camera = self.camera
        guard camera.state == .ready || camera.state == .busy, !camera.can.contains(capability) else { return }
        throw FleetError(.operationNotSupported, "\(camera.name) cannot \(words) through its driver.")
    }

    /// Refuses what another connection's lock keeps from everybody else (protocol.md, LOCK_CAMERA).
    func requireAccess() throws(FleetError) {
        try body.face.requireAccess(for: client)
    }
}
