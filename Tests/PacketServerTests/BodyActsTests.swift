import FleetTesting
import Testing
import VirtualCamera

/// What the photographer does at the body, and other clients through the server, as a client hears of it (protocol.md,
/// section 3, events).
@Suite struct BodyActsTests {
    @Test(
        "A picture that the photographer takes is an object_added, which can be downloaded", arguments: Dialect.allCases
    )
    func shutter(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_added")
            #expect(rig.body.pressShutter())
            let event = try await watcher.packet { $0.type == 4 }
            #expect((event.code, event.session) == (0x4002, 0))
            #expect(
                event.json.shape == ["camera": "string", "folder": "string", "name": "string", "size": "integer"])
            #expect(try await rig.information()["id"] == event.json["camera"])
            #expect(event.json["folder"].string == dialect.folder)
            #expect(event.json["name"].string == dialect.picture(4))
            let (bytes, last) = try await rig.download(event.json)
            #expect(last.code == 0x2001)
            #expect(bytes.count == event.json["size"].integer)
            #expect(bytes == rig.body.content(ofListed: "\(dialect.folder)/\(dialect.picture(4))"))
        }
    }

    @Test(
        "A dial that is turned is a widget_changed with the value as the widget's type has it",
        arguments: Dialect.allCases)
    func dial(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            // What a body says first is how it is; after a release all of that was taken.
            #expect(try await rig.ask(0x0002).code == 0x2001)
            let watcher = try await rig.watcher("widget_changed")
            #expect(rig.body.turnDial(dialect.sensitivity.code, to: dialect.sensitivity.of400))
            let event = try await watcher.packet { $0.json["widget_id"].string == "iso" }
            #expect((event.type, event.code, event.session) == (4, 0x4006, 0))
            #expect(
                event.json.shape == ["camera": "string", "widget_id": "string", "widget_value": "string"])
            #expect(event.json["widget_value"].string == "400")
        }
    }

    @Test("A body that has much to tell of what is set is not listened to for long before the next is set")
    func talkative() async throws {
        try await BodyRig.run(.canonEOS) {
            $0.transactionLogLength = 10_000
        } _: { rig in
            rig.body.inject(.slow(.milliseconds(2)))
            // From when a setting was asked for: while nobody asks for anything, the body is listened to for as long as it tells.
            var longest = 0
            for number in 0..<80 {
                let value = number % 2 == 0 ? 200 : 400
                let before = rig.body.transactions().count
                let answer = try await rig.ask(0x0009, "{\"widget_id\":\"iso\",\"widget_value\":\"\(value)\"}")
                #expect(answer.code == 0x2001)
                let since = rig.body.transactions().dropFirst(before).map(\.operation)
                longest = max(longest, try #require(since.firstIndex(of: .canonSetDevicePropValueEx)))
            }
            // The driver says one thing at a time, and asks the body twice or more for each.
            #expect(longest < 60)
        }
    }

    @Test("A number that is changed at the body is told as a number") func numericDial() async throws {
        try await BodyRig.run(.ptp) { rig in
            #expect(try await rig.ask(0x0002).code == 0x2001)
            let watcher = try await rig.watcher("widget_changed")
            #expect(rig.body.turnDial(.focusDistance, to: 1234))
            let event = try await watcher.packet { $0.type == 4 }
            #expect(event.json["widget_id"].string == "focusdistance")
            #expect(String(decoding: event.content, as: UTF8.self).contains("\"widget_value\":12.34"))
        }
    }

    @Test("An image that is deleted at the body is an object_removed with its name", arguments: Dialect.allCases)
    func deletion(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_removed", "object_added")
            #expect(try await rig.files().count == 3)
            let path = try #require(rig.body.filePaths.first { $0.hasSuffix(dialect.picture(2)) })
            #expect(rig.body.deleteOnBody(path))
            let event = try await watcher.packet { $0.type == 4 }
            #expect((event.code, event.session) == (0x4003, 0))
            #expect(event.json.shape == ["camera": "string", "folder": "string", "name": "string"])
            #expect(event.json["folder"].string == dialect.folder)
            #expect(event.json["name"].string == dialect.picture(2))
            #expect(try await rig.files().compactMap { $0["name"].string } == [dialect.picture(1), dialect.picture(3)])
            let place = "{\"folder\":\"\(dialect.folder)\",\"name\":\"\(dialect.picture(2))\"}"
            #expect(try await rig.ask(0x0004, place).isRefusal(0x2009))
        }
    }

    @Test("What a client deletes or puts on the body, the others hear of once", arguments: Dialect.allCases)
    func clientsFiles(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_removed", "object_added", "capture_complete")
            let file = try await rig.files()[0]
            #expect(try await rig.ask(0x000C, "{\(rig.place(file))}").code == 0x2001)
            let removed = try await watcher.packet()
            #expect(removed.code == 0x4003)
            #expect(removed.json["name"].string == dialect.picture(1))

            let ticket = try await rig.ask(
                0x000D, "{\"folder\":\"\(dialect.folder)\",\"name\":\"NEW.JPG\",\"size\":5}")
            let uploads = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            let last = try await uploads.upload(
                Array("hello".utf8), ticket.json["ticket"].string ?? "", session: rig.session)
            #expect(last.code == 0x2001)
            let added = try await watcher.packet()
            #expect(added.code == 0x4002)
            #expect(added.json["name"].string == "NEW.JPG")
            #expect(added.json["size"].integer == 5)
            // Nothing else was told: the next is of the next release.
            let image = try await rig.ask(0x0002).json["images"][0]
            let next = try await watcher.packet { $0.code != 0x400D }
            #expect(next.code == 0x4002)
            #expect(next.json["name"] == image["name"])
        }
    }

    @Test(
        "Without a card a release is Store_Not_Available and no storage is listed; with it all is as before",
        arguments: Dialect.allCases)
    func card(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_removed")
            #expect(try await rig.files().count == 3)
            #expect(rig.body.removeCard())
            let capture = try await rig.ask(0x0002)
            #expect(capture.isRefusal(0x2013), "\(capture.told)")
            let trigger = try await rig.ask(0x000F)
            #expect(trigger.isRefusal(0x2013), "\(trigger.told)")
            #expect(try await rig.ask(0x000E).json == .object(["storages": .array([])]))
            #expect(try await rig.files().isEmpty)
            let place = "{\"folder\":\"\(dialect.folder)\",\"name\":\"\(dialect.picture(1))\"}"
            for code: UInt16 in [0x0003, 0x0004, 0x000C] {
                let answer = try await rig.ask(code, place)
                #expect(answer.isRefusal(0x2009), "\(answer.told)")
            }
            #expect(try await rig.ask(0x000B, "{\"folder\":\"\(dialect.folder)\"}").isRefusal(0x2009))
            #expect(try await rig.ask(0x0900).json["state"].string == "ready")
            #expect(rig.body.insertCard())
            #expect(try await rig.ask(0x0002).code == 0x2001)
            let storages = try await rig.ask(0x000E)
            #expect(storages.json["storages"].array.count == 1, "\(storages.told)")
            #expect(try await rig.files().count == 4)
            for code: UInt16 in [0x0003, 0x0004] { #expect(try await rig.ask(code, place).code == 0x2001) }
            // A card that is out is not deleted: nothing was told but what is deleted now.
            #expect(try await rig.ask(0x000C, place).code == 0x2001)
            #expect(try await watcher.packet().json["name"].string == dialect.picture(1))
        }
    }

    @Test(
        "A card that is changed quickly, while its body is asked, is what is listed afterwards",
        arguments: Dialect.allCases)
    func quickCard(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("camera_state")
            // Over PTP/IP the driver may read of it in the middle of a transaction.
            let asking = Task {
                while !Task.isCancelled { _ = try await rig.ask(0x0007, "{\"widget_id\":\"iso\"}") }
            }
            #expect(rig.body.removeCard())
            #expect(rig.body.insertCard())
            // The body is opened anew.
            _ = try await watcher.packet { $0.json["state"].string == "ready" }
            asking.cancel()
            try await asking.value
            #expect(try await rig.files().count == 3)
        }
    }

    @Test(
        "A full card is Store_Full, whether it was full before or has no room for the image",
        arguments: Dialect.allCases)
    func fullCard(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            rig.body.inject(.cardFull)
            let capture = try await rig.ask(0x0002)
            #expect(capture.isRefusal(0x200C), "\(capture.told)")
            let trigger = try await rig.ask(0x000F)
            #expect(trigger.isRefusal(0x200C), "\(trigger.told)")
            let storage = try await rig.ask(0x000E).json["storages"][0]
            #expect(storage["free"].integer == 0)
            rig.body.repair()
            #expect(try await rig.ask(0x0002).code == 0x2001)
        }
        try await BodyRig.run(dialect, { $0.cardSpace = 3000 }) { rig in
            let capture = try await rig.ask(0x0002, #"{"time_limit_seconds":10}"#)
            #expect(capture.isRefusal(0x200C), "\(capture.told)")
            #expect(try await rig.ask(0x0900).json["state"].string == "ready")
        }
    }

    @Test(
        "A quality that stands for two files makes a release list both, the RAW's size and the JPEG's",
        arguments: Dialect.allCases)
    func twoFiles(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let (widget, quality) =
                switch dialect {
                case .ptp: ("d001", "RAW + JPEG Fine")
                case .nikon: ("imagequality", "NEF+Fine")
                case .canonEOS: ("imageformat", "RAW + Large Fine JPEG")
                }
            let set = try await rig.ask(0x0009, "{\"widget_id\":\"\(widget)\",\"widget_value\":\"\(quality)\"}")
            #expect(set.json["widget_value"].string == quality, "\(set.told)")
            let images = try await rig.ask(0x0002).json["images"].array
            #expect(images.count == 2)
            let endings = images.compactMap { $0["name"].string?.suffix(4) }.map(String.init)
            #expect(Set(endings.map { $0 == ".JPG" }) == [true, false], "\(endings)")
            for image in images {
                let path = "\(image["folder"].string ?? "")/\(image["name"].string ?? "")"
                let (bytes, last) = try await rig.download(image)
                #expect(last.code == 0x2001)
                #expect(bytes.count == image["size"].integer)
                #expect(bytes == rig.body.content(ofListed: path))
            }
        }
    }

    @Test("What one client sets, another hears once, and so does the one who set it", arguments: Dialect.allCases)
    func widgetSet(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("widget_changed")
            let other = try await rig.another()
            for value in ["400", "200", "400"] {
                let set = try await other.ask(0x0009, "{\"widget_id\":\"iso\",\"widget_value\":\"\(value)\"}")
                #expect(set.json["widget_value"].string == value)
            }
            // Whatever the body itself told of these has been taken when a release is done.
            #expect(try await rig.ask(0x0002).code == 0x2001)
            #expect(try await rig.ask(0x0009, #"{"widget_id":"iso","widget_value":"800"}"#).code == 0x2001)
            var values: [String] = []
            while values.last != "800" {
                let event = try await watcher.packet { $0.json["widget_id"].string == "iso" }
                values.append(event.json["widget_value"].string ?? "")
            }
            #expect(values == ["400", "200", "400", "800"])
        }
    }
}
