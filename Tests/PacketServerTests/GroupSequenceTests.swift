import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// START_GROUP_SEQUENCE and STOP_GROUP_SEQUENCE (protocol.md, 0x0936 and 0x0937).
@Suite struct GroupSequenceTests {
    private static let mixed: [Dialect] = [.ptp, .nikon, .canonEOS]

    private func start(_ rig: GroupRig, _ json: String, by client: RawClient? = nil) async throws -> Int {
        let answer = try await (client ?? rig.client).ask(0x0936, json)
        #expect(answer.code == 0x2001, "\(answer.told)")
        return try #require(answer.json["sequence"].integer)
    }

    /// What is told of a sequence, up to its end.
    private func progress(of sequence: Int, to watcher: RawClient) async throws -> [JSONValue] {
        var told: [JSONValue] = []
        while told.last?["ended"] != .bool(true) {
            let event = try await watcher.packet { $0.code == 0xC008 }.json
            #expect(event["sequence"].integer == sequence)
            told.append(event)
        }
        return told
    }

    @Test("A sequence takes a shot each time, of every body, and tells how far it is")
    func shots() async throws {
        try await GroupRig.run(Self.mixed) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            let sequence = try await start(rig, #"{"count":3,"interval_seconds":0}"#)
            let told = try await progress(of: sequence, to: watcher)
            #expect(told.map { $0["taken"].integer } == [1, 2, 3])
            #expect(told.allSatisfy { $0["count"].integer == 3 && $0["error"] == .null })
            let shots = told.compactMap { $0["shot"].integer }
            #expect(Set(shots).count == 3)
            for (index, number) in shots.enumerated() {
                let shot = try await rig.shot(number)
                #expect(shot["state"].string == "complete")
                let names = shot["cameras"].array.map { $0["images"][0]["name"].string }
                #expect(names == Self.mixed.map { $0.picture(4 + index) })
            }
            #expect(rig.releases == [3, 3, 3])
            let stopped = try await rig.ask(0x0937, "{\"sequence\":\(sequence)}")
            #expect(stopped.code == 0x2001)
            #expect(stopped.json["taken"].integer == 3)
        }
    }

    @Test("Each shot is due an interval after the one before, counted from the first, and none drifts")
    func schedule() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            let sequence = try await start(rig, #"{"count":3,"interval_seconds":2}"#)
            let told = try await progress(of: sequence, to: watcher)
            var times: [Int] = []
            for event in told {
                let shot = try await rig.shot(try #require(event["shot"].integer))
                times.append(try #require(shot["fired_at"].integer))
            }
            // The time of day may be corrected meanwhile, by less than that.
            for (index, time) in times.enumerated() {
                #expect(abs(time - times[0] - index * 2_000_000_000) < 1_000_000)
            }
        }
    }

    @Test("A bracket sets every body to the next value before each shot, and back at the end")
    func bracket() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            _ = try await rig.ask(0x0933, #"{"widgets":{"iso":"200"}}"#)
            let watcher = try await rig.watcher("group_sequence_progress", "widget_changed")
            let values = #"["100","400","1600"]"#
            let sequence = try await start(
                rig, "{\"count\":4,\"interval_seconds\":0,\"bracket\":{\"widget_id\":\"iso\",\"values\":\(values)}}")
            var sets: [String: [String]] = [:]
            var hasEnded = false
            while !hasEnded {
                let event = try await watcher.packet()
                hasEnded = event.code == 0xC008 && event.json["ended"] == .bool(true)
                if event.code == 0x4006, let camera = event.json["camera"].string {
                    sets[camera, default: []].append(event.json["widget_value"].string ?? "")
                }
            }
            #expect(sets.count == 2)
            for values in sets.values {
                // A body may be told of twice: by who sets it, and by itself.
                let changes = values.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
                #expect(changes.starts(with: ["100", "400", "1600", "100"]))
            }
            #expect(try await rig.ask(0x0937, "{\"sequence\":\(sequence)}").json["taken"].integer == 4)
            #expect(rig.bodies.allSatisfy { $0.value(of: .exposureIndex) == .number(200) })
            #expect(rig.releases == [4, 4])
        }
    }

