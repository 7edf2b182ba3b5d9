import Archive
import Crypto
import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// Images on the server's disk (protocol.md, `download`, `saved_as` and image_saved).
@Suite struct SavingTests {
    private func run(
        _ dialects: [Dialect], _ saving: SavingPolicy, folder: TemporaryFolder = TemporaryFolder(),
        _ change: (inout [VirtualBodyDescription]) -> Void = { _ in }, _ test: (GroupRig) async throws -> Void
    ) async throws {
        try await GroupRig.run(dialects, folder: folder, saving: saving, change, test)
    }

    /// Whether what an answer or event says of an image is so.
    private func expectSaved(_ image: JSONValue, in rig: GroupRig) throws {
        let place = try #require(image["saved_as"].string)
        #expect(place.hasPrefix("images/") && !place.contains("/."))
        let content = try Data(contentsOf: URL(fileURLWithPath: "\(rig.folder.path)/\(place)"))
        #expect(content.count == image["size"].integer)
        let digest = SHA256.hash(data: content).map { String(format: "%02x", $0) }.joined()
        #expect(image["sha256"].string == digest)
    }

    @Test("An image of any release is saved by itself, once, and told", arguments: Dialect.allCases)
    func byItself(dialect: Dialect) async throws {
        try await run([dialect], SavingPolicy()) { rig in
            let watcher = try await rig.watcher("image_saved", "object_added")
            let session = try await rig.client.open(1)
            let captured = try await rig.client.ask(0x0002, session: session).json["images"][0]
            #expect(captured["saved_as"] == .null)
            let saved = try await watcher.packet { $0.code == 0xC002 }.json
            #expect(saved.keys.sorted() == ["camera", "folder", "name", "saved_as", "sha256", "size"])
            #expect(saved["name"] == captured["name"] && saved["folder"] == captured["folder"])
            try expectSaved(saved, in: rig)

            #expect(rig.bodies[0].pressShutter())
            let pressed = try await watcher.packet { $0.code == 0xC002 }.json
            #expect(pressed["name"].string == dialect.picture(5))
            try expectSaved(pressed, in: rig)
        }
    }

    @Test("With download the answer comes when the image is saved, also where nothing is saved by itself")
    func onDemand() async throws {
        try await run([.nikon, .canonEOS, .ptp], SavingPolicy(kinds: .none)) { rig in
            let watcher = try await rig.watcher("image_saved")
            for camera in 1...3 {
                let session = try await rig.client.open(camera)
                let plain = try await rig.client.ask(0x0002, session: session).json["images"][0]
                #expect(plain["saved_as"] == .null)
                let answer = try await rig.client.ask(0x0002, session: session, "{\"download\":true}")
                #expect(answer.code == 0x2001, "\(answer.told)")
                let image = answer.json["images"][0]
                try expectSaved(image, in: rig)
                #expect(try await watcher.packet().json["saved_as"] == image["saved_as"])
            }
        }
    }

    @Test("A command that is cancelled while its image is being saved ends at once; the image is saved all the same")
    func cancelled() async throws {
        try await run([.nikon], SavingPolicy(kinds: .none), { $0[0].linkBytesPerSecond = 30_000 }) { rig in
            let watcher = try await rig.watcher("image_saved")
            let session = try await rig.client.open(1)
            try await rig.client.command(0x0002, session: session, transaction: 5, "{\"download\":true}")
            // The body answers this after the release, and before it has given the image.
            let other = try await rig.client.open(1)
            #expect(try await rig.client.ask(0x0007, session: other, "{\"widget_id\":\"iso\"}").code == 0x2001)
            try await rig.client.command(0x0017, session: session, transaction: 8, "{\"transaction_ID\":5}")
            let answers = [try await rig.client.packet(), try await rig.client.packet()]
            #expect(answers.map(\.transaction) == [5, 8] && answers.map(\.code) == [0x201F, 0x2001])
            try expectSaved(try await watcher.packet().json, in: rig)
        }
    }

