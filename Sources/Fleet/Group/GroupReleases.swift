import Archive
import FleetModel
import Logging
import NIOConcurrencyHelpers
import PacketProtocol

/// The shots of the fleet: those under way, which are held here, and those that are over, which the archive keeps.
///
/// Bounded: a shot is under way while it has a body armed, or waits for what its bodies bring; a body is in two at most.
final class GroupReleases: Sendable {
    private struct State {
        var last: Int64
        var shots: [Int64: GroupShot] = [:]
    }

    let archive: ShotArchive
    let ingest: Ingest
    let projects: Projects
    let companions: CompanionWriting
    let events: EventFeed
    let limits: FleetLimits
    let chores: Chores
    let triggers: FleetTriggers
    let logger: Logger
    private let state: NIOLockedValueBox<State>

    /// Shots that a server left under way when it ended are ended.
    init(
        archive: ShotArchive, ingest: Ingest, projects: Projects, companions: CompanionWriting, events: EventFeed,
        chores: Chores, triggers: FleetTriggers, limits: FleetLimits, logger: Logger
    ) async throws(FleetError) {
        self.archive = archive
        self.ingest = ingest
        self.projects = projects
        self.companions = companions
        self.events = events
        self.chores = chores
        self.triggers = triggers
        self.limits = limits
        self.logger = logger
        try await archive.endThoseUnderWay(
            FleetError(.transactionCancelled, "The server ended before the shot was over."))
        state = NIOLockedValueBox(State(last: try await archive.lastNumber()))
    }

    // MARK: The table

    /// Begins a shot, whose number no other ever had.
    func begin(_ bodies: [CameraBody], for client: ClientID, savesImages: Bool = false) -> GroupShot {
        state.withLockedValue { state in
            state.last += 1
            let shot = GroupShot(
                number: state.last, bodies: bodies, owner: client, savesImages: savesImages, project: projects.current)
            state.shots[shot.number] = shot
            companions.begin(shot: shot.number)
            return shot
        }
    }

    /// A shot that is under way; nil for one that is over, and for one that never was.
    func shotUnderWay(_ number: Int64) -> GroupShot? { state.withLockedValue { $0.shots[number] } }

    /// A shot that is under way.
    ///
    /// Throws Invalid_Parameter for one that is over, or never was.
    func requireUnderWay(_ number: Int64) throws(FleetError) -> GroupShot {
        if let shot = shotUnderWay(number) { return shot }
        let isKnown = state.withLockedValue { (1...max($0.last, 1)).contains(number) && $0.last > 0 }
        throw FleetError(
            .invalidParameter,
            isKnown ? "The shot \(number) is over: arm the bodies again." : "There is no shot \(number).")
    }

    // MARK: What was

    /// GET_SHOT.
    ///
    /// Throws Invalid_Parameter when there is none.
    func shot(_ number: Int64) async throws(FleetError) -> Shot {
        var shot = shotUnderWay(number)?.shot
        if shot == nil { shot = try await archive.shot(number) }
        if let shot { return try await ingest.filled([shot])[0] }
        throw FleetError(.invalidParameter, "There is no shot \(number).")
    }

    /// LIST_SHOTS.
    ///
    /// Throws Invalid_Parameter for a limit below 1, and for a shot that is none.
    func shots(_ arguments: ListShotsArguments) async throws(FleetError) -> [Shot] {
        let limit = arguments.limit ?? Self.shotsOfAPage
        guard limit >= 1 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        if let before = arguments.before { _ = try await shot(before) }
        let project = arguments.project
        if let project { try await projects.archive.require(project) }
        // First: one that ends meanwhile is over in the archive.
        let underWay = state.withLockedValue { $0.shots.values.map(\.shot) }
        let kept = try await archive.shots(
            before: arguments.before, limit: min(limit, Self.mostShotsOfAPage), project: project)
        var shots = Dictionary(kept.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        for shot in underWay where arguments.before.map({ shot.number < $0 }) ?? true {
            guard project == nil || shot.project == project, !(shots[shot.number]?.state.isOver ?? false) else {
                continue
            }
            shots[shot.number] = shot
        }
        var rows = Self.mostCamerasOfAPage
        let page = try await ingest.filled(Array(shots.values)).sorted { $0.number > $1.number }.prefix(
            min(limit, Self.mostShotsOfAPage))
        return Array(
            page.prefix { shot in
                defer { rows -= shot.cameras.count + shot.cameras.reduce(0) { $0 + $1.images.count } }
                return rows > 0
            })
    }

    private static let shotsOfAPage = 100
    /// So that an answer stays below the longest packet.
    private static let mostShotsOfAPage = 1_000
    private static let mostCamerasOfAPage = 20_000

    /// Keeps a shot as it is. A disk that fails costs its record, not the shot.
    func keep(_ shot: Shot, bodies: [ShotBody]? = nil) async {
        // In a task of its own: that of a client who is gone is cancelled, and the database does nothing for such a one.
        let failure = await Task { () -> FleetError? in
            do throws(FleetError) {
                try await archive.keep(shot, bodies: bodies)
                return nil
            } catch {
                return error
            }
        }.value
        guard let failure else { return }
        logger.error("shot not kept", metadata: ["shot": "\(shot.number)", "error": "\(failure)"])
    }

    // MARK: The end

    /// Ends a shot as it is now, and tells everybody once its images are saved, as far as they are to be; whoever waits for
    /// the shot alone is told before.
    @discardableResult
    func end(_ shot: GroupShot) async -> Shot {
        let bodies = await describe(shot)
        let end = shot.becomeOver()
        for part in shot.parts {
            part.body.seat.leave(part)
            part.body.seat.stopCollecting(for: part)
        }
        await keep(end, bodies: bodies)
        if !shot.savesImages { shot.tellEnd() }
        let savings = ingest.savings(of: shot)
        guard !savings.isEmpty else { return await tell(end, of: shot) }
        if shot.savesImages {
            return await tell(await ingest.saved(end, savings), of: shot)
        }
        // A server that ends tells nobody, and saves the rest when it is there again.
        if !chores.add({ [self] in await tell(await ingest.saved(end, savings), of: shot) }) {
            await tell(end, of: shot)
        }
        return end
    }

    /// Nothing more comes of a shot.
    @discardableResult
    private func tell(_ end: Shot, of shot: GroupShot) async -> Shot {
        shot.note(end)
        if shot.savesImages { await keep(end) }
        state.withLockedValue { $0.shots[shot.number] = nil }
        companions.end(shot: shot.number)
        events.publish(.shotComplete(end))
        shot.tellEnd()
        return end
    }

    /// The owner of shots is gone, for this reason: what is armed and what waits is given up.
    func end(of owner: ClientID, _ reason: FleetError) async {
        let shots = state.withLockedValue { state in state.shots.values.filter { $0.owner == owner } }
        for shot in shots { await callOff(shot, reason) }
    }
}
