import FleetTesting
import Testing
import VirtualCamera

/// What bodies are called, and events (protocol.md, section 3).
@Suite struct NamingTests {
    @Test("Names, numbers and groups outlive a restart of the server, and name the body wherever a CAMERA is asked for")
    func restart() async throws {
        let folder = TemporaryFolder()
        var id = ""
        try await TestFleet.run(TestFleet.nikons(2), folder: folder) { fleet in
            let client = try await fleet.server.client()
            let named = try await client.ask(
                0x0920, "{\"camera\":2,\"name\":\"front-left\",\"camera_number\":7,\"groups\":[\"ring\",\"low\"]}")
            #expect(named.code == 0x2001)
            #expect(named.json["name"].string == "front-left")
            #expect(named.json["camera_number"].integer == 7)
            #expect(named.json["groups"] == .array([.string("low"), .string("ring")]))
            id = named.json["id"].string ?? ""
        }
        try await TestFleet.run(TestFleet.nikons(2), folder: folder) { fleet in
            let client = try await fleet.server.client()
            let cameras = try await client.ask(0x0902, "{}").json["cameras"].array
            #expect(cameras.map { $0["camera_number"].integer } == [1, 7])
            #expect(cameras[1]["id"].string == id)
            #expect(cameras[1]["name"].string == "front-left")
            for reference in ["7", "\"front-left\"", "\"\(id)\""] {
                let opened = try await client.ask(0x0903, "{\"camera\":\(reference)}")
                #expect(opened.json["camera"]["id"].string == id)
            }
        }
    }

    @Test("Taken and impossible names and numbers are refused, and nothing is changed")
    func refusals() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            _ = try await client.ask(0x0920, "{\"camera\":1,\"name\":\"left\"}")
            let before = try await client.ask(0x0902, "{}").json
            for arguments in [
                "\"name\":\"left\"", "\"name\":\"\"", "\"name\":\"a/b\"", "\"name\":\"..\"", "\"name\":7",
                "\"name\":null",
                "\"camera_number\":1", "\"camera_number\":0", "\"camera_number\":-3", "\"camera_number\":\"9\"",
                "\"camera_number\":1.5", "\"groups\":\"ring\"", "\"groups\":[1]",
                "\"name\":\"right\",\"camera_number\":1",
            ] {
                let answer = try await client.ask(0x0920, "{\"camera\":2,\(arguments)}")
                #expect(answer.code == 0x201D, "\(arguments)")
            }
            #expect(try await client.ask(0x0920, "{\"camera\":9,\"name\":\"x\"}").code == 0x201D)
            #expect(try await client.ask(0x0902, "{}").json == before)
        }
    }

    @Test("CAMERA_INFO has the page's keys and types")
    func cameraInfo() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let camera = try await client.ask(0x0902, "{}").json["cameras"][0]
            let expected: Set<String> = [
                "id", "camera_number", "name", "model", "manufacturer", "serial", "port", "state", "groups", "battery",
                "sessions", "live_view", "can",
            ]
            #expect(camera.keys == expected)
            let body = fleet.rig.bodies[0].description
            #expect(camera["serial"].string == body.serialNumber)
            #expect(camera["battery"].integer == body.batteryLevel)
            #expect(camera["state"].string == "ready")
            #expect(camera["model"].string?.contains(body.model) == true)
            #expect(camera["id"].string?.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.-".contains($0) } == true)
        }
    }

    @Test(
        "A finger on the body's own shutter button is an object_added, and a release tells busy, image and completion")
    func events() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let watcher = try await fleet.server.client()
            _ = try await watcher.ask(0x0910, "{\"events\":[\"object_added\",\"capture_complete\"]}")
            #expect(fleet.rig.bodies[0].pressShutter())
            let added = try await watcher.packet()
            #expect(added.type == 4)
            #expect(added.code == 0x4002)
            #expect(added.session == 0)
            #expect(added.transaction == 2)
            #expect(added.json.keys == ["camera", "folder", "name", "size"])
            #expect(added.json["size"].integer ?? 0 > 10_000)
            #expect(try await watcher.packet().code == 0x400D)

            _ = try await watcher.ask(0x0910, "{}")
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let answer = try await client.ask(0x0002, session: session, "{}")
            let name = answer.json["images"][0]["name"].string
            var codes: [UInt16] = []
            while codes.last != 0xC001 || codes.count < 4 {
                let event = try await watcher.packet()
                #expect(event.transaction == UInt32(4 + codes.count))
                codes.append(event.code)
                if event.code == 0x4002 { #expect(event.json["name"].string == name) }
                if event.code == 0xC001 { #expect(event.json["state"].string == (codes.count == 1 ? "busy" : "ready")) }
            }
            #expect(codes.first == 0xC001)
            #expect(Set(codes) == [0xC001, 0x4002, 0x400D])
        }
    }
}
