import Fleet
import FleetTesting
import NIOConcurrencyHelpers
import Testing
import Trigger
import VirtualCamera

/// COLLECT_GROUP with a trigger, LIST_TRIGGERS and flashes (protocol.md, 0x0938 and 0x0960), with a stand-in for the line.
@Suite struct GroupTriggerTests {
    /// Bodies whose shutter buttons a trigger `box` presses, and a line `flash` that does nothing.
    private static func run(
        _ dialects: [Dialect], flashAfter delay: Duration? = nil,
        _ test: (GroupRig, _ box: StandInLine, _ flash: StandInLine) async throws -> Void
    ) async throws {
        let bodies = NIOLockedValueBox<[VirtualBody]>([])
        let box = StandInLine { for body in bodies.withLockedValue({ $0 }) { _ = body.pressShutter() } }
        let flash = StandInLine()
        try await GroupRig.run(
            dialects,
            triggers: { rig in
                bodies.withLockedValue { $0 = rig.bodies }
                return FleetTriggers(
                    [.init(name: "box", output: try box.output()), .init(name: "flash", output: try flash.output())],
                    flashes: delay.map { ["flash": $0] } ?? [:])
            }
        ) { rig in
            try await test(rig, box, flash)
        }
    }

    /// A time of CLOCK_MONOTONIC as nanoseconds since 1970.
    private static func wallTime(_ time: Int64) -> Int { Int(time - PulseClock.now()) + GroupRig.now() }

    /// JSON's numbers are doubles here, and two clocks are read one after the other.
    private static let blur = 1_000_000