    @Test(
        "A shot's images are saved before it is told as complete, and it says where they are", arguments: [false, true])
    func shots(isAsked: Bool) async throws {
        try await run([.nikon, .canonEOS], SavingPolicy(kinds: isAsked ? .none : .all)) { rig in
            let watcher = try await rig.watcher("image_saved", "shot_complete")
            let answer = try await rig.ask(0x0932, isAsked ? "{\"download\":true}" : "{}")
            #expect(answer.json["state"].string == "complete", "\(answer.told)")
            let told = [try await watcher.packet(), try await watcher.packet(), try await watcher.packet()]
            #expect(told.map(\.code) == [0xC002, 0xC002, 0xC004])
            let number = try #require(answer.json["shot"].integer)
            #expect(told.prefix(2).allSatisfy { $0.json["shot"].integer == number })
            let complete = told[2].json
            for camera in complete["cameras"].array { try expectSaved(camera["images"][0], in: rig) }
            if isAsked { #expect(answer.json == complete) }
            #expect(try await rig.shot(number) == complete)
            #expect(try await rig.ask(0x0940).json["shots"][0] == complete)
        }
    }

    @Test("What a pulled plug kept from the disk is fetched when the body is back, and belongs to its shot")
    func unplugged() async throws {
        try await run([.nikon, .nikon], SavingPolicy(), { $0[0].linkBytesPerSecond = 60_000 }) {
            rig in
            let watcher = try await rig.watcher("object_added", "image_saved", "camera_detached")
            let shot = try #require(try await rig.ask(0x0932, "{\"cameras\":[1]}").json["shot"].integer)
            await rig.fleet.rig.listeners[0].unplug()
            _ = try await watcher.packet { $0.code == 0xC007 }
            let complete = try await rig.end(of: shot)
            #expect(complete["cameras"][0]["images"][0]["saved_as"] == .null)
            try await rig.fleet.rig.listeners[0].replug()
            let saved = try await watcher.packet { $0.code == 0xC002 }.json
            #expect(saved["shot"].integer == shot)
            try expectSaved(saved, in: rig)
            try expectSaved(try await rig.shot(shot)["cameras"][0]["images"][0], in: rig)
        }
    }

    @Test("Every image that a body has told of is wanted still when the server ends before it is saved")
    func wanted() async throws {
        let folder = TemporaryFolder()
        var id = ""
        try await run([.nikon], SavingPolicy(), folder: folder, { $0[0].linkBytesPerSecond = 50_000 }) { rig in
            let watcher = try await rig.watcher("object_added")
            id = try await rig.ask(0x0902).json["cameras"][0]["id"].string ?? ""
            let session = try await rig.client.open(1)
            for _ in 0..<3 {
                #expect(try await rig.client.ask(0x0002, session: session).code == 0x2001)
                _ = try await watcher.packet()
            }
            // Another question of the same database comes behind what was written.
            _ = try await rig.ask(0x0940)
        }
        let roster = try Roster(folder: folder.path)
        let images = roster.images(in: folder.path, template: try NameTemplate("body"))
        let saved = try await images.images(limit: 10)
        let wanted = try await images.wanted(of: BodyID(rawValue: id))
        #expect(saved.count + wanted.count == 3 && !wanted.isEmpty, "\(saved.count) saved, \(wanted.count) wanted")
    }

    @Test("A disk without room refuses releases before they are done, and images stay on their cards")
    func fullDisk() async throws {
        try await run([.nikon], SavingPolicy(kinds: .none, reserve: 1 << 60)) { rig in
            let session = try await rig.client.open(1)
            for (code, isOfBody) in [(0x0002, true), (0x0932, false)] as [(UInt16, Bool)] {
                let answer = try await rig.client.ask(code, session: isOfBody ? session : 0, "{\"download\":true}")
                #expect(answer.isRefusal(0x200C), "\(answer.told)")
            }
            #expect(rig.releases == [0])
            #expect(try await rig.client.ask(0x0002, session: session).code == 0x2001)
        }
    }

    @Test("An image is deleted from its card once it is saved, where that is wanted", arguments: Dialect.allCases)
    func deleted(dialect: Dialect) async throws {
        try await run([dialect], SavingPolicy(deletesFromCard: true)) { rig in
            let watcher = try await rig.watcher("image_saved", "object_removed")
            let session = try await rig.client.open(1)
            let image = try await rig.client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
            try expectSaved(image, in: rig)
            let removed = try await watcher.packet { $0.code == 0x4003 }.json
            #expect(removed["name"] == image["name"])
            let files = try await rig.client.ask(0x000B, session: session, "{\"recurse\":true}").json["files"].array
            #expect(!files.isEmpty && !files.contains { $0["name"] == image["name"] })
        }
    }

    @Test("A file that a client gives to a body is no image of the body's", arguments: Dialect.allCases)
    func uploads(dialect: Dialect) async throws {
        try await run([dialect], SavingPolicy()) { rig in
            let watcher = try await rig.watcher("image_saved", "object_added")
            let session = try await rig.client.open(1)
            let place = "\"folder\":\"\(dialect.folder)\",\"name\":\"GIVEN.JPG\",\"size\":4"
            let ticket = try await rig.client.ask(0x000D, session: session, "{\(place)}").json["ticket"].string ?? ""
            let port = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            #expect(try await port.upload([1, 2, 3, 4], ticket, session: session).code == 0x2001)
            #expect(try await watcher.packet().json["name"].string == "GIVEN.JPG")
            _ = try await rig.client.ask(0x0002, session: session)
            let saved = try await watcher.packet { $0.code == 0xC002 }.json
            #expect(saved["name"].string == dialect.picture(4), "the upload was not saved before it")
        }
    }

    @Test("A file that is given to a body is no image of a shot that collects what the body brings")
    func uploadDuringShot() async throws {
        try await run([.nikon], SavingPolicy(kinds: .none)) { rig in
            let watcher = try await rig.watcher("object_added")
            let session = try await rig.client.open(1)
            let place = "\"folder\":\"\(Dialect.nikon.folder)\",\"name\":\"GIVEN.JPG\",\"size\":4"
            let ticket = try await rig.client.ask(0x000D, session: session, "{\(place)}").json["ticket"].string ?? ""
            let other = try await rig.fleet.server.client()
            try await other.command(0x0938, session: 0, transaction: 1, "{\"window_seconds\":60}")
            try await waitUntil("the shot is there") {
                try await !rig.ask(0x0940).json["shots"].array.isEmpty
            }
            let port = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            #expect(try await port.upload([1, 2, 3, 4], ticket, session: session).code == 0x2001)
            #expect(try await watcher.packet().json["name"].string == "GIVEN.JPG")
            #expect(rig.bodies[0].pressShutter())
            #expect(try await watcher.packet().json["name"].string == Dialect.nikon.picture(4))
            let number = try #require(try await rig.ask(0x0940).json["shots"][0]["shot"].integer)
            let images = try await rig.shot(number)["cameras"][0]["images"].array
            #expect(images.compactMap { $0["name"].string } == [Dialect.nikon.picture(4)])
        }
    }

    @Test("Who asks for the images of cards, and closes the connection meanwhile, is not kept waiting")
    func closedWhileFetching() async throws {
        try await run([.nikon], SavingPolicy(kinds: .none), { $0[0].linkBytesPerSecond = 100_000 }) { rig in
            let watcher = try await rig.watcher("image_saved")
            let client = try await rig.fleet.server.client()
            try await client.command(0x0963, session: 0, transaction: 1, "{}")
            _ = try await watcher.packet()
            try await client.command(0x0999, session: 0, transaction: 2, "{}")
            let answers = [try await client.packet { $0.type == 3 }, try await client.packet { $0.type == 3 }]
            #expect(answers.map(\.transaction) == [1, 2] && answers[1].code == 0x2001)
            #expect(answers[0].json["cameras"][0]["error"]["error"].string == "Transaction_Cancelled")
            // What was begun goes on.
            _ = try await watcher.packet()
        }
    }

    @Test("What was never saved is fetched from the cards, once, and every image is listed and can be read back")
    func fetching() async throws {
        try await run([.nikon, .canonEOS, .ptp], SavingPolicy(kinds: .none)) { rig in
            let first = try await rig.ask(0x0963)
            #expect(first.code == 0x2001, "\(first.told)")
            for (camera, body) in zip(first.json["cameras"].array, rig.bodies) {
                #expect(
                    camera["fetched"].integer == body.filePaths.count && camera["failed"].integer == 0, "\(first.told)")
            }
            let again = try await rig.ask(0x0963, "{\"cameras\":[2]}").json["cameras"][0]
            #expect(again["fetched"].integer == 0 && again["known"].integer == rig.bodies[1].filePaths.count)

            let images = try await rig.ask(0x0961).json["images"].array
            #expect(images.count == rig.bodies.reduce(0) { $0 + $1.filePaths.count })
            for image in images { try expectSaved(image, in: rig) }
            let numbers = images.compactMap { $0["image"].integer }
            #expect(numbers == numbers.sorted(by: >))
            let page = try await rig.ask(0x0961, "{\"limit\":2,\"before\":\(numbers[1])}").json["images"].array
            #expect(page == Array(images[2...3]))
            let ofOne = try await rig.ask(0x0961, "{\"camera\":1}").json["images"].array
            #expect(ofOne.count == rig.bodies[0].filePaths.count)

            let place = try #require(images[0]["saved_as"].string)
            var content = try Data(contentsOf: URL(fileURLWithPath: "\(rig.folder.path)/\(place)"))
            content[content.count / 2] ^= 1
            try content.write(to: URL(fileURLWithPath: "\(rig.folder.path)/\(place)"))
            let verified = try await rig.ask(0x0962).json["images"].array
            #expect(verified.count == images.count)
            #expect(verified.filter { $0["condition"].string != "intact" } == [verified[0]])
            #expect(verified[0]["condition"].string == "changed" && verified[0]["saved_as"].string == place)
            for (code, json) in [
                (0x0961, "{\"limit\":0}"), (0x0961, "{\"camera\":9}"), (0x0962, "{\"limit\":\"1\"}"),
                (0x0963, "{\"group\":\"none\"}"),
            ] as [(UInt16, String)] {
                #expect(try await rig.ask(code, json).isRefusal(0x201D), "\(json)")
            }
        }
    }

