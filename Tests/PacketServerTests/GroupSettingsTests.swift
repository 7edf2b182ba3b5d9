import FleetTesting
import Glibc
import Testing
import VirtualCamera

/// Settings of several bodies at once (protocol.md, 0x0933, 0x0934 and 0x0950 to 0x0955).
@Suite struct GroupSettingsTests {
    @Test("A setting is given to every body, read back, and refused for each body that cannot have it")
    func setting() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let all = try await client.ask(0x0933, "{\"widgets\":{\"iso\":\"400\",\"nonsense\":1}}")
            #expect(all.code == 0x2001)
            let cameras = all.json["cameras"].array
            #expect(
                cameras.map { $0["id"].string } == [
                    "nikon-corporation-d7500-6000001", "nikon-corporation-d7500-6000002",
                ])
            for camera in cameras {
                #expect(camera["set"] == .object(["iso": .string("400")]))
                #expect(camera["errors"].keys == ["nonsense"])
                #expect(camera["errors"]["nonsense"]["error"].string == "Parameter_Not_Supported")
            }
            #expect(fleet.rig.bodies.allSatisfy { $0.value(of: .exposureIndex) == .number(400) })
            let one = try await client.ask(0x0933, "{\"cameras\":[2],\"widgets\":{\"iso\":\"12345\"}}").json["cameras"]
            #expect(one.array.count == 1)
            #expect(one.array[0]["set"] == .object([:]))
            #expect(one.array[0]["errors"]["iso"]["error"].string == "Invalid_Parameter")
        }
    }

    @Test("A body that is gone or locked says so for each setting, and the others are set")
    func absentBodies() async throws {
        try await TestFleet.run(TestFleet.nikons(3)) { fleet in
            let client = try await fleet.server.client()
            let other = try await fleet.server.client()
            let session = try await other.open(2)
            #expect(try await other.ask(0x0011, session: session, "{}").code == 0x2001)
            await fleet.rig.listeners[0].unplug()
            try await waitUntil("body 1 is unplugged") {
                try await client.ask(0x0902).json["cameras"].array[0]["state"].string == "unplugged"
            }
            let cameras = try await client.ask(0x0933, "{\"cameras\":[1,2,3],\"widgets\":{\"iso\":\"800\"}}")
                .json["cameras"].array
            #expect(
                cameras.map { $0["errors"]["iso"]["error"].string } == ["Camera_Unplugged", "Device_Busy", nil])
            #expect(cameras[2]["set"]["iso"].string == "800")
            // A locked body takes nothing, not even what it has.
            let same = try await client.ask(0x0933, "{\"cameras\":[2],\"widgets\":{\"iso\":\"100\"}}").json["cameras"][
                0]
            #expect(same["errors"]["iso"]["error"].string == "Device_Busy" && same["set"] == .object([:]))
        }
    }

    @Test("A body's settings are copied to others, those that are named or those of taking pictures")
    func copying() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            for (widget, value) in [("iso", "\"1600\""), ("imagequality", "\"JPEG Basic\"")] {
                let set = try await client.ask(
                    0x0009, session: session, "{\"widget_id\":\"\(widget)\",\"widget_value\":\(value)}")
                #expect(set.code == 0x2001)
            }
            let named = try await client.ask(0x0934, "{\"from\":1,\"widgets\":[\"iso\"]}").json["cameras"].array
            #expect(named.map { $0["id"].string } == ["nikon-corporation-d7500-6000002"])
            #expect(named[0]["set"] == .object(["iso": .string("1600")]))
            let copied = try await client.ask(0x0934, "{\"from\":1}").json["cameras"].array
            #expect(copied[0]["set"]["imagequality"].string == "JPEG Basic")
            #expect(Set(copied[0]["set"].keys).isDisjoint(with: ["datetime", "ownername", "capture", "bulb"]))
            #expect(try await client.ask(0x0954, "{}").json == .object(["widgets": .array([])]))
            #expect(try await client.ask(0x0934, "{\"from\":1,\"widgets\":[\"nonsense\"]}").code == 0x2006)
            #expect(try await client.ask(0x0934, "{\"from\":9}").code == 0x201D)
        }
    }

    @Test("A preset is there after a restart, is given to bodies, replaced and dropped")
    func presets() async throws {
        let folder = TemporaryFolder()
        try await TestFleet.run(TestFleet.nikons(2), folder: folder) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0933, "{\"cameras\":[1],\"widgets\":{\"iso\":\"3200\"}}")
            let saved = try await client.ask(0x0950, "{\"preset\":\"Night, 2\",\"from\":1,\"widgets\":[\"iso\"]}")
            #expect(saved.code == 0x2001)
            #expect(
                saved.json == .object(["preset": .string("Night, 2"), "widgets": .object(["iso": .string("3200")])]))
            for name in ["\"\"", "\"\\u0007\"", "7", "\"\(String(repeating: "n", count: 101))\""] {
                #expect(try await client.ask(0x0950, "{\"preset\":\(name),\"from\":1}").code == 0x201D)
            }
        }
        try await TestFleet.run(TestFleet.nikons(2), folder: folder) { fleet in
            let client = try await fleet.server.client()
            let list = try await client.ask(0x0952).json["presets"].array
            #expect(list.count == 1)
            #expect(list.first?["preset"].string == "Night, 2" && list.first?["model"].string == "D7500")
            let applied = try await client.ask(0x0951, "{\"preset\":\"Night, 2\"}").json["cameras"].array
            #expect(applied.map { $0["set"]["iso"].string } == ["3200", "3200"])
            #expect(fleet.rig.bodies.allSatisfy { $0.value(of: .exposureIndex) == .number(3200) })
            _ = try await client.ask(0x0950, "{\"preset\":\"Night, 2\",\"from\":2}")
            #expect(try await client.ask(0x0952).json["presets"].array.count == 1)
            #expect(try await client.ask(0x0953, "{\"preset\":\"Night, 2\"}").code == 0x2001)
            #expect(try await client.ask(0x0953, "{\"preset\":\"Night, 2\"}").code == 0x201D)
            #expect(try await client.ask(0x0951, "{\"preset\":\"Night, 2\"}").code == 0x201D)
            #expect(try await client.ask(0x0952).json == .object(["presets": .array([])]))
        }
    }

    @Test("Bodies that differ in a setting are told with the values of each")
    func comparison() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0933, "{\"cameras\":[2],\"widgets\":{\"iso\":\"6400\"}}")
            let widgets = try await client.ask(0x0954, "{\"widgets\":[\"iso\",\"whitebalance\"]}").json["widgets"].array
            #expect(widgets.count == 1)
            #expect(widgets.first?["widget_id"].string == "iso")
            #expect(widgets.first?["label"].string == "ISO Speed")
            #expect(
                widgets.first?["values"]
                    == .object([
                        "nikon-corporation-d7500-6000001": .string("100"),
                        "nikon-corporation-d7500-6000002": .string("6400"),
                    ]))
        }
    }

    @Test("Without names bodies are compared by where their images go and by their clocks, too")
    func wholeComparison() async throws {
        var descriptions = TestFleet.nikons(2)
        descriptions[1].clockOffset = -90
        try await TestFleet.run(descriptions) { fleet in
            let client = try await fleet.server.client()
            let set = try await client.ask(
                0x0933, "{\"cameras\":[2],\"widgets\":{\"capturetarget\":\"Internal RAM\"}}")
            #expect(set.json["cameras"][0]["errors"] == .object([:]), "\(set.told)")
            let widgets = try await client.ask(0x0954).json["widgets"].array
            #expect(Set(widgets.compactMap { $0["widget_id"].string }) == ["capturetarget", "datetime"])
            let clocks = try #require(widgets.first { $0["widget_id"].string == "datetime" })["values"]
            let seconds = (1...2).compactMap { clocks["nikon-corporation-d7500-600000\($0)"].integer }
            #expect(seconds.count == 2 && abs(seconds[0] - seconds[1] - 90) <= 2, "\(clocks)")
            _ = try await client.ask(0x0955)
            let named = try await client.ask(0x0954, "{\"widgets\":[\"datetime\"]}")
            #expect(named.json == .object(["widgets": .array([])]), "\(named.told)")
        }
    }

    @Test(
        "The clock of an EOS, which tells it once, is known all the same: how far it was off, and that it is not any more"
    )
    func clockOfCanon() async throws {
        var description = VirtualBodyDescription(dialect: .canonEOS, index: 1)
        description.clockOffset = 3600
        try await TestFleet.run([description]) { fleet in
            let client = try await fleet.server.client()
            for expected in [3600, 0] {
                let clocks = try await client.ask(0x0955)
                let off = try #require(clocks.json["cameras"][0]["off_by_seconds"].integer, "\(clocks.told)")
                #expect(abs(off - expected) <= 3, "\(clocks.told)")
            }
        }
    }

    @Test("Clocks are set to the server's, and it is told how far they were off")
    func clocks() async throws {
        var descriptions = TestFleet.nikons(2)
        descriptions[1].clockOffset = 7200
        try await TestFleet.run(descriptions) { fleet in
            let client = try await fleet.server.client()
            let clocks = try await client.ask(0x0955).json["cameras"].array
            #expect(clocks.count == 2 && clocks.allSatisfy { $0["error"].string == nil })
            let off = clocks.map { $0["off_by_seconds"].integer.map(Double.init) ?? .nan }
            #expect(abs(off[0]) <= 2 && abs(off[1] - 7200) <= 2)
            let session = try await client.open(2)
            let answer = try await client.ask(0x0007, session: session, "{\"widget_id\":\"datetime\"}")
            let time = answer.json["widget_value"].integer ?? 0
            #expect(abs(time - Int(Glibc.time(nil))) <= 5)
        }
    }

    @Test("No setting, no camera, and a target of both kinds are refused")
    func refusals() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            for arguments in [
                "{}", "{\"widgets\":{}}", "{\"widgets\":[]}", "{\"widgets\":null}", "{\"widgets\":{\"iso\":[1]}}",
                "{\"group\":\"none\",\"widgets\":{\"iso\":\"100\"}}", "{\"cameras\":[],\"widgets\":{\"iso\":\"100\"}}",
                "{\"cameras\":[7],\"widgets\":{\"iso\":\"100\"}}",
                "{\"cameras\":[1],\"group\":\"a\",\"widgets\":{\"iso\":\"100\"}}",
            ] {
                #expect(try await client.ask(0x0933, arguments).code == 0x201D, "\(arguments)")
            }
            #expect(try await client.ask(0x0950, "{\"preset\":\"a\"}").code == 0x201D)
            #expect(try await client.ask(0x0955, "{\"group\":\"none\"}").code == 0x201D)
        }
    }

    @Test("What a client sets of a body that is busy ends with its connection, and is not set later")
    func endOfConnection() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let session = try await rig.client.open(1)
            try await rig.client.command(0x0002, session: session, transaction: 1, #"{"bulb_seconds":60}"#)
            try await waitUntil("it is released") { rig.releases == [1] }
            let other = try await rig.fleet.server.client()
            try await other.command(0x0933, session: 0, transaction: 2, #"{"cameras":[1],"widgets":{"iso":"400"}}"#)
            try await other.command(0x0999, session: 0, transaction: 3)
            let answers = [try await other.packet(), try await other.packet()]
            #expect(answers.map(\.transaction) == [2, 3] && answers[1].code == 0x2001)
            let told = answers[0].json["cameras"][0]["errors"]["iso"]["error"].string
            #expect(told == "Transaction_Cancelled" || answers[0].code == 0x201F, "\(answers[0].told)")
            try await rig.client.command(0x0017, session: session, transaction: 4, #"{"transaction_ID":1}"#)
            let ends = [try await rig.client.packet { $0.type == 3 }, try await rig.client.packet { $0.type == 3 }]
            #expect(ends.map(\.transaction) == [1, 4])
            let now = try await rig.client.ask(0x0007, session: session, #"{"widget_id":"iso"}"#)
            #expect(now.json["widget_value"].string != "400" && now.code == 0x2001, "\(now.told)")
        }
    }

    @Test("Copying a body's settings to itself alone, and a preset of no settings, are refused")
    func nothingToSet() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            #expect(try await client.ask(0x0934, #"{"from":1,"cameras":[1]}"#).isRefusal(0x201D))
            #expect(try await client.ask(0x0950, #"{"preset":"none","from":1,"widgets":[]}"#).isRefusal(0x201D))
            #expect(try await client.ask(0x0952).json["presets"].array.isEmpty)
        }
    }
}
