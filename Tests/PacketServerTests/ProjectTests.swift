import Archive
import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// Projects (0x0965 to 0x0967), and what lies beside the images of their shots.
@Suite struct ProjectTests {
    private func run(
        _ dialects: [Dialect], _ saving: SavingPolicy = SavingPolicy(), folder: TemporaryFolder = TemporaryFolder(),
        names: String = "project", companions: Companions = Companions(), limits: FleetLimits = FleetLimits(),
        _ change: (inout [VirtualBodyDescription]) -> Void = { _ in }, _ test: (GroupRig) async throws -> Void
    ) async throws {
        try await GroupRig.run(
            dialects, folder: folder, limits: limits, saving: saving, names: names, companions: companions, change, test
        )
    }

    private func written(_ path: String, in rig: GroupRig) -> JSONValue? {
        FileManager.default.contents(atPath: "\(rig.folder.path)/images/\(path)").flatMap {
            try? JSONDecoder().decode(JSONValue.self, from: $0)
        }
    }

    /// The manifest once it is so.
    private func manifest(
        _ path: String, in rig: GroupRig, until isSo: @Sendable (JSONValue) -> Bool = { _ in true }
    ) async throws -> JSONValue {
        try await waitUntil("\(path) is written") { self.written(path, in: rig).map(isSo) ?? false }
        return try #require(written(path, in: rig))
    }

    private func name(_ number: Int) -> String { "shot-0000\(number)" }