    @Test("A bracket that no body takes, and other nonsense, is refused before anything is done")
    func refusals() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let rest = #""count":1,"interval_seconds":0"#
            for (json, code) in [
                ("{}", 0x201D), (#"{"count":1}"#, 0x201D), (#"{"count":0,"interval_seconds":0}"#, 0x201D),
                (#"{"count":1,"interval_seconds":-1}"#, 0x201D), (#"{"count":1.5,"interval_seconds":0}"#, 0x201D),
                ("{\(rest),\"group\":\"none\"}", 0x201D), ("{\(rest),\"cameras\":[1,7]}", 0x201D),
                ("{\(rest),\"bulb_seconds\":0}", 0x201D), ("{\(rest),\"keep\":1}", 0x201D),
                ("{\(rest),\"bracket\":{\"widget_id\":\"iso\"}}", 0x201D),
                ("{\(rest),\"bracket\":{\"widget_id\":\"iso\",\"values\":[]}}", 0x201D),
                ("{\(rest),\"bracket\":{\"widget_id\":\"iso\",\"values\":[\"12345\"]}}", 0x201D),
                ("{\(rest),\"bracket\":{\"widget_id\":\"iso\",\"values\":[400]}}", 0x201D),
                ("{\(rest),\"bracket\":{\"widget_id\":\"nonsense\",\"values\":[\"1\"]}}", 0x2006),
            ] as [(String, UInt16)] {
                let answer = try await rig.ask(0x0936, json)
                #expect(answer.isRefusal(code), "\(json): \(answer.told)")
            }
            for json in ["{}", #"{"sequence":1}"#, #"{"sequence":"1"}"#] {
                let answer = try await rig.ask(0x0937, json)
                #expect(answer.isRefusal(0x201D), "\(json): \(answer.told)")
            }
            #expect(rig.releases == [0])
        }
    }