    @Test("An image is not fetched again after a reset, whatever the body's clock says", arguments: Dialect.allCases)
    func otherClock(dialect: Dialect) async throws {
        try await run([dialect], SavingPolicy(kinds: .none)) { rig in
            let session = try await rig.client.open(1)
            if dialect != .ptp {
                let past = "{\"widget_id\":\"datetime\",\"widget_value\":1600000000}"
                #expect(try await rig.client.ask(0x0009, session: session, past).code == 0x2001)
            }
            _ = try await rig.ask(0x0963)
            #expect(try await rig.client.ask(0x0002, session: session, "{\"download\":true}").code == 0x2001)
            #expect(try await rig.client.ask(0x0015, session: session).code == 0x2001)
            let camera = try await rig.ask(0x0963).json["cameras"][0]
            #expect(camera["fetched"].integer == 0 && camera["known"].integer == rig.bodies[0].filePaths.count)
        }
    }

    @Test("RAW is saved after what is not, or alone, or not at all")
    func kinds() async throws {
        for (kinds, endings) in [
            (SavingPolicy.Kinds.rawLast, ["JPG", "NEF"]), (.raw, ["NEF"]), (.withoutRaw, ["JPG"]),
        ] {
            try await run([.nikon], SavingPolicy(kinds: kinds)) { rig in
                _ = try await rig.ask(0x0933, "{\"widgets\":{\"imagequality\":\"NEF+Basic\"}}")
                let watcher = try await rig.watcher("image_saved", "shot_complete")
                _ = try await rig.ask(0x0932)
                var saved: [String] = []
                while true {
                    let event = try await watcher.packet()
                    if event.code == 0xC004 { break }
                    saved.append(String(event.json["name"].string?.suffix(3) ?? ""))
                }
                #expect(saved.count == endings.count && Set(saved) == Set(endings), "\(kinds): \(saved)")
            }
        }
    }

    @Test("An image that its body was too busy to give is asked for again while the body stays there")
    func busyForLong() async throws {
        var limits = FleetLimits()
        limits.savingPause = .milliseconds(100)
        try await GroupRig.run([.nikon], limits: limits, saving: SavingPolicy()) { rig in
            let watcher = try await rig.watcher("image_saved")
            let session = try await rig.client.open(1)
            rig.bodies[0].inject(.busy.on(.getPartialObject))
            let answer = try await rig.client.ask(0x0002, session: session, #"{"download":true}"#)
            #expect(answer.isRefusal(0x2019), "\(answer.told)")
            rig.bodies[0].repair()
            let saved = try await watcher.packet().json
            #expect(saved["name"].string == Dialect.nikon.picture(4))
            try expectSaved(saved, in: rig)
        }
    }
}
