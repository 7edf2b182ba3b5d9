import Fleet
import FleetTesting
import Glibc
import NIOCore
import NIOPosix
import Testing
import VirtualCamera

/// Whatever befalls a body of a shot, and whenever: no body is released twice, the others are released once, the shot says
/// what happened, and the next one works.
@Suite struct GroupFaultTests {
    /// What befalls the first body.
    enum Blow: CaseIterable {
        case killedWorker, unplugged, silent, busy

        /// Ends when it is done.
        func strike(_ rig: GroupRig) throws -> Task<Void, Never>? {
            switch self {
            case .killedWorker: try rig.fleet.killWorker(of: 0)
            case .unplugged:
                let cable = rig.fleet.rig.listeners[0]
                return Task { await cable.unplug() }
            case .silent: rig.bodies[0].inject(.silent)
            case .busy: rig.bodies[0].inject(.busy)
            }
            return nil
        }

        func mend(_ rig: GroupRig) async throws {
            rig.bodies[0].repair()
            if self == .unplugged { try await rig.fleet.rig.listeners[0].replug() }
        }
    }

    private static let limits = {
        var limits = FleetLimits()
        // Other tests take a small machine for seconds.
        limits.commandTime = .seconds(8)
        limits.driverGrace = .milliseconds(300)
        (limits.releaseTime, limits.imageTime) = (.seconds(8), .seconds(8))
        return limits
    }()

    /// Times against the deadline, in nanoseconds.
    private static let moments = [-100_000_000, -1_000_000, 0, 1_000_000, 30_000_000]

    @Test(
        "No body is released twice, whatever befalls one around the deadline, the shot says it, and the next shot works",
        arguments: Dialect.allCases)
    func aroundTheDeadline(dialect: Dialect) async throws {
        try await GroupRig.run([dialect, dialect], limits: Self.limits) { rig in
            let session = try await rig.client.open(1)
            for blow in Blow.allCases {
                for moment in Self.moments { try await expectHonesty(rig, blow, at: moment, session) }
            }
        }
    }

    private func expectHonesty(_ rig: GroupRig, _ blow: Blow, at moment: Int, _ session: UInt32) async throws {
        let before = rig.releases
        let shot = try await rig.arm()
        let time = GroupRig.now() + 400_000_000
        let struck = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(
            in: .nanoseconds(Int64(time + moment - GroupRig.now()))
        ) { try blow.strike(rig) }
        _ = try await rig.fire(shot, ",\"at\":\(time)")
        try await struck.futureResult.get()?.value
        try await blow.mend(rig)
        let end = try await rig.end(of: shot)
        let releases = zip(rig.releases, before).map { $0 - $1 }
        let when: Comment = "\(blow) at \(moment): \(end)"
        #expect(releases[0] <= 1 && releases[1] == 1, when)
        #expect(end.states[0] != "complete" || releases[0] == 1, when)
        #expect(end.states[0] == "complete" || end["cameras"][0]["error"]["message"].string != nil, when)
        #expect(end.states[1] == "complete", when)
        try await waitUntil("the first body answers again") {
            try await rig.client.ask(0x0900, session: session).code == 0x2001
        }
        let next = try await rig.ask(0x0932, "{\"require_all\":true}")
        #expect(next.json["state"].string == "complete", "after \(when): \(next.told)")
    }
}