    @Test("A trigger that fires the bodies makes one shot of their images, whose time is that of the pulse")
    func box() async throws {
        try await Self.run([.nikon, .canonEOS]) { rig, box, flash in
            let watcher = try await rig.watcher("shot_complete")
            let before = GroupRig.now()
            let answer = try await rig.ask(0x0938, #"{"window_seconds":3,"trigger":"box"}"#)
            #expect(answer.code == 0x2001, "\(answer.told)")
            #expect(answer.json["state"].string == "complete", "\(answer.told)")
            #expect(answer.json.states == ["complete", "complete"])
            #expect(answer.json["cameras"].array.allSatisfy { $0["images"].array.count == 1 })
            #expect(answer.json["cameras"].array.allSatisfy { $0["released_at"] == .null && $0["error"] == .null })
            let pulse = try #require(box.pulses.first)
            let fired = try #require(answer.json["fired_at"].integer)
            #expect(abs(fired - Self.wallTime(pulse)) < Self.blur && fired > before)
            #expect(box.pulses.count == 1 && flash.pulses.isEmpty)
            let event = try await watcher.packet { $0.code == 0xC004 }
            #expect(event.json == answer.json)
            #expect(try await rig.shot(try #require(answer.json["shot"].integer)) == answer.json)
        }
    }

    @Test("A body that is away for a moment while images are collected brings what it takes afterwards")
    func away() async throws {
        try await Self.run([.nikon]) { rig, _, _ in
            let watcher = try await rig.watcher("object_added", "camera_attached", "camera_state")
            try await rig.client.command(0x0938, session: 0, transaction: 1, #"{"window_seconds":60}"#)
            let other = try await rig.fleet.server.client()
            func shot() async throws -> JSONValue { try await other.ask(0x0940).json["shots"][0] }
            try await waitUntil("the bodies are watched") { try await shot().states == ["released"] }
            #expect(rig.bodies[0].pressShutter())
            _ = try await watcher.packet { $0.code == 0x4002 }
            await rig.fleet.rig.listeners[0].unplug()
            try await waitUntil("it is away") {
                try await other.ask(0x0902).json["cameras"][0]["state"].string == "unplugged"
            }
            try await rig.fleet.rig.listeners[0].replug()
            try await waitUntil("it is there again") {
                try await other.ask(0x0902).json["cameras"][0]["state"].string == "ready"
            }
            #expect(rig.bodies[0].pressShutter())
            _ = try await watcher.packet { $0.code == 0x4002 }
            #expect(try await shot()["cameras"][0]["images"].array.count == 2)
            #expect(try await shot().states == ["released"])
        }
    }

    @Test("Images of a shot that was fired are its own, also where another is collected before they come")
    func firedBefore() async throws {
        try await GroupRig.run([.nikon], { $0[0].shutterLag = .milliseconds(800) }) { rig in
            let first = try await rig.arm()
            #expect(try await rig.fire(first).json.states == ["released"])
            try await rig.client.command(0x0938, session: 0, transaction: 1, #"{"window_seconds":2}"#)
            let second = try await rig.client.packet { $0.type == 3 && $0.transaction == 1 }
            let shot = try await rig.end(of: first)
            #expect(shot.states == ["complete"] && shot["cameras"][0]["images"].array.count == 1)
            #expect(second.json.states == ["missing"], "\(second.told)")
        }
    }

    @Test("A pulse is given at the time that is asked for, as a number or as a decimal string")
    func at() async throws {
        try await Self.run([.nikon]) { rig, box, _ in
            for isText in [false, true] {
                let at = GroupRig.now() + 1_500_000_000
                let time = isText ? "\"\(at)\"" : "\(at)"
                let shot = try await rig.ask(0x0938, "{\"window_seconds\":4,\"trigger\":\"box\",\"at\":\(time)}")
                #expect(shot.json["state"].string == "complete", "\(shot.told)")
                let pulse = Self.wallTime(try #require(box.pulses.last))
                #expect(pulse >= at - Self.blur)
                let fired = try #require(shot.json["fired_at"].integer)
                #expect(abs(fired - pulse) < Self.blur)
            }
            #expect(box.pulses.count == 2)
        }
    }

    @Test("An unknown trigger, a time without one and a time outside of the window are refused before anything is done")
    func refusals() async throws {
        try await Self.run([.nikon]) { rig, box, flash in
            let now = GroupRig.now()
            for more in [
                #""trigger":"relay""#, #""trigger":"""#, #""trigger":1"#, #""trigger":null"#,
                "\"at\":\(now + 1_000_000_000)",
                #""trigger":"box","at":0"#, #""trigger":"box","at":-1"#, #""trigger":"box","at":"soon""#,
                "\"trigger\":\"box\",\"at\":\(now)", "\"trigger\":\"box\",\"at\":\(now + 3_600_000_000_000)",
                #""trigger":"box","at":9223372036854775807"#, #""trigger":"box","at":null"#,
            ] {
                let answer = try await rig.ask(0x0938, "{\"window_seconds\":5,\(more)}")
                #expect(answer.isRefusal(0x201D), "\(more): \(answer.told)")
            }
            let message = try await rig.ask(0x0938, #"{"window_seconds":5,"trigger":"relay"}"#).json["message"].string
            #expect(message?.contains("box, flash") == true, "\(message ?? "")")
            #expect(try await rig.ask(0x0940).json["shots"].array.isEmpty)
            #expect(box.pulses.isEmpty && flash.pulses.isEmpty && rig.releases == [0])
        }
    }

    @Test("A pulse that fails ends the shot at once, with the reason on each camera")
    func failure() async throws {
        try await Self.run([.nikon, .nikon]) { rig, box, _ in
            box.fail(.lineTaken(port: "gpiochip0:17", consumer: "other"))
            let answer = try await rig.ask(0x0938, #"{"window_seconds":86400,"trigger":"box"}"#)
            #expect(answer.code == 0x2001, "\(answer.told)")
            #expect(answer.json["state"].string == "incomplete")
            #expect(answer.json.states == ["failed", "failed"])
            for camera in answer.json["cameras"].array {
                #expect(camera["error"]["error"].string == "Device_Busy")
                let message = camera["error"]["message"].string ?? ""
                #expect(message.contains("box") && message.contains("gpiochip0:17") && message.contains("other"))
            }
            box.fail(nil)
            let next = try await rig.ask(0x0938, #"{"window_seconds":3,"trigger":"box"}"#)
            #expect(next.json["state"].string == "complete", "\(next.told)")
        }
    }

    @Test("A client whose connection breaks takes the pulse with it that waits for its time, and so does DISARM_GROUP")
    func givenUp() async throws {
        try await Self.run([.nikon]) { rig, box, _ in
            for isDisarmed in [false, true] {
                let other = try await rig.fleet.server.client()
                let watcher = try await rig.watcher("shot_complete")
                let at = GroupRig.now() + 3_000_000_000_000
                try await other.command(
                    0x0938, transaction: 5, "{\"window_seconds\":4000,\"trigger\":\"box\",\"at\":\(at)}")
                try await waitUntil("the shot is under way") {
                    try await rig.ask(0x0940).json["shots"][0]["state"].string == "fired"
                }
                if isDisarmed {
                    let shot = try #require(try await rig.ask(0x0940).json["shots"][0]["shot"].integer)
                    #expect(try await rig.ask(0x0935, "{\"shot\":\(shot)}").code == 0x2001)
                } else {
                    // One that sends no more may still read what comes of it.
                    try await other.reset()
                }
                let event = try await watcher.packet { $0.code == 0xC004 }
                #expect(event.json["state"].string == "incomplete", "\(event.told)")
                await watcher.close()
            }
            // There is room for eight pulses that wait: those two are gone.
            #expect(box.pulses.isEmpty)
            let shot = try await rig.ask(0x0938, #"{"window_seconds":3,"trigger":"box"}"#)
            #expect(shot.json["state"].string == "complete" && box.pulses.count == 1, "\(shot.told)")
        }
    }

    @Test("LIST_TRIGGERS tells name, kind and port of each, and what is wrong with one as long as it is")
    func list() async throws {
        try await Self.run([.nikon]) { rig, box, flash in
            flash.fail(.noPermission(path: "/dev/gpiochip0"))
            let list = try await rig.ask(0x0960).json["triggers"].array
            #expect(list.map { $0["trigger"].string } == ["box", "flash"])
            #expect(list.allSatisfy { $0["kind"].string == "gpio" && $0["port"].string == "stand-in:1" })
            #expect(list[0].keys == ["trigger", "kind", "port"])
            #expect(list[1].keys == ["trigger", "kind", "port", "error"])
            #expect(list[1]["error"]["message"].string?.contains("/dev/gpiochip0") == true)
            flash.fail(nil)
            #expect(try await rig.ask(0x0960).json["triggers"].array.allSatisfy { $0["error"] == .null })
            #expect(box.pulses.isEmpty && flash.pulses.isEmpty)
            #expect(try await rig.ask(0x0960, "[]").isRefusal(0x201D))
        }
        try await TestServer.run([]) { server in
            let client = try await server.client()
            let list = try await client.ask(0x0960, "{}")
            #expect(list.json == .object(["triggers": .array([])]))
        }
    }

    @Test("A flash follows every shot that is released, at its time plus what is set, and none that is given up")
    func flash() async throws {
        let delay = 60_000_000
        try await Self.run([.nikon, .ptp], flashAfter: .nanoseconds(delay)) { rig, box, flash in
            let armed = try await rig.arm()
            #expect(try await rig.ask(0x0935, "{\"shot\":\(armed)}").code == 0x2001)
            for count in 1...3 {
                let shot: JSONValue
                switch count {
                case 1: shot = try await rig.ask(0x0932).json
                case 2: shot = try await rig.fire(try await rig.arm()).json
                default:
                    let at = GroupRig.now() + 1_500_000_000
                    shot = try await rig.fire(try await rig.arm(), ",\"at\":\(at)").json
                }
                let fired = try #require(shot["fired_at"].integer, "\(shot)")
                try await waitUntil("the flash has come") { flash.pulses.count >= count }
                let pulse = Self.wallTime(try #require(flash.pulses.last))
                #expect(pulse >= fired + delay - Self.blur && pulse < fired + delay + 10_000_000_000)
                _ = try await rig.end(of: try #require(shot["shot"].integer))
            }
            #expect(flash.pulses.count == 3 && box.pulses.isEmpty)
            #expect(rig.releases == [3, 3])
        }
    }

    @Test("A shot that is called off before its time has no flash, and a flash that fails costs the shot nothing")
    func noFlash() async throws {
        try await Self.run([.nikon], flashAfter: .zero) { rig, _, flash in
            let shot = try await rig.arm()
            let other = try await rig.fleet.server.client()
            let at = GroupRig.now() + 450_000_000
            try await rig.client.command(0x0931, transaction: 1, "{\"shot\":\(shot),\"at\":\(at)}")
            // It may come too late on a machine that does other things as well: then the shot is taken, and flashes.
            let isCalledOff = try await other.ask(0x0935, "{\"shot\":\(shot)}").code == 0x2001
            _ = try await rig.end(of: shot)
            #expect(flash.pulses.count == (isCalledOff ? 0 : 1) && rig.releases == [isCalledOff ? 0 : 1])
            flash.fail(.noChip("gpiochip0"))
            let taken = try await rig.ask(0x0932)
            #expect(taken.json["state"].string == "complete", "\(taken.told)")
            #expect(flash.pulses.count == (isCalledOff ? 0 : 1))
        }
    }
}
