import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// How armed shots are given up, and who cannot be armed (protocol.md, ARM_GROUP and DISARM_GROUP).
@Suite struct GroupGivingUpTests {
    private func expectGivenUp(_ shot: JSONValue, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(shot["state"].string == "incomplete", sourceLocation: sourceLocation)
        for camera in shot["cameras"].array {
            #expect(camera["state"].string == "failed", sourceLocation: sourceLocation)
            #expect(camera["error"]["error"].string == "Transaction_Cancelled", sourceLocation: sourceLocation)
            #expect(camera["error"]["message"].string?.isEmpty == false, sourceLocation: sourceLocation)
            #expect(camera["released_at"] == .null && camera["images"] == .array([]), sourceLocation: sourceLocation)
        }
        #expect(shot["fired_at"] == .null && shot["spread_ns"] == .null, sourceLocation: sourceLocation)
    }

    @Test("DISARM_GROUP gives a shot up, lets go of the bodies, and they are armed again", arguments: Dialect.allCases)
    func disarm(dialect: Dialect) async throws {
        try await GroupRig.run([dialect, dialect]) { rig in
            let watcher = try await rig.watcher("shot_complete")
            for _ in 0..<2 {
                let shot = try await rig.arm()
                let answer = try await rig.ask(0x0935, "{\"shot\":\(shot)}")
                #expect(answer.code == 0x2001, "\(answer.told)")
                expectGivenUp(answer.json)
                #expect(try await watcher.packet().json == answer.json)
                #expect(try await rig.shot(shot) == answer.json)
                for code: UInt16 in [0x0931, 0x0935] {
                    let refused = try await rig.ask(code, "{\"shot\":\(shot)}")
                    #expect(refused.isRefusal(0x201D), "\(refused.told)")
                }
            }
            #expect(rig.releases == [0, 0])
            #expect(try await rig.ask(0x0932).json["state"].string == "complete")
            #expect(rig.releases == [1, 1])
        }
    }

