import Archive
public import FleetModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Which body it is that was opened, and what the roster knows of it, where that could be read.
struct Identity: Sendable {
    let id: BodyID
    let entry: RosterEntry?
}

/// One body of the fleet, for as long as the server runs: its identity, its state, and the commands that wait for it. It
/// outlives its worker and its cable; a `Tether` attaches the worker's link when the body is open, and detaches it.
///
/// Actors are reentrant, so the order of commands is kept by an explicit queue that one task, `runCommands`, takes from.
public actor CameraBody {
    typealias Answer = Result<LinkAnswer, FleetError>

    /// The body as everybody sees it now, to be read without waiting for the actor.
    public nonisolated var info: CameraInfo { face.info }
    /// What everybody sees of the body, and who holds its lock.
    nonisolated let face: BodyFace
    nonisolated let liveView: LiveViewFeed
    /// Its place in shots.
    nonisolated let seat = ReleaseSeat()

    private let limits: FleetLimits

    private var queue: BodyQueue<CommandTicket>
    private var running: (key: WorkKey, transaction: UInt32, ticket: CommandTicket)?
    private var link: WorkerLink?
    private var commandWaiter: CheckedContinuation<Void, Never>?
    /// Who waits for the driver to have done with what runs.
    private var settleWaiters: [CheckedContinuation<Void, Never>] = []
    /// Whether the worker is being ended because a client wants the body opened anew.
    private(set) var isResetting = false
    /// How many wait for the end of a reset, and how many may.
    private var resets = 0
    private static let mostResets = 64
    /// Whether the driver remembers what is not so any more.
    private var isOutdated = false
    /// Whether a release is on its way to the body: commands wait until it has left.
    private var isReleasing = false
    private let openings = OpeningWaiters()
    private var notices: TetherNotices?

    init(info: CameraInfo, events: EventFeed, limits: FleetLimits) {
        face = BodyFace(info, events: events)
        liveView = LiveViewFeed(limits: limits)
        self.limits = limits
        queue = BodyQueue(capacity: limits.waitingCommands)
    }

    // MARK: Commands

    /// Has the body do something when its turn comes, and gives what it answered.
    ///
    /// Throws what the body or its driver said; Camera_Unplugged or Camera_Fault at once while it cannot be reached;
    /// Transaction_Cancelled after `cancel`, or when `isCancelled` says so before; Timed_Out, also where the body was not
    /// open within the time of a command; Too_Many when the queue is full.
    func perform(
        _ work: BodyWork, for key: WorkKey, unless isCancelled: @Sendable () -> Bool = { false }
    ) async throws(FleetError) -> LinkAnswer {
        if let refusal { throw refusal }
        guard !isCancelled() else { throw Self.cancelled }
        if link == nil { queue.drop { $0.isAnswered } }
        let answer = await withCheckedContinuation { continuation in
            let ticket = CommandTicket(continuation)
            if queue.append(.init(key: key, work: work, ticket: ticket)) {
                if link == nil { limitOpening(ticket) }
                wakeCommands()
            } else {
                ticket.answer(
                    .failure(FleetError(.tooMany, "\(limits.waitingCommands) commands wait for this body already.")))
            }
        }
        return try answer.get()
    }

    /// Has a command wait for the body to be open no longer than a command may run.
    private func limitOpening(_ ticket: CommandTicket) {
        let limit = limits.commandTime
        ticket.limitWait(
            to: limit,
            FleetError(
                .timedOut, "\(info.name) was not open after \(limit.formattedSeconds); it is still being tried."))
    }

    /// Ends the commands that match with Transaction_Cancelled: what waits is dropped, what runs is answered now and stopped
    /// as soon as the driver can.
    func cancel(
        _ error: FleetError = CameraBody.cancelled, onlyWaiting: Bool = false,
        where matches: @Sendable (WorkKey) -> Bool
    ) {
        for entry in queue.remove(where: matches) { entry.ticket.answer(.failure(error)) }
        if !onlyWaiting, let current = running, matches(current.key), current.ticket.answer(.failure(error)) {
            link?.cancel(current.transaction)
        }
    }

    /// Returns when the driver has done with a command that matches, if it runs one.
    func waitUntilSettled(where matches: @Sendable (WorkKey) -> Bool) async {
        guard let current = running, matches(current.key) else { return }
        await withCheckedContinuation { settleWaiters.append($0) }
    }

    static let cancelled = FleetError(.transactionCancelled, "The command was stopped before it was done.")

    /// A piece of a download: goes between commands, in the worker's own order.
    func beginBetween(_ work: BodyWork) throws(FleetError) -> EventLoopFuture<LinkAnswer> {
        if let refusal { throw refusal }
        guard let link else {
            throw notYetReady ?? FleetError(.cameraFault, "The body is being opened; try again in a moment.")
        }
        return link.begin(
            LinkRequest(code: work.code, arguments: work.arguments, kind: .background, limit: work.limit)
        ).answer
    }

    /// Sends an armed body its release, ahead of all that waits: nil where there is no worker to send it to. Until
    /// `endRelease` nothing else is sent.
    func beginRelease(_ arguments: FireArguments, limit: Duration) -> (WorkerLink, LinkTransaction)? {
        guard let link else { return nil }
        isReleasing = true
        let request = LinkRequest(
            code: LinkCommand.fire.rawValue, arguments: PacketEncoder.json(arguments), kind: .command, limit: limit)
        return (link, link.begin(request))
    }

    func endRelease() {
        isReleasing = false
        wakeCommands()
    }

    /// Why commands are refused now; nil while they are taken or can wait for the body to be opened.
    nonisolated var refusal: FleetError? {
        let info = self.info
        switch info.state {
        case .ready, .busy, .connecting: return nil
        case .unplugged:
            return FleetError(.cameraUnplugged, "\(info.name) is not connected. Switch it on and check its cable.")
        case .fault:
            return info.error?.fleetError
                ?? FleetError(.cameraFault, "\(info.name) does not answer; it is being opened again.")
        }
    }

    /// Why what cannot wait is refused while the body is being opened.
    nonisolated var notYetReady: FleetError? {
        let info = self.info
        guard info.state == .connecting else { return nil }
        return FleetError(.deviceBusy, "\(info.name) is being opened; try again when it is ready.")
    }

    /// Sends what waits to the worker, one command at a time, until the body is detached from this link.
    func runCommands(on link: WorkerLink) async {
        while let entry = await nextCommand(on: link) {
            let transaction = link.begin(
                LinkRequest(
                    code: entry.work.code, arguments: entry.work.arguments, kind: .command, limit: entry.work.limit))
            running = (entry.key, transaction.id, entry.ticket)
            if entry.work.occupies {
                seat.beginOtherRelease()
                face.change { if $0.state == .ready { $0.state = .busy } }
            }
            let answer: Answer
            do throws(FleetError) {
                answer = .success(try await transaction.answer.result())
            } catch {
                answer = .failure(error)
            }
            if entry.work.occupies, case .success = answer { becomeReady() }
            entry.ticket.answer(answer)
            // After a time limit or a cancellation the driver is still at it: nothing else is sent before it is done.
            try? await transaction.settled.get()
            // A body whose link ended is not ready: what it is then is told where that is seen.
            if entry.work.occupies, link.isSame(as: self.link), link.isOpen { becomeReady() }
            running = nil
            for waiter in settleWaiters { waiter.resume() }
            settleWaiters = []
        }
    }

    private func becomeReady() {
        face.change { if $0.state == .busy { $0.state = .ready } }
    }

    private func nextCommand(on link: WorkerLink) async -> BodyQueue<CommandTicket>.Entry? {
        while link.isSame(as: self.link), !Task.isCancelled {
            if isOutdated, !isReleasing {
                await leave(link, FleetError(.transactionCancelled, "The body is opened anew: its card was changed."))
                return nil
            }
            if !isReleasing, let entry = queue.next() {
                if let refusal = entry.work.toucher.flatMap({ face.refusal(for: $0) }) {
                    entry.ticket.answer(.failure(refusal))
                }
                guard !entry.ticket.isAnswered else { continue }
                return entry
            }
            await withCheckedContinuation { commandWaiter = $0 }
        }
        return nil
    }

    private func wakeCommands() {
        commandWaiter?.resume()
        commandWaiter = nil
    }

    // MARK: The worker's coming and going

    /// The body is open behind this link.
    func attach(_ link: WorkerLink, _ description: BodyDescription, as identity: Identity, port: BodyPort) {
        self.link = link
        isResetting = false
        isOutdated = false
        for ticket in queue.tickets { ticket.endWait() }
        face.change { info in
            info.id = identity.id
            info.provisional = nil
            if let entry = identity.entry { info.take(entry) }
            info.model = description.model
            info.manufacturer = description.manufacturer
            info.serial = description.serial
            info.battery = description.battery
            info.can = description.can
            info.port = port.path
            info.state = .ready
            info.error = nil
        }
        wakeCommands()
        openings.finish(.success(()))
    }

    /// The body is being opened, or looked for, at this port, unless it is open at another one. `notices` is who to tell when
    /// it is to be tried again at once.
    func connect(at port: BodyPort, _ notices: TetherNotices) {
        guard link == nil else { return }
        self.notices = notices
        face.change { info in
            info.port = port.path
            info.state = .connecting
            info.error = nil
        }
    }

    /// The link is gone: what runs was told by the link's end; what waits is told here. A body that was opened at another
    /// port meanwhile is none of this one's business.
    func detach(_ state: BodyState, _ error: FleetError, from port: BodyPort) {
        guard info.port == port.path else { return }
        link = nil
        isResetting = false
        wakeCommands()
        face.change { info in
            info.state = state
            info.error = state == .fault ? ErrorDescription(error) : nil
        }
        for entry in queue.remove(where: { _ in true }) { entry.ticket.answer(.failure(error)) }
        seat.lose(error)
        liveView.end(error)
        openings.finish(.failure(error))
    }

    /// RESET_CAMERA: ends what runs with Transaction_Cancelled, and the worker. The outcome is there when the body is open in
    /// another one, or with what the opening says, or Timed_Out. What waits is done then.
    ///
    /// Throws Camera_Unplugged, and Too_Many where as many wait for it as may.
    func beginReset(in chores: Chores) throws(FleetError) -> Outcome<Void> {
        if info.state == .unplugged, let refusal { throw refusal }
        let opened = Outcome<Void>()
        guard resets < Self.mostResets, chores.add({ await self.reset(opened) }) else {
            throw FleetError(.tooMany, "\(info.name) is being reset by many already.")
        }
        resets += 1
        return opened
    }

    private func reset(_ opened: Outcome<Void>) async {
        defer { resets -= 1 }
        do throws(FleetError) {
            opened.become(.success(try await reset()))
        } catch {
            opened.become(.failure(error))
        }
    }

    private func reset() async throws(FleetError) {
        // It may have gone since.
        if info.state == .unplugged, let refusal { throw refusal }
        let opening = openings.begin(limit: limits.commandTime)
        if let link, !isResetting {
            await leave(
                link, FleetError(.transactionCancelled, "The body is being reset, which ends what it did."))
        } else {
            notices?.nudge()
        }
        try await opening.result()
    }

    /// Has the body opened anew between two commands.
    func reopen() {
        isOutdated = true
        wakeCommands()
    }

    /// Ends what runs, and the worker, so that another one is started.
    private func leave(_ link: WorkerLink, _ error: FleetError) async {
        isResetting = true
        running?.ticket.answer(.failure(error))
        for ticket in queue.tickets { limitOpening(ticket) }
        seat.lose(error)
        liveView.end(error)
        self.link = nil
        wakeCommands()
        face.change { $0.state = .connecting }
        try? await link.close()
    }

    /// What a body that turned out to be this one had waiting.
    func takeOver(_ other: CameraBody) async {
        face.takeLock(from: other.face)
        other.openings.join(openings)
        if link != nil { openings.finish(.success(())) }
        for entry in await other.giveUpCommands() {
            if link != nil { entry.ticket.endWait() }
            guard !queue.append(entry) else { continue }
            entry.ticket.answer(.failure(FleetError(.tooMany, "Too many commands wait for this body.")))
        }
        wakeCommands()
    }

    /// Whether the body is there after all, when another one says that it is this one: it is asked, for `limit` at most, and
    /// counts as there while it is busy.
    func isAnswering(within limit: Duration) async -> Bool {
        let work = BodyWork(code: LinkCommand.check.rawValue, Nothing(), limit: limit)
        do throws(FleetError) {
            _ = try await perform(work, for: WorkKey(session: 0))
            return true
        } catch {
            return error.kind != .cameraUnplugged && error.kind != .cameraFault && error.kind != .timedOut
        }
    }

    /// Leaves a link that answers no more, since the body is open at another port.
    func leaveForAnother() async {
        guard let link else { return }
        self.link = nil
        wakeCommands()
        let error = FleetError(.cameraFault, "The body answers no more here; it is reached another way now.")
        seat.lose(error)
        link.abandon(error)
        await waitUntilSettled { _ in true }
    }

    private func giveUpCommands() -> [BodyQueue<CommandTicket>.Entry] {
        queue.remove { _ in true }
    }

    // MARK: What is known of the body

    /// The roster says something else of it.
    nonisolated func take(_ entry: RosterEntry) {
        face.change { $0.take(entry) }
    }

    /// The worker says something else of it.
    nonisolated func take(_ status: BodyStatus) {
        face.change { $0.battery = status.battery ?? $0.battery }
    }

    /// One session more or less; told to nobody.
    nonisolated func countSessions(by difference: Int) {
        face.note { $0.sessions += difference }
    }

    /// Live view runs or does not; told to nobody.
    nonisolated func note(liveView runs: Bool) {
        face.note { $0.liveView = runs }
    }
}

extension CameraInfo {
    /// Number, name and groups as the roster has them.
    mutating func take(_ entry: RosterEntry) {
        cameraNumber = entry.cameraNumber
        name = entry.displayName
        groups = entry.groups
        releaseOffset = entry.releaseOffset == 0 ? nil : entry.releaseOffset
    }
}