    @Test("Shots and images belong to the project that is open, which outlives a restart, and are listed by it")
    func projects() async throws {
        let folder = TemporaryFolder()
        try await run([.nikon], folder: folder) { rig in
            #expect(try await rig.ask(0x0967).json == .object(["projects": .array([])]))
            #expect(
                try await rig.ask(0x0965, "{\"project\":\"Bust 12\"}").json == .object(["project": .string("Bust 12")]))
            let shot = try await rig.ask(0x0932, "{\"download\":true}").json
            #expect(shot["project"].string == "Bust 12")
            let place = try #require(shot["cameras"][0]["images"][0]["saved_as"].string)
            #expect(place == "images/Bust 12/\(name(shot["shot"].integer ?? 0))/01-DSC_0004.JPG")
        }
        try await run([.nikon], folder: folder) { rig in
            let watcher = try await rig.watcher("image_saved")
            #expect(rig.bodies[0].pressShutter())
            _ = try await watcher.packet()
            #expect(try await rig.ask(0x0966).json == .object([:]))
            let single = try await rig.ask(0x0932, "{\"download\":true}").json
            #expect(single["project"] == .null)

            let list = try await rig.ask(0x0967, "{\"limit\":5}").json["projects"].array
            #expect(list.count == 1 && list[0].keys == ["project", "opened_at", "shots", "images", "open"])
            #expect(list[0]["shots"].integer == 1 && list[0]["images"].integer == 2)
            #expect(list[0]["project"].string == "Bust 12" && list[0]["open"] == .bool(false))
            let shots = try await rig.ask(0x0940, "{\"project\":\"Bust 12\"}").json["shots"].array
            #expect(shots.count == 1 && shots[0]["project"].string == "Bust 12")
            #expect(try await rig.ask(0x0940).json["shots"].array.count == 2)
            let images = try await rig.ask(0x0961, "{\"project\":\"Bust 12\"}").json["images"].array
            #expect(images.count == 2 && images.allSatisfy { $0["project"].string == "Bust 12" })
            #expect(try await rig.ask(0x0962, "{\"project\":\"Bust 12\"}").json["images"].array.count == 2)
        }
    }

    @Test(
        "Bad names and arguments are refused and change nothing",
        arguments: [
            (0x0965, "{}"), (0x0965, "{\"project\":\"\"}"), (0x0965, "{\"project\":\" \"}"),
            (0x0965, "{\"project\":\"a\\u0007\"}"), (0x0965, "{\"project\":7}"), (0x0965, "{\"project\":null}"),
            (0x0965, "{\"project\":\"\(String(repeating: "x", count: 101))\"}"), (0x0966, "[]"),
            (0x0967, "{\"limit\":0}"), (0x0967, "{\"before\":\"none\"}"), (0x0967, "{\"before\":1}"),
            (0x0940, "{\"project\":\"none\"}"), (0x0961, "{\"project\":\"none\"}"), (0x0961, "{\"project\":null}"),
        ] as [(UInt16, String)])
    func refusals(code: UInt16, json: String) async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            #expect(try await client.ask(0x0965, "{\"project\":\"a\"}").code == 0x2001)
            #expect(try await client.ask(code, json).isRefusal(0x201D))
            let list = try await client.ask(0x0967).json["projects"].array
            #expect(list.map { $0["project"].string } == ["a"] && list[0]["open"] == .bool(true))
        }
    }

    @Test("Opening, closing and listing have the page's bytes")
    func bytes() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            try await client.send(
                [
                    // 12 + 4 + 16 bytes, a command, 0x0965, no session, transaction 9, {"project":"é"}
                    32, 0, 0, 0, 1, 0, 0x65, 0x09, 0, 0, 0, 0, 9, 0, 0, 0,
                ] + Array("{\"project\":\"é\"}".utf8))
            var answer = try await client.packet()
            #expect(answer.type == 3 && answer.code == 0x2001 && answer.transaction == 9)
            #expect(answer.body.dropFirst(4).elementsEqual("{\"project\":\"é\"}".utf8))
            // Without a JSON object.
            try await client.send([16, 0, 0, 0, 1, 0, 0x66, 0x09, 0, 0, 0, 0, 10, 0, 0, 0])
            answer = try await client.packet()
            #expect(answer.type == 3 && answer.code == 0x2001 && answer.transaction == 10)
            #expect(answer.body.dropFirst(4).elementsEqual("{}".utf8))
            try await client.send([12, 0, 0, 0, 1, 0, 0x67, 0x09, 0, 0, 0, 0])
            answer = try await client.packet()
            #expect(answer.type == 3 && answer.code == 0x2001 && answer.transaction == 0)
            #expect(answer.json["projects"][0]["project"].string == "é")
        }
    }

    @Test(
        "A shot's manifest has each body's release and settings, and a RAW and a JPEG as one frame",
        arguments: Dialect.allCases)
    func manifests(dialect: Dialect) async throws {
        try await run([dialect, .nikon], names: "shot") { rig in
            _ = try await rig.ask(
                0x0933, "{\"cameras\":[2],\"widgets\":{\"imagequality\":\"NEF+Basic\",\"iso\":\"800\"}}")
            let shot = try await rig.ask(0x0932, "{\"download\":true}").json
            #expect(shot["state"].string == "complete", "\(shot)")
            let number = name(shot["shot"].integer ?? 0)
            let manifest = try await manifest("\(number)/\(number).json", in: rig)
            for key in ["shot", "fired_at", "spread_ns", "state"] { #expect(manifest[key] == shot[key], "\(key)") }
            for (described, camera) in zip(manifest["cameras"].array, shot["cameras"].array) {
                for key in ["id", "camera_number", "released_at", "state"] { #expect(described[key] == camera[key]) }
                let images = described["frames"].array.flatMap { $0["images"].array }
                #expect(
                    Set(images.map { $0["saved_as"].string })
                        == Set(camera["images"].array.map { $0["saved_as"].string }))
                #expect(images.allSatisfy { $0["sha256"].string?.count == 64 })
                #expect(described["frames"].array.count == 1)
                #expect(described["name"].string != nil && described["model"].string != nil)
                let read = try #require(described["widgets_read_at"].integer)
                #expect(read > described["released_at"].integer ?? .max && !described["widgets"].keys.isEmpty)
            }
            let second = manifest["cameras"][1]
            #expect(second["widgets"]["iso"].string == "800" && second["widgets"]["imagequality"].string == "NEF+Basic")
            #expect(second["frames"][0]["images"].array.count == 2)
            #expect(rig.releases == [1, 1])
        }
    }

    @Test("The settings of a shot are read before it is told: who changes them then, changes nothing in its manifest")
    func settings() async throws {
        var limits = FleetLimits()
        // Other tests take a small machine for seconds.
        limits.settingsTime = .seconds(20)
        try await run([.nikon], names: "shot", limits: limits) { rig in
            for (index, value) in ["200", "400", "1600"].enumerated() {
                _ = try await rig.ask(0x0933, "{\"widgets\":{\"iso\":\"\(value)\"}}")
                #expect(try await rig.ask(0x0932).json["state"].string == "complete")
                _ = try await rig.ask(0x0933, "{\"widgets\":{\"iso\":\"100\"}}")
                let number = name(index + 1)
                let manifest = try await manifest("\(number)/\(number).json", in: rig)
                #expect(manifest["cameras"][0]["widgets"]["iso"].string == value)
            }
        }
    }

    @Test("A manifest that a server had no time to write is written by the next one")
    func restart() async throws {
        let folder = TemporaryFolder()
        try await leaveShotUnderWay(in: folder)
        try await TestServer.run([], folder: folder) { _ in
            let path = "\(folder.path)/images/shot-00001/shot-00001.json"
            try await waitUntil("the manifest is written") { FileManager.default.fileExists(atPath: path) }
            let manifest = try JSONDecoder().decode(
                JSONValue.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(manifest["state"].string == "incomplete")
            let camera = manifest["cameras"][0]
            #expect(camera["error"]["error"].string == "Transaction_Cancelled")
            #expect(camera["frames"][0]["images"][0]["saved_as"].string == "images/shot-00001/01-A.JPG")
        }
    }

    /// What a server leaves that ended before its shot was over, and after an image of it was saved.
    private func leaveShotUnderWay(in folder: TemporaryFolder) async throws {
        let camera = CameraInfo(
            id: BodyID(rawValue: "nikon-1"), cameraNumber: 1, name: "front", model: "D750", port: "usb:001,002",
            state: .ready)
        let roster = try Roster(folder: folder.path)
        try FileManager.default.createDirectory(atPath: folder.path + "/spool", withIntermediateDirectories: false)
        let images = roster.images(in: folder.path, template: try NameTemplate("shot"))
        try await roster.shots.keep(
            Shot(number: 1, state: .fired, cameras: [ShotCamera(id: camera.id, cameraNumber: 1, state: .released)]))
        let wanted = try await images.want(ObjectPath(folder: "/", name: "A.JPG"), of: camera.id, at: 5, shot: 1)
        let spool = images.newSpoolFile()
        try Data("image".utf8).write(to: URL(fileURLWithPath: spool))
        _ = try await images.save(wanted, from: spool, try DiskOperations().digest(of: spool), camera: camera)
    }

    @Test("A manifest is written again when an image is saved after a replug")
    func late() async throws {
        let folder = TemporaryFolder()
        try await run([.nikon, .nikon], folder: folder, names: "shot", { $0[0].linkBytesPerSecond = 60_000 }) { rig in
            let watcher = try await rig.watcher("camera_detached")
            let shot = try #require(try await rig.ask(0x0932).json["shot"].integer)
            await rig.fleet.rig.listeners[0].unplug()
            _ = try await watcher.packet()
            let path = "\(name(shot))/\(name(shot)).json"
            let early = try await manifest(path, in: rig) { !$0["cameras"].array.isEmpty }
            #expect(early["cameras"][0]["frames"][0]["images"][0]["saved_as"] == .null)
            #expect(early["cameras"][1]["frames"][0]["images"][0]["saved_as"].string != nil)
            try await rig.fleet.rig.listeners[0].replug()
            _ = try await manifest(path, in: rig) { manifest in
                manifest["cameras"][0]["frames"][0]["images"][0]["saved_as"].string != nil
            }
        }
    }

    @Test("Each image has a sidecar where that is wanted, and no shot a manifest where that is not")
    func sidecars() async throws {
        try await run([.nikon], names: "shot", companions: Companions(manifests: false, sidecars: true)) { rig in
            _ = try await rig.ask(0x0965, "{\"project\":\"A & B\"}")
            let shot = try await rig.ask(0x0932, "{\"download\":true}").json
            let place = try #require(shot["cameras"][0]["images"][0]["saved_as"].string)
            let path = "\(rig.folder.path)/\(place.dropLast(4)).xmp"
            try await waitUntil("the sidecar is written") { FileManager.default.fileExists(atPath: path) }
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains("A &amp; B") && text.contains("xmp:CreateDate") && text.contains("D7500"))
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { $0.suffix(4) } == [
                    ".JPG", ".xmp",
                ])
        }
    }
}
