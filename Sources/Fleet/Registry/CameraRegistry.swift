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
    private nonisolated let tickets: TicketTable
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
    /// Which port's body has an id, of those that are tethered.
    private var holders: [BodyID: BodyPort] = [:]
    /// The ports that have a tether.
    private var ports: Set<BodyPort> = []
    private nonisolated let chores: Chores

    /// A fleet of the bodies in the roster, none of which is tethered before `add` and `run`.
    public init(
        roster: Roster, launcher: WorkerLauncher, spool: Spool, limits: FleetLimits = FleetLimits(),
        logger: Logger
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
        for entry in try await roster.entries() {
            var info = CameraInfo(
                id: entry.id, cameraNumber: entry.cameraNumber, name: entry.displayName, model: entry.model,
                manufacturer: entry.manufacturer, serial: entry.serial, port: entry.lastPort, state: .unplugged)
            info.take(entry)
            bodies.append(CameraBody(info: info, events: events, limits: limits))
        }
    }

    // MARK: The service

    /// Has the body at a port tethered, once the service runs; `model` is what the driver calls it, where that is known.
    public func add(_ port: BodyPort, model: String? = nil) async throws {
        guard ports.insert(port).inserted else {
            throw FleetError(.invalidParameter, "\(port) is given twice; each body is tethered once.")
        }
        if port.isNetwork, let known = bodies.first(where: { $0.info.port == port.path && $0.info.state == .unplugged })
        {
            // Whatever answers there, until it does it is taken for the body that did so last.
            await known.connect(at: port)
            return await start(Tether(at: port, model: model, of: self), known)
        }
        let taken = Set(bodies.map(\.info.cameraNumber))
        let number = try await roster.leastFreeNumber(excluding: taken)
        let id = BodyID(of: [model ?? "", port.path].filter { !$0.isEmpty })
        let info = CameraInfo(
            id: id, provisional: true, cameraNumber: number, name: "camera-\(number)", model: model ?? "",
            port: port.path, state: .connecting)
        let body = CameraBody(info: info, events: events, limits: limits)
        bodies.append(body)
        provisionalIDs[id.rawValue] = body
        await start(Tether(at: port, model: model, of: self), body)
    }

    private func start(_ tether: Tether, _ body: CameraBody) async {
        guard !chores.add({ await tether.run(for: body) }) else { return }
        await body.detach(.fault, FleetError(.tooMany, "Too many bodies came at once; plug this one in again."))
    }

    /// Keeps every body tethered until the server stops; then ends the workers, and waits until they are gone.
    public func run() async throws {
        let chores = self.chores
        await cancelWhenGracefulShutdown { await chores.run() }
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

    /// Finds out which body was opened at a port, and gives it its place in the roster. `found` is the body that the port
    /// had before, or the provisional one.
    func identify(
        _ description: BodyDescription, at port: BodyPort, found: CameraBody
    ) async -> (CameraBody, Identity) {
        let words = Self.words(for: description)
        let socketID = BodyID(of: words + [port.path])
        var id = description.serial.map { BodyID(of: words + [$0]) } ?? socketID
        release(port)
        // A serial number that another body shows tells nothing: the socket decides, and decides again when the other is
        // away, since the roster remembers the body by it.
        let isAmbiguous =
            holders[id] != nil || bodies.contains { $0.info.id == socketID && $0.info.provisional != true }
        if isAmbiguous { id = socketID }
        holders[id] = port
        recall(id, found)
        let known = bodies.first { $0.info.id == id && $0.info.provisional != true }
        let proposed = found.info.cameraNumber
        let entry = await admit(id, description, at: port, proposedNumber: proposed)
        guard let known, known !== found else {
            if found.info.provisional == true || found.info.id == id { return (found, Identity(id: id, entry: entry)) }
            // Another body answers at this address now, one that was never seen.
            let info = CameraInfo(
                id: id, cameraNumber: entry?.cameraNumber ?? leastFreeNumber, name: entry?.displayName ?? id.rawValue,
                model: description.model, port: port.path, state: .connecting)
            let body = CameraBody(info: info, events: events, limits: limits)
            bodies.append(body)
            return (body, Identity(id: id, entry: entry))
        }
        if found.info.provisional == true {
            let provisional = found.info.id.rawValue
            bodies.removeAll { $0 === found }
            provisionalIDs[provisional] = known
            for session in sessionTable.sessions(of: found) { session.move(to: known) }
            await known.takeOver(found)
        }
        return (known, Identity(id: id, entry: entry))
    }

    /// A body that was forgotten comes back: it is listed again, with the sessions that it had.
    private func recall(_ id: BodyID, _ found: CameraBody) {
        guard let body = forgotten.first(where: { $0.info.id == id }) else { return }
        forgotten.removeAll { $0 === body }
        if !bodies.contains(where: { $0 === body || $0.info.id == id && $0.info.provisional != true }) {
            bodies.append(body)
        }
    }

    /// The roster's entry of a body that was opened; nil when the roster fails, which costs the body its name and nothing
    /// else.
    private func admit(
        _ id: BodyID, _ description: BodyDescription, at port: BodyPort, proposedNumber: Int
    ) async -> RosterEntry? {
        do throws(FleetError) {
            return try await roster.admit(
                id: id, model: description.model, manufacturer: description.manufacturer, serial: description.serial,
                port: port.path, proposedNumber: proposedNumber, reservedNumbers: Set(bodies.map(\.info.cameraNumber)))
        } catch {
            logger.error("roster failed", metadata: ["body": "\(id)", "error": "\(error)"])
            return nil
        }
    }

    var leastFreeNumber: Int {
        let taken = Set(bodies.map(\.info.cameraNumber))
        return (1...).first { !taken.contains($0) } ?? 1
    }

    /// The body at a port is gone: one with the same id may come at another.
    func release(_ port: BodyPort) {
        holders = holders.filter { $0.value != port }
    }

    /// Maker and model, without the maker's name twice.
    private static func words(for description: BodyDescription) -> [String] {
        let maker = description.manufacturer
        let first = maker.split(separator: " ").first.map { $0.lowercased() } ?? ""
        let namesMaker = first.isEmpty || description.model.lowercased().hasPrefix(first)
        return namesMaker ? [description.model] : [maker, description.model]
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
                id: id, client: client, body: body, tickets: tickets, spool: spool, chores: chores, limits: limits)
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
