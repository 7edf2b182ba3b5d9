import FleetModel
import FleetTesting
import Testing
import VirtualCamera

/// REPLACE_CAMERA, FORGET_CAMERA and SET_CAMERA_NUMBERS (protocol.md, 0x0921 to 0x0923).
@Suite struct NumberingTests {
    private func list(_ client: RawClient) async throws -> [JSONValue] {
        try await client.ask(0x0902, "{}").json["cameras"].array
    }

    private func numbers(_ cameras: [JSONValue]) -> [String: Int] {
        Dictionary(
            cameras.map { ($0["serial"].string ?? "", $0["camera_number"].integer ?? 0) }, uniquingKeysWith: { $1 })
    }

    private func unplug(_ fleet: TestFleet, _ index: Int, _ client: RawClient) async throws {
        await fleet.rig.listeners[index].unplug()
        let port = fleet.rig.listeners[index].portPath
        try await waitUntil("it is unplugged") {
            try await list(client).first { $0["port"].string == port }?["state"].string == "unplugged"
        }
    }

    private func waitUntilReady(_ client: RawClient, _ count: Int) async throws {
        try await waitUntil("\(count) bodies are ready") {
            try await list(client).filter { $0["state"].string == "ready" }.count == count
        }
    }

    @Test("Numbers are traded all at once, by id, name and number, are told, and outlive a restart") func traded()
        async throws
    {
        let folder = TemporaryFolder()
        var after: [String: Int] = [:]
        try await TestFleet.run(TestFleet.nikons(3), folder: folder) { fleet in
            let (client, watcher) = (try await fleet.server.client(), try await fleet.server.client())
            _ = try await client.ask(0x0920, #"{"camera":2,"name":"middle"}"#)
            _ = try await watcher.ask(0x0910, #"{"events":["camera_state"]}"#)
            let before = try await list(client)
            let id = before[0]["id"].string ?? ""
            let answer = try await client.ask(0x0923, "{\"numbers\":{\"\(id)\":2,\"middle\":3,\"3\":1}}")
            #expect(answer.json.shape == ["cameras": "array"], "\(answer.told)")
            let cameras = answer.json["cameras"].array
            #expect(try await list(client) == cameras)
            #expect(cameras.map { $0["camera_number"].integer } == [1, 2, 3])
            #expect(cameras.map { $0["id"] } == [before[2]["id"], before[0]["id"], before[1]["id"]])
            #expect(cameras.map { $0["name"].string } == ["camera-1", "camera-2", "middle"])
            after = numbers(cameras)
            var told: [String: Int] = [:]
            while told.count < 3 {
                let event = try await watcher.packet()
                told[event.json["id"].string ?? ""] = event.json["camera_number"].integer
            }
            for camera in cameras { #expect(told[camera["id"].string ?? ""] == camera["camera_number"].integer) }
            #expect(try await client.ask(0x0923, #"{"numbers":{}}"#).json["cameras"].array == cameras)
        }
        try await TestFleet.run(TestFleet.nikons(3), folder: folder) { fleet in
            let cameras = try await list(try await fleet.server.client())
            #expect(numbers(cameras) == after)
        }
    }

    @Test("Numbers that cannot be are refused, and none is changed") func refusedNumbers() async throws {
        try await TestFleet.run(TestFleet.nikons(3)) { fleet in
            let client = try await fleet.server.client()
            let before = try await list(client)
            let id = before[0]["id"].string ?? ""
            for json in [
                "{}", #"{"numbers":null}"#, #"{"numbers":[1,2]}"#, #"{"numbers":{"1":"5"}}"#,
                #"{"numbers":{"1":null}}"#, #"{"numbers":{"1":0}}"#, #"{"numbers":{"1":-1}}"#,
                #"{"numbers":{"1":1.5}}"#, #"{"numbers":{"1":1000001}}"#, #"{"numbers":{"1":5,"2":5}}"#,
                #"{"numbers":{"1":2}}"#, #"{"numbers":{"1":7,"9":8}}"#, #"{"numbers":{"1":7,"nobody":8}}"#,
                "{\"numbers\":{\"1\":7,\"\(id)\":8}}", "{\"numbers\":{\"1\":7,\"camera-1\":7}}",
                #"{"numbers":{"2":7,"3":1}}"#,
            ] {
                let answer = try await client.ask(0x0923, json)
                #expect(answer.isRefusal(0x201D), "\(json): \(answer.told)")
            }
            #expect(try await list(client) == before)
        }
    }

    @Test(
        "A body that replaces another has its number, name and groups, after a restart too; that one has the next free")
    func replaced() async throws {
        let folder = TemporaryFolder()
        var ids: [JSONValue] = []
        try await TestFleet.run(TestFleet.nikons(3), folder: folder) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0920, #"{"camera":2,"name":"left","camera_number":12,"groups":["ring"]}"#)
            _ = try await client.ask(0x0920, #"{"camera":3,"name":"spare","groups":["shelf"]}"#)
            let before = try await list(client)
            ids = before.map { $0["id"] }
            let session = try await client.open(12)
            // The one that goes may be away already.
            try await unplug(fleet, 1, client)
            let answer = try await client.ask(0x0921, #"{"camera":"left","by":"spare"}"#)
            let info = answer.json
            #expect(info["id"] == before[1]["id"], "\(answer.told)")
            #expect(info["camera_number"].integer == 12)
            #expect(info["name"].string == "left")
            #expect(info["groups"] == .array([.string("ring")]))
            let after = try await list(client)
            #expect(after.map { $0["camera_number"].integer } == [1, 2, 12])
            #expect(after.map { $0["id"] } == [ids[0], ids[2], ids[1]])
            #expect(after[1]["name"].string == "camera-2")
            #expect(after[1]["groups"] == .array([]))
            // A session stays with its body.
            #expect(try await client.ask(0x0007, session: session, #"{"widget_id":"iso"}"#).isRefusal(0xA001))
            let opened = try await client.ask(0x0903, #"{"camera":"left"}"#)
            #expect(opened.json["camera"]["id"] == ids[1])
        }
        try await TestFleet.run(TestFleet.nikons(3), folder: folder) { fleet in
            let after = try await list(try await fleet.server.client())
            #expect(after.map { $0["camera_number"].integer } == [1, 2, 12])
            #expect(after.map { $0["id"] } == [ids[0], ids[2], ids[1]])
            #expect(after.map { $0["name"].string } == ["camera-1", "camera-2", "left"])
        }
    }

    @Test("What cannot be replaced or forgotten is refused, and nothing is changed") func refusals() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let before = try await list(client)
            for (code, json, refusal) in [
                (0x0921, "{}", 0x201D), (0x0921, #"{"camera":1}"#, 0x201D), (0x0921, #"{"by":1}"#, 0x201D),
                (0x0921, #"{"camera":1,"by":1}"#, 0x201D), (0x0921, #"{"camera":1,"by":"camera-1"}"#, 0x201D),
                (0x0921, #"{"camera":1,"by":9}"#, 0x201D), (0x0921, #"{"camera":"nobody","by":1}"#, 0x201D),
                (0x0921, #"{"camera":null,"by":1}"#, 0x201D), (0x0921, #"{"camera":1,"by":true}"#, 0x201D),
                (0x0922, "{}", 0x201D), (0x0922, #"{"camera":9}"#, 0x201D), (0x0922, #"{"camera":"nobody"}"#, 0x201D),
                (0x0922, #"{"camera":null}"#, 0x201D), (0x0922, #"{"camera":1}"#, 0x2019),
                (0x0920, #"{}"#, 0x201D), (0x0920, #"{"name":"x"}"#, 0x201D),
            ] as [(UInt16, String, UInt16)] {
                let answer = try await client.ask(code, json)
                #expect(answer.isRefusal(refusal), "0x\(String(code, radix: 16)) \(json): \(answer.told)")
            }
            #expect(try await list(client) == before)
        }
    }

    @Test("What was never open cannot be named, numbered or replaced, can be forgotten, and is listed when it comes")
    func neverOpen() async throws {
        let rig = try await VirtualRig.start(TestFleet.nikons(2))
        let (here, away) = (rig.listeners[0], rig.listeners[1])
        await away.unplug()
        try await TestServer.run([here, away].map { BodyPort(path: $0.portPath) }) { server in
            try await server.waitUntilReady(1)
            let client = try await server.client()
            try await waitUntil("the other is known to be away") {
                try await list(client)[1]["state"].string == "unplugged"
            }
            let before = try await list(client)
            #expect(before[1]["provisional"].bool == true)
            for (code, json) in [
                (0x0920, #"{"camera":2,"name":"left"}"#), (0x0921, #"{"camera":2,"by":1}"#),
                (0x0921, #"{"camera":1,"by":2}"#), (0x0923, #"{"numbers":{"1":2,"2":1}}"#),
            ] as [(UInt16, String)] {
                let answer = try await client.ask(code, json)
                #expect(answer.isRefusal(0x2019), "\(json): \(answer.told)")
            }
            #expect(try await list(client) == before)
            #expect(try await client.ask(0x0922, #"{"camera":2}"#).code == 0x2001)
            #expect(try await list(client) == [before[0]])
            try await away.replug()
            try await waitUntilReady(client, 2)
            let after = try await list(client)
            #expect(after[0] == before[0])
            #expect(after[1]["camera_number"].integer == 2)
            #expect(after[1]["provisional"] == .null)
        }
        await rig.stop()
    }

    @Test("A body that is forgotten is not listed, its name and number are free, and after a restart too")
    func forgotten()
        async throws
    {
        let folder = TemporaryFolder()
        try await TestFleet.run(TestFleet.nikons(2), folder: folder) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0920, #"{"camera":2,"name":"left","groups":["ring"]}"#)
            try await unplug(fleet, 1, client)
            #expect(try await client.ask(0x0922, #"{"camera":"left"}"#).json == .object([:]))
            #expect(try await list(client).map { $0["camera_number"].integer } == [1])
            #expect(try await client.ask(0x0903, #"{"camera":2}"#).isRefusal(0x201D))
            #expect(try await client.ask(0x0922, #"{"camera":2}"#).isRefusal(0x201D))
            #expect(try await client.ask(0x0920, #"{"camera":1,"name":"left","camera_number":2}"#).code == 0x2001)
        }
        try await TestServer.run([], folder: folder) { server in
            let cameras = try await list(try await server.client())
            #expect(cameras.map { $0["name"].string } == ["left"])
        }
    }

    @Test(
        "A forgotten body that comes back is listed anew, without what it was called, and its open session works again",
        arguments: [true, false])
    func comesBack(hasSession: Bool) async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0920, #"{"camera":2,"name":"left","groups":["ring"]}"#)
            let id = try await list(client)[1]["id"]
            let session = hasSession ? try await client.open(2) : nil
            try await unplug(fleet, 1, client)
            #expect(try await client.ask(0x0922, #"{"camera":2}"#).code == 0x2001)
            if let session {
                #expect(try await client.ask(0x0900, session: session, "{}").isRefusal(0xA001))
            }
            // Its number goes to another meanwhile.
            #expect(try await client.ask(0x0920, #"{"camera":1,"camera_number":2,"name":"left"}"#).code == 0x2001)
            try await fleet.rig.listeners[1].replug()
            try await waitUntilReady(client, 2)
            let cameras = try await list(client)
            #expect(cameras.map { $0["camera_number"].integer } == [1, 2])
            #expect(cameras[0]["id"] == id)
            #expect(cameras[0]["name"].string == "camera-1")
            #expect(cameras[0]["groups"] == .array([]))
            #expect(cameras[0]["sessions"].integer == (hasSession ? 1 : 0))
            if let session {
                let widget = try await client.ask(0x0007, session: session, #"{"widget_id":"serialnumber"}"#)
                #expect(widget.json["widget_value"] == cameras[0]["serial"])
            }
            #expect(try await client.ask(0x0903, #"{"camera":1}"#).json["camera"]["id"] == id)
        }
    }
}
