import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// What else bodies do while they wait for a shot's time, and that their release comes first.
@Suite struct GroupPriorityTests {
    @Test("A body with an offset is used until shortly before its release, and what it brings before is of no shot")
    func beforeTheRelease() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let session = try await rig.client.open(2)
            let watcher = try await rig.watcher("object_added")
            let other = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: other)
            try await other.command(
                0x0931, session: 0, transaction: 1, "{\"shot\":\(shot),\"offsets\":{\"2\":3000000000}}")
            try await waitUntil("the first was released") { try await rig.shot(shot).states == ["released", "armed"] }
            let now = try await rig.shot(shot)
            #expect(now["state"].string == "fired" && now["fired_at"].integer != nil, "\(now)")
            #expect(rig.bodies[1].pressShutter())
            let second = try await rig.ask(0x0902).json["cameras"][1]["id"].string
            _ = try await watcher.packet { $0.json["camera"].string == second }
            #expect(try await rig.client.ask(0x0007, session: session, #"{"widget_id":"iso"}"#).code == 0x2001)
            #expect(try await rig.shot(shot).states[1] == "armed")

            let fired = try await other.packet { $0.type == 3 && $0.transaction == 1 }
            #expect(fired.code == 0x2001 && fired.json.states[1] == "released", "\(fired.told)")
            let end = try await rig.end(of: shot)
            #expect(end.states == ["complete", "complete"], "\(end)")
            #expect(end["cameras"][1]["images"].array.map { $0["name"].string } == [Dialect.nikon.picture(5)])
        }
    }

    @Test("A shot of which some are released goes on when the client that fired it is gone")
    func clientGone() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let other = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: other)
            try await other.command(
                0x0931, session: 0, transaction: 1, "{\"shot\":\(shot),\"offsets\":{\"2\":2000000000}}")
            try await waitUntil("the first was released") { try await rig.shot(shot).states == ["released", "armed"] }
            try await other.reset()
            #expect(try await rig.end(of: shot).states == ["complete", "complete"])
            #expect(rig.releases == [1, 1])
        }
    }

    @Test("CLOSE_CONNECTION does not wait for the images of CAPTURE_GROUP, which is answered before it and goes on")
    func closeWhileImagesAreAwaited() async throws {
        try await GroupRig.run([.nikon], { $0[0].shutterLag = .seconds(3) }) { rig in
            let other = try await rig.fleet.server.client()
            try await other.command(0x0932, session: 0, transaction: 1)
            try await waitUntil("it is released") { rig.releases == [1] }
            try await other.command(0x0999, session: 0, transaction: 2)
            let answers = [try await other.packet(), try await other.packet()]
            #expect(answers.map(\.transaction) == [1, 2] && answers.map(\.code) == [0x201F, 0x2001])
            let shot = try #require(try await rig.ask(0x0940).json["shots"][0]["shot"].integer)
            #expect(try await rig.end(of: shot).states == ["complete"])
        }
    }

    @Test("A body that others ask without a pause is released, once, by every shot")
    func askedWithoutPause() async throws {
        try await GroupRig.run([.nikon]) { rig in
            rig.bodies[0].inject(.slow(.milliseconds(60)).on(.getDevicePropDesc))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    let client = try await rig.fleet.server.client()
                    let session = try await client.open(1)
                    group.addTask {
                        while !Task.isCancelled {
                            let answer = try await client.ask(0x0007, session: session, #"{"widget_id":"iso"}"#)
                            #expect(answer.code == 0x2001, "\(answer.told)")
                        }
                    }
                }
                for _ in 0..<3 {
                    let answer = try await rig.ask(0x0932)
                    #expect(answer.json.states == ["complete"], "\(answer.told)")
                }
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch {
                    // Clients that were stopped in the middle.
                }
            }
            #expect(rig.releases == [3])
        }
    }

    @Test("A command that a busy body is asked again and again lets a release go first")
    func busyCommand() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let session = try await rig.client.open(1)
            let other = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: other)
            let before = rig.bodies[0].transactionCount(.setDevicePropValue)
            rig.bodies[0].inject(.busy.on(.setDevicePropValue))
            try await rig.client.command(
                0x0009, session: session, transaction: 1, #"{"widget_id":"iso","widget_value":"800"}"#)
            try await waitUntil("it is refused") { rig.bodies[0].transactionCount(.setDevicePropValue) > before }
            let fired = try await other.ask(0x0931, "{\"shot\":\(shot)}")
            #expect(fired.json.states == ["released"], "\(fired.told)")
            rig.bodies[0].repair()
            let answer = try await rig.client.packet { $0.type == 3 && $0.transaction == 1 }
            #expect(answer.code == 0x2001 && answer.json["widget_value"].string == "800", "\(answer.told)")
            #expect(try await waitedEnd(of: shot, other).states == ["complete"])
        }
    }

    private func waitedEnd(of shot: Int, _ client: RawClient) async throws -> JSONValue {
        try await waitUntil("shot \(shot) is over") {
            try await client.ask(0x0941, "{\"shot\":\(shot)}").json["state"].string == "complete"
        }
        return try await client.ask(0x0941, "{\"shot\":\(shot)}").json
    }

    @Test("A body that is busy when its shot is given up lets go of its shutter when it has done")
    func lateDisarm() async throws {
        var limits = FleetLimits()
        limits.disarmingTime = .milliseconds(200)
        try await GroupRig.run([.canonEOS], limits: limits) { rig in
            let session = try await rig.client.open(1)
            let other = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: other)
            let letGo = rig.bodies[0].transactionCount(.canonRemoteReleaseOff)
            let before = rig.bodies[0].transactionCount(.canonSetDevicePropValueEx)
            rig.bodies[0].inject(.busy.on(.canonSetDevicePropValueEx))
            try await rig.client.command(
                0x0009, session: session, transaction: 1, #"{"widget_id":"iso","widget_value":"800"}"#)
            try await waitUntil("it is refused") {
                rig.bodies[0].transactionCount(.canonSetDevicePropValueEx) > before
            }
            #expect(try await other.ask(0x0935, "{\"shot\":\(shot)}").code == 0x2001)
            #expect(rig.bodies[0].transactionCount(.canonRemoteReleaseOff) == letGo)
            rig.bodies[0].repair()
            _ = try await rig.client.packet { $0.type == 3 && $0.transaction == 1 }
            try await waitUntil("it lets go") {
                rig.bodies[0].transactionCount(.canonRemoteReleaseOff) > letGo
            }
        }
    }
}