    @Test("Any client stops a sequence, and after the answer nothing is released")
    func stop() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            for interval in ["0", "3600"] {
                let former = rig.releases[0]
                let sequence = try await start(rig, "{\"count\":1000000,\"interval_seconds\":\(interval)}")
                let first = try await watcher.packet { $0.code == 0xC008 && $0.json["sequence"].integer == sequence }
                #expect(first.json["taken"].integer == 1)
                let other = try await rig.fleet.server.client()
                let answer = try await other.ask(0x0937, "{\"sequence\":\(sequence)}")
                #expect(answer.code == 0x2001, "\(answer.told)")
                let taken = try #require(answer.json["taken"].integer)
                #expect(taken >= 1)
                let releases = rig.releases
                #expect(releases[0] - former >= taken)
                let end = try await watcher.packet { $0.json["ended"] == .bool(true) }
                #expect(end.json["taken"].integer == taken)
                // A shot of now finds the bodies free, and is the next one.
                let shot = try await rig.ask(0x0932)
                #expect(shot.json["state"].string == "complete", "\(shot.told)")
                #expect(rig.releases == releases.map { $0 + 1 })
            }
        }
    }

    @Test("A sequence ends with the client that started it, unless it is to be kept", arguments: [false, true])
    func keep(isKept: Bool) async throws {
        try await GroupRig.run([.nikon]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            let owner = try await rig.fleet.server.client()
            let sequence = try await start(
                rig, "{\"count\":1000000,\"interval_seconds\":0.05,\"keep\":\(isKept)}", by: owner)
            _ = try await watcher.packet { $0.code == 0xC008 }
            await owner.close()
            if isKept {
                // Twice more than might have been on its way.
                for _ in 0..<4 {
                    #expect(try await watcher.packet { $0.code == 0xC008 }.json["ended"] == .null)
                }
                #expect(try await rig.ask(0x0937, "{\"sequence\":\(sequence)}").json["taken"].integer ?? 0 >= 3)
            }
            let end = try await watcher.packet { $0.json["ended"] == .bool(true) }
            #expect(end.json["sequence"].integer == sequence)
        }
    }

    @Test("Bodies that can expose for a time do so in each shot, and one that cannot says so in it")
    func bulb() async throws {
        try await GroupRig.run([.nikon, .canonEOS, .ptp]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            let sequence = try await start(rig, #"{"count":2,"interval_seconds":0,"bulb_seconds":0.3}"#)
            let told = try await progress(of: sequence, to: watcher)
            #expect(told.map { $0["taken"].integer } == [1, 2])
            for event in told {
                let shot = try await rig.shot(try #require(event["shot"].integer))
                #expect(shot.states == ["complete", "complete", "failed"], "\(shot)")
                #expect(shot["cameras"][2]["error"]["error"].string == "Operation_Not_Supported")
                #expect(shot["cameras"].array.prefix(2).allSatisfy { $0["released_at"].integer != nil })
                #expect(shot["cameras"].array.prefix(2).allSatisfy { $0["images"].array.count == 1 })
            }
            #expect(rig.releases[2] == 0)
        }
    }

    @Test(
        "An exposure's release is told as of when it was sent, not of what the driver sets before",
        arguments: [Dialect.nikon])
    func bulbTime(dialect: Dialect) async throws {
        try await GroupRig.run([dialect]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress")
            rig.bodies[0].inject(.slow(.milliseconds(400)).on(.setDevicePropValue))
            let before = GroupRig.now()
            let sequence = try await start(rig, #"{"count":1,"interval_seconds":0,"bulb_seconds":0.1}"#)
            let told = try await progress(of: sequence, to: watcher)
            let shot = try await rig.shot(try #require(told.last?["shot"].integer))
            let released = try #require(shot["cameras"][0]["released_at"].integer)
            #expect(released - before > 400_000_000, "\(shot)")
        }
    }

    @Test("STOP ends exposures at once, and START's connection too")
    func stopBulb() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress", "camera_state")
            let sequence = try await start(rig, #"{"count":5,"interval_seconds":0,"bulb_seconds":600}"#)
            _ = try await watcher.packet { $0.code == 0xC001 && $0.json["state"].string == "busy" }
            let answer = try await rig.ask(0x0937, "{\"sequence\":\(sequence)}")
            #expect(answer.json["taken"].integer == 0)
            #expect(try await watcher.packet { $0.json["ended"] == .bool(true) }.json["error"] == .null)
            let shot = try await rig.ask(0x0932)
            #expect(shot.json["state"].string == "complete", "\(shot.told)")
        }
    }

    @Test("A body that is unplugged fails its part of each shot, and the sequence goes on with the others")
    func unplugged() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let watcher = try await rig.watcher("group_sequence_progress", "camera_detached")
            let sequence = try await start(rig, #"{"count":1000000,"interval_seconds":0.05}"#)
            _ = try await watcher.packet { $0.code == 0xC008 }
            await rig.fleet.rig.listeners[0].unplug()
            _ = try await watcher.packet { $0.code == 0xC007 }
            // The one that was under way, and the next.
            for _ in 0..<2 { _ = try await watcher.packet { $0.code == 0xC008 } }
            let event = try await watcher.packet { $0.code == 0xC008 }.json
            #expect(event["error"] == .null)
            let shot = try await rig.shot(try #require(event["shot"].integer))
            #expect(shot.states == ["failed", "complete"])
            #expect(shot["cameras"][0]["error"]["error"].string == "Camera_Unplugged")
            #expect(try await rig.ask(0x0937, "{\"sequence\":\(sequence)}").code == 0x2001)
        }
    }

    @Test("A sequence whose every card is full ends and says so")
    func fullCards() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            for body in rig.bodies { body.inject(.cardFull) }
            let watcher = try await rig.watcher("group_sequence_progress")
            let sequence = try await start(rig, #"{"count":3,"interval_seconds":0}"#)
            let told = try await progress(of: sequence, to: watcher)
            #expect(told.last?["taken"].integer == 0)
            #expect(told.last?["error"]["error"].string == "Store_Full", "\(told)")
        }
    }
}
