import FleetModel
import Glibc
import PacketProtocol

/// Releases by the server, ARM_GROUP and FIRE_GROUP, with live view on all bodies until they are armed.
struct FleetReleases {
    let server: BenchmarkServer
    /// The bodies' ports, in libgphoto2's words, in the order of their numbers.
    let ports: [String]
    /// Whether the bodies have live view.
    let hasView: Bool

    /// What came of some releases.
    struct Outcome {
        var rounds: [ReleaseRound] = []
        /// How many shots did not end complete.
        var incomplete = 0
        /// How many releases of a body the server itself called late.
        var late = 0
        /// Whether every body's thread was on SCHED_FIFO.
        var isRealtime = true
    }

    /// How long a frame of live view, and the images of the last shot, are waited for.
    private static let patience = Duration.seconds(10)

    /// Releases all bodies so often.
    func release(_ count: Int) throws -> Outcome {
        let connection = try server.connect()
        let cameras = try connection.ask(.getCamerasList, Nothing(), CameraList.self).cameras
        var numbers: [BodyID: Int] = [:]
        for camera in cameras {
            if let place = ports.firstIndex(of: camera.port) { numbers[camera.id] = place + 1 }
        }
        guard numbers.count == ports.count else {
            throw BenchmarkFailure("The server has other bodies than it should.")
        }
        let target = GroupTarget.cameras(numbers.keys.map { .named($0.rawValue) })
        let audience = Audience()
        let sessions = hasView ? try watch(numbers, connection, audience) : []
        var outcome = Outcome()
        var last: Int64 = 0
        for _ in 0..<count {
            try awaitFrames(audience)
            let armed = try connection.ask(
                .armGroup, ArmGroupArguments(target: target, requireAll: true), ArmedGroup.self)
            if let camera = armed.cameras.first(where: { !$0.isArmed }) {
                throw BenchmarkFailure("\(camera.id.rawValue) could not be armed: \(camera.error?.message ?? "")")
            }
            let shot = try connection.ask(.fireGroup, FireGroupArguments(shot: armed.shot), Shot.self)
            outcome.rounds.append(try Self.round(shot, numbers))
            outcome.late += shot.cameras.count { $0.isLate == true }
            if shot.cameras.contains(where: { $0.isRealtime == false }) { outcome.isRealtime = false }
            last = shot.number
        }
        try awaitImages(of: last, connection)
        outcome.incomplete = try incomplete(upTo: last, count, connection)
        for session in sessions {
            _ = try connection.ask(.stopLiveView, Nothing(), FramesSent.self, session: session)
        }
        return outcome
    }

    private static func round(_ shot: Shot, _ numbers: [BodyID: Int]) throws -> ReleaseRound {
        guard let firedAt = shot.firedAt else { throw BenchmarkFailure("Shot \(shot.number) was not fired.") }
        var round = ReleaseRound(decision: firedAt, reportedSpread: shot.spread)
        for camera in shot.cameras {
            if let number = numbers[camera.id] { round.departures[number] = camera.releasedAt }
        }
        return round
    }

    // MARK: Live view

    /// Opens live view of every body, and gives the sessions.
    private func watch(
        _ numbers: [BodyID: Int], _ connection: PlainConnection, _ audience: Audience
    ) throws -> [UInt32] {
        try numbers.map { id, number in
            let session = try connection.open(.named(id.rawValue))
            audience.add(
                try LiveViewBenchmark.stream(connection, session, port: server.liveViewPort), of: number)
            return session
        }
    }

    /// Waits until every body has sent a frame since the last release: live view is on again.
    private func awaitFrames(_ audience: Audience) throws {
        guard hasView else { return }
        // What was on its way before the last release is no sign of life.
        try audience.watch(for: .milliseconds(5))
        audience.forget()
        let deadline = ContinuousClock.now + Self.patience
        while audience.bodiesSeen.count < ports.count {
            try audience.watch(for: .milliseconds(10))
            guard ContinuousClock.now < deadline else {
                throw BenchmarkFailure("Live view did not go on within \(Self.patience) of a release.")
            }
        }
    }

    // MARK: Afterwards

    /// Waits until a shot has its images, or gave up waiting for them.
    private func awaitImages(of shot: Int64, _ connection: PlainConnection) throws {
        let deadline = ContinuousClock.now + Self.patience
        while try connection.ask(.getShot, ShotArguments(shot: shot), Shot.self).state == .fired,
            ContinuousClock.now < deadline
        {
            usleep(20_000)
        }
    }

    /// How many of the last shots are not complete.
    private func incomplete(upTo last: Int64, _ count: Int, _ connection: PlainConnection) throws -> Int {
        let shots = try connection.ask(.listShots, ListShotsArguments(limit: count), ShotList.self).shots
        return shots.count { $0.number > last - Int64(count) && $0.state != .complete }
    }
}