    @Test("A release that waits for its time is called off by DISARM_GROUP: both are answered, nothing is released")
    func disarmWhileFiring() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            for wait in [10_000_000_000, 300_000_000] {
                let shot = try await rig.arm()
                let at = GroupRig.now() + wait
                try await rig.client.command(0x0931, transaction: 1, "{\"shot\":\(shot),\"at\":\(at)}")
                try await rig.client.command(0x0935, transaction: 2, "{\"shot\":\(shot)}")
                var answers: [UInt32: RawPacket] = [:]
                while answers.count < 2 {
                    let packet = try await rig.client.packet { $0.type == 3 }
                    answers[packet.transaction] = packet
                }
                let (fire, disarm) = (try #require(answers[1]), try #require(answers[2]))
                #expect(disarm.code == 0x2001, "\(disarm.told)")
                // Which of the two came first is the server's business.
                #expect(fire.isRefusal(0x201F) || fire.isRefusal(0x201D), "\(fire.told)")
                expectGivenUp(disarm.json)
            }
            #expect(rig.releases == [0, 0])
            #expect(try await rig.ask(0x0932).json["state"].string == "complete")
        }
    }

    @Test(
        "The end of the connection that armed a shot gives it up, and so does its breaking while it fires at a time to come"
    )
    func disconnection() async throws {
        try await GroupRig.run([.nikon, .ptp]) { rig in
            for isFired in [false, true] {
                for isReset in [false, true] {
                    // One that sent FIRE_GROUP and sends no more may still read what comes of it.
                    if isFired && !isReset { continue }
                    let other = try await rig.fleet.server.client()
                    let shot = try await rig.arm(of: other)
                    if isFired {
                        let at = GroupRig.now() + 20_000_000_000
                        try await other.command(0x0931, transaction: 1, "{\"shot\":\(shot),\"at\":\(at)}")
                    }
                    if isReset { try await other.reset() } else { await other.close() }
                    expectGivenUp(try await rig.end(of: shot))
                }
            }
            let other = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: other)
            #expect(try await other.ask(0x0999).code == 0x2001)
            expectGivenUp(try await rig.end(of: shot))
            #expect(rig.releases == [0, 0])
            #expect(try await rig.ask(0x0932).json["state"].string == "complete")
            #expect(rig.releases == [1, 1])
        }
    }

    @Test("A shot that nobody fires in time is given up, and everybody is told")
    func expiry() async throws {
        var limits = FleetLimits()
        limits.armedTime = .milliseconds(300)
        try await GroupRig.run([.canonEOS], limits: limits) { rig in
            let watcher = try await rig.watcher("shot_complete")
            let shot = try await rig.arm()
            let told = try await watcher.packet()
            #expect(told.code == 0xC004 && told.json["shot"].integer == shot)
            expectGivenUp(told.json)
            let late = try await rig.fire(shot)
            #expect(late.isRefusal(0x201D), "\(late.told)")
            #expect(rig.releases == [0])
        }
    }

    @Test("A body that another shot has armed is Device_Busy for the second, and each shot fires its own")
    func overlap() async throws {
        try await GroupRig.run([.nikon, .nikon, .nikon]) { rig in
            let first = try await rig.arm(#"{"cameras":[1,2]}"#)
            let answer = try await rig.ask(0x0930, #"{"cameras":[2,3]}"#)
            #expect(answer.code == 0x2001)
            let cameras = answer.json["cameras"].array
            #expect(cameras.map { $0["armed"] } == [.bool(false), .bool(true)])
            #expect(cameras[0]["error"]["error"].string == "Device_Busy")
            #expect(cameras[1]["error"] == .null)
            let second = try #require(answer.json["shot"].integer)
            #expect(second > first)
            let demanding = try await rig.ask(0x0930, #"{"cameras":[2],"require_all":true}"#)
            #expect(demanding.json["cameras"][0]["armed"] == .bool(false))
            for shot in [second, first] { #expect(try await rig.fire(shot).code == 0x2001) }
            #expect(try await rig.end(of: first).states == ["complete", "complete"])
            let end = try await rig.end(of: second)
            #expect(end["state"].string == "incomplete")
            #expect(end.states == ["failed", "complete"])
            #expect(rig.releases == [1, 1, 1])
        }
    }

    @Test("Where all are required, one body that cannot be armed gives the shot up before any release")
    func requireAll() async throws {
        try await GroupRig.run([.nikon, .nikon], { $0[1].hasCard = true }) { rig in
            #expect(rig.bodies[1].removeCard())
            let session = try await rig.client.open(2)
            // The body has told that its card is gone once its storages do not show it.
            try await waitUntil("the card is seen to be gone") {
                let answer = try await rig.client.ask(0x000E, session: session)
                return answer.code == 0x2001 && answer.json["storages"].array.isEmpty
            }
            let armed = try await rig.ask(0x0930, #"{"require_all":true}"#)
            #expect(armed.code == 0x2001, "\(armed.told)")
            let cameras = armed.json["cameras"].array
            #expect(cameras.map { $0["armed"] } == [.bool(false), .bool(false)])
            #expect(cameras[0]["error"]["error"].string == "Transaction_Cancelled")
            #expect(cameras[1]["error"]["error"].string == "Store_Not_Available")
            let shot = try #require(armed.json["shot"].integer)
            #expect(try await rig.fire(shot).isRefusal(0x201D))
            #expect(try await rig.shot(shot)["state"].string == "incomplete")

            let capture = try await rig.ask(0x0932, #"{"require_all":true}"#)
            #expect(capture.code == 0x2001 && capture.json["state"].string == "incomplete", "\(capture.told)")
            #expect(rig.releases == [0, 0])

            let without = try await rig.ask(0x0932)
            #expect(without.json.states == ["complete", "failed"], "\(without.told)")
            #expect(without.json["state"].string == "incomplete")
            #expect(rig.releases == [1, 0])
        }
    }

    @Test("A lock keeps a body out of others' shots, and not out of those of its own connection")
    func lock() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let other = try await rig.fleet.server.client()
            let session = try await other.open(1)
            #expect(try await other.ask(0x0011, session: session).code == 0x2001)
            let shot = try await rig.ask(0x0932)
            #expect(shot.json.states == ["failed", "complete"], "\(shot.told)")
            #expect(shot.json["cameras"][0]["error"]["error"].string == "Device_Busy")
            #expect(try await other.ask(0x0932).json.states == ["complete", "complete"])
            #expect(try await other.ask(0x0012, session: session).code == 0x2001)
            // Locked between arming and firing.
            let armed = try await rig.arm()
            #expect(try await other.ask(0x0011, session: session).code == 0x2001)
            #expect(try await rig.fire(armed).code == 0x2001)
            #expect(try await rig.end(of: armed).states == ["failed", "complete"])
            #expect(rig.releases == [1, 3])
        }
    }

    @Test("A body that is used for something else is armed no more, and says so in the shot")
    func otherUse() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let shot = try await rig.arm()
            let session = try await rig.client.open(1)
            #expect(try await rig.client.ask(0x0002, session: session).code == 0x2001)
            try await waitUntil("the shot shows it") { try await rig.shot(shot).states == ["failed", "armed"] }
            #expect(try await rig.shot(shot)["cameras"][0]["error"]["error"].string == "Device_Busy")
            #expect(try await rig.fire(shot).code == 0x2001)
            #expect(try await rig.end(of: shot).states == ["failed", "complete"])
            #expect(rig.releases == [1, 1])
        }
    }
}
