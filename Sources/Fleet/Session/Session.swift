public import FleetModel
import NIOConcurrencyHelpers
public import NIOCore
public import PacketProtocol

/// A client's way to one body (protocol.md, INIT_CAMERA_MODEL). It belongs to the connection that opened it, and to the
/// body, not to its socket: unplugged and plugged in again, the body is behind the same session.
///
/// Its methods do what the commands of the same names say; results that the worker already wrote as JSON are passed on
/// as they are. Keeping the order of a session's commands is its door's business.
public final class Session: Sendable {
    /// The session_ID.
    public let id: UInt32

    private struct State {
        var body: CameraBody
        var streams: [ObjectIdentifier: LiveViewStream] = [:]
        var isClosed = false
    }

    private let state: NIOLockedValueBox<State>
    private let tickets: TicketTable
    private let spool: Spool
    private let limits: FleetLimits

    init(id: UInt32, body: CameraBody, tickets: TicketTable, spool: Spool, limits: FleetLimits) {
        self.id = id
        self.tickets = tickets
        self.spool = spool
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

    /// CHECK_CONNECTION_TO_CAMERA: CAMERA_INFO after a real exchange with the body.
    public func check(transaction: UInt32) async throws(FleetError) -> CameraInfo {
        let work = BodyWork(code: LinkCommand.check.rawValue, Nothing(), limit: limits.commandTime)
        let answer = try await perform(work, transaction)
        if let status = try? PacketJSON.decode(BodyStatus.self, from: answer.json) { await body.take(status) }
        return camera
    }

    /// CAPTURE_IMAGE.
    public func captureImage(
        _ arguments: CaptureImageArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        var limit = limits.commandTime
        for (name, seconds) in [
            ("bulb_seconds", arguments.bulbSeconds), ("time_limit_seconds", arguments.timeLimitSeconds),
        ] {
            guard let seconds else { continue }
            guard seconds > 0, seconds <= 86_400 else {
                throw FleetError(.invalidParameter, "\(name) must be more than 0 and at most 86400.")
            }
        }
        guard arguments.download != true else {
            throw FleetError(
                .operationNotSupported,
                "This server saves no images by itself yet: download them with DOWNLOAD_IMAGE.")
        }
        if let seconds = arguments.timeLimitSeconds {
            limit = .seconds(seconds)
        } else if let seconds = arguments.bulbSeconds {
            limit += .seconds(seconds)
        }
        try require(.capture, "take pictures")
        if arguments.bulbSeconds != nil { try require(.bulb, "expose for a given time") }
        var work = BodyWork(.captureImage, arguments, limit: limit)
        work.priority = .release
        work.occupies = true
        return try await perform(work, transaction).json
    }

    /// GET_WIDGET_CURRENT_VAL.
    public func widgetValue(
        _ arguments: WidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.getWidgetCurrentValue, arguments, transaction)
    }

    /// GET_WIDGET_POSSIBLE_VALS.
    public func widgetChoices(
        _ arguments: WidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.getWidgetPossibleValues, arguments, transaction)
    }

    /// SET_WIDGET_NEW_VAL.
    public func setWidget(
        _ arguments: SetWidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.setWidgetNewValue, arguments, transaction)
    }

    /// LIST_WIDGETS.
    public func widgets(
        _ arguments: ListWidgetsArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.listWidgets, arguments, transaction)
    }

    /// LIST_FILES.
    public func files(
        _ arguments: ListFilesArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        var arguments = arguments
        let limit = arguments.limit ?? Self.filesOfAPage
        guard limit >= 1 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        arguments.limit = min(limit, Self.mostFilesOfAPage)
        return try await command(.listFiles, arguments, transaction)
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
            (file, size) = try await Download.store(arguments, from: body, in: spool, for: key)
        }
        guard (0...size).contains(arguments.offset ?? 0) else {
            throw FleetError(
                .invalidParameter, "The file has \(size) bytes; an offset beyond them has nothing to give.")
        }
        let download = Download(
            session: id, object: arguments, size: size, file: file, spool: spool, limits: limits,
            body: { [state] () throws(FleetError) in
                guard let body = state.withLockedValue({ $0.isClosed ? nil : $0.body }) else { throw Self.closed }
                return body
            })
        guard !isClosed else { throw Self.closed }
        let ticket = try tickets.issue(download)
        try forgetTicketsIfClosed()
        return DownloadTicket(ticket: ticket, size: size, mime: description.mime, port: port)
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
            throw FleetError(.tooMany, "\(limits.streams) streams of this session run already; stop them first.")
        }
        let stream = LiveViewStream(session: id, maximumFramesPerSecond: arguments.maximumFramesPerSecond)
        let ticket = try tickets.issue(stream)
        try forgetTicketsIfClosed()
        return LiveViewTicket(ticket: ticket, port: port)
    }

    /// Starts the stream of a ticket: whoever redeems it sets where frames go first, by `deliver`.
    public func startLiveView(_ stream: LiveViewStream) throws(FleetError) {
        let isOpen = state.withLockedValue { state in
            if !state.isClosed { state.streams[ObjectIdentifier(stream)] = stream }
            return !state.isClosed
        }
        guard isOpen else { throw Self.closed }
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

    /// STOP_LIVE_VIEW: ends the session's streams, and counts the frames that were sent on them.
    public func stopLiveView() -> FramesSent {
        let streams = state.withLockedValue { Array($0.streams.values) }
        for stream in streams { stream.end(FleetError(.transactionCancelled, "The live view was stopped.")) }
        return FramesSent(frames: streams.reduce(0) { $0 + $1.framesSent })
    }

    /// Ends one command of the session with Transaction_Cancelled, if it still runs.
    public func cancel(transaction: UInt32) async {
        await body.cancel(session: id, transaction: transaction)
    }

    /// CLOSE_SESSION: ends its commands, streams and tickets.
    public func close() async {
        let isFirst = state.withLockedValue { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        tickets.end(session: id)
        for stream in state.withLockedValue({ Array($0.streams.values) }) {
            stream.end(FleetError(.transactionCancelled, "The session was closed."))
        }
        await body.cancel(session: id)
        body.countSessions(by: -1)
    }

    private static let filesOfAPage = 10_000
    /// So that an answer stays below the longest packet; `more` tells that the page was cut.
    private static let mostFilesOfAPage = 20_000

    /// A ticket may have been made while the session was closed.
    private func forgetTicketsIfClosed() throws(FleetError) {
        guard isClosed else { return }
        tickets.end(session: id)
        throw Self.closed
    }

    private var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    private static let closed = FleetError(.transactionCancelled, "The session was closed.")

    private func command(
        _ code: CommandCode, _ arguments: some Encodable, _ transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await perform(BodyWork(code, arguments, limit: limits.commandTime), transaction).json
    }

    private func perform(_ work: BodyWork, _ transaction: UInt32) async throws(FleetError) -> LinkAnswer {
        guard !isClosed else { throw Self.closed }
        return try await body.perform(work, for: WorkKey(session: id, transaction: transaction))
    }

    /// Refuses what the body cannot do, where it is known what it can.
    private func require(_ capability: Capability, _ words: String) throws(FleetError) {
        let camera = self.camera
        guard camera.state == .ready || camera.state == .busy, !camera.can.contains(capability) else { return }
        throw FleetError(.operationNotSupported, "\(camera.name) cannot \(words) through its driver.")
    }
}
