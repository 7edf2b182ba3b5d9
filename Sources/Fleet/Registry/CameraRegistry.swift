public import Archive
public import FleetModel
public import Logging
import NIOCore
import PacketProtocol
public import ServiceLifecycle

/// The fleet: every body that was ever seen, the sessions on them, and what happens. As a service it keeps the bodies
/// tethered until the server stops, and leaves no worker behind.
public actor CameraRegistry: Service {
    /// Everything that happens to bodies.
    public nonisolated let events: EventFeed

    private nonisolated let sessionTable: SessionTable
    nonisolated let tickets: TicketTable
    private nonisolated let spool: Spool
    nonisolated let limits: FleetLimits
    let roster: Roster
    nonisolated let launcher: WorkerLauncher
    nonisolated let logger: Logger

    var bodies: [CameraBody] = []
    /// Bodies that were dropped from the list and still have sessions, which work again when the body comes back.
    var forgotten: [CameraBody] = []
    /// Ids that bodies had before they were opened, and still answer to.
    var provisionalIDs: [String: CameraBody] = [:]
    /// Which body is which.
    var identities: IdentityBook
    /// The ports whose body is open and not attached yet, and who waits for that: one for each opening at most.
    var welcoming: [BodyPort: [CheckedContinuation<Void, Never>]] = [:]
    /// The ports that have a tether, and how to tell it something.
    var tethers: [BodyPort: TetherNotices] = [:]
    nonisolated let turns: OpeningTurns
    private nonisolated let chores: Chores
    /// The shots of several bodies.
    nonisolated let groups: GroupReleases
    nonisolated let sequences: GroupSequences
    /// Under which name shots and images are kept together.
    nonisolated let projects: Projects
    /// The images on their way to the disk.
    nonisolated let ingest: Ingest

    /// A fleet of the bodies in the roster, none of which is tethered before `add` and `run`, and of triggers beside them. Images
    /// that were on their way to the disk when a server ended are saved first, or are wanted again.
    public init(
        roster: Roster, images: ImageArchive, saving: SavingPolicy, launcher: WorkerLauncher, spool: Spool,
        limits: FleetLimits = FleetLimits(), triggers: FleetTriggers = .none, logger: Logger
    ) async throws {
        self.roster = roster
        self.launcher = launcher
        self.spool = spool
        self.limits = limits
        self.logger = logger
        events = EventFeed(capacity: limits.waitingEvents)
        sessionTable = SessionTable(limit: limits.sessions)
        tickets = TicketTable(limits: limits)
        chores = Chores(capacity: limits.waitingBodies)
        let found = try await images.reconcile()
        if !found.finished.isEmpty || found.lost > 0 || found.unreadable > 0 {
            logger.notice(
                "images were on their way when the server ended",
                metadata: [
                    "saved now": "\(found.finished.count)", "to be fetched again": "\(found.lost)",
                    "unreadable": "\(found.unreadable)",
                ])
        }
        projects = try await Projects(roster.projects)
        let companions = CompanionWriting(archive: images, chores: chores, logger: logger)
        ingest = Ingest(
            archive: images, policy: saving, projects: projects, companions: companions, spool: spool, events: events,
            chores: chores, limits: limits, logger: logger)
        groups = try await GroupReleases(
            archive: roster.shots, ingest: ingest, projects: projects, companions: companions, events: events,
            chores: chores, triggers: triggers, limits: limits, logger: logger)
        sequences = GroupSequences(groups: groups, chores: chores, limits: limits)
        turns = OpeningTurns(atOnce: limits.openings, time: limits.openingTurn)
        let entries = try await roster.entries()
        identities = IdentityBook(
            known: Dictionary(entries.map { ($0.id, BodyEvidence($0)) }, uniquingKeysWith: { $1 }),
            shared: try await roster.sharedSerials())
        for entry in entries {
            var info = CameraInfo(
                id: entry.id, cameraNumber: entry.cameraNumber, name: entry.displayName, model: entry.model,
                manufacturer: entry.manufacturer, serial: entry.serial, port: entry.lastPort, state: .unplugged)
            info.take(entry)
            bodies.append(CameraBody(info: info, events: events, limits: limits))
        }
    }

    // MARK: The service

    /// Keeps every body tethered until the server stops; then ends the workers, and waits until they are gone.
    public func run() async throws {
        let chores = self.chores
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await chores.run() }
                group.addTask { await self.ingest.room.run() }
                group.addTask { self.groups.companions.write() }
                group.addTask {
                    await self.ingest.copies.run { image in
                        _ = chores.add { await self.deleteFromCard(image) }
                    }
                }
            }
        }
    }

    // MARK: Bodies

    /// CAMERA_INFO of every body, in order of camera_number.
    public func list() -> [CameraInfo] {
        bodies.map(\.info).sorted { $0.cameraNumber < $1.cameraNumber }
    }

    /// The body of that number, id or else name.
    ///
    /// Throws Invalid_Parameter when there is none.
    func body(_ reference: CameraReference) throws(FleetError) -> CameraBody {
        switch reference {
        case .number(let number):
            if let body = bodies.first(where: { $0.info.cameraNumber == number }) { return body }
        case .named(let name):
            let found =
                bodies.first { $0.info.id.rawValue == name } ?? provisionalIDs[name]
                ?? bodies.first { $0.info.name == name }
            if let found { return found }
        }
        throw FleetError(
            .invalidParameter, "No camera is called \(reference); the list of cameras tells which there are.")
    }

    var leastFreeNumber: Int {
        let taken = Set(bodies.map(\.info.cameraNumber))
        return (1...).first { !taken.contains($0) } ?? 1
    }

    /// Has something done for as long as the service runs; false when too much waits.
    func addChore(_ chore: @escaping Chores.Chore) -> Bool { chores.add(chore) }

    /// Sessions on a body that turned out to be another one.
    func moveSessions(from body: CameraBody, to known: CameraBody) {
        for session in sessionTable.sessions(of: body) { session.move(to: known) }
    }

    /// Tells everybody.
    nonisolated func tell(_ event: FleetEvent) {
        events.publish(event)
    }

    // MARK: Sessions

    /// INIT_CAMERA_MODEL: a session on a body, whatever its state.
    ///
    /// Throws Invalid_Parameter when there is no such body, Too_Many when no more sessions are taken.
    public func openSession(on reference: CameraReference, for client: ClientID) throws(FleetError) -> Session {
        let body = try body(reference)
        return try sessionTable.open { id in
            Session(
                id: id, client: client, body: body, tickets: tickets, spool: spool, chores: chores, ingest: ingest,
                limits: limits)
        }
    }

    /// Ends a session, its commands, streams and tickets.
    public nonisolated func close(_ session: Session) async {
        sessionTable.remove(session.id)
        await session.close()
    }

    /// The living session of that number, for the ports that have no sessions of their own.
    ///
    /// Throws Session_Not_Open.
    public nonisolated func session(_ id: UInt32) throws(FleetError) -> Session {
        guard let session = sessionTable.session(id) else {
            throw FleetError(.sessionNotOpen, "No session \(id) is open.")
        }
        return session
    }

    /// The stream of a live view ticket, which is good for one.
    ///
    /// Throws Session_Not_Open for a ticket of another session, Invalid_Parameter for one that is none.
    public nonisolated func takeStream(_ ticket: String, for session: Session) throws(FleetError) -> LiveViewStream {
        try tickets.takeStream(ticket, session: session.id)
    }

    /// The upload of a ticket.
    ///
    /// Throws Session_Not_Open for a ticket of another session, Invalid_Parameter for one that is none.
    public nonisolated func upload(_ ticket: String, for session: Session) throws(FleetError) -> Upload {
        try tickets.upload(ticket, session: session.id)
    }

    /// The download of a ticket.
    ///
    /// Throws Session_Not_Open for a ticket of another session, Invalid_Parameter for one that is none.
    public nonisolated func download(_ ticket: String, for session: Session) throws(FleetError) -> Download {
        try tickets.download(ticket, session: session.id)
    }
}
