import FleetTesting
import Testing
import VirtualCamera

/// What each command of one body is answered with, on bodies of every dialect (protocol.md, section 3).
@Suite struct BodyResultTests {
    private static let information: [String: String] = [
        "id": "string", "camera_number": "integer", "name": "string", "model": "string", "manufacturer": "string",
        "serial": "string", "port": "string", "state": "string", "groups": "array", "battery": "integer",
        "sessions": "integer", "live_view": "bool", "can": "array",
    ]
    private static let widget: [String: String] = [
        "widget_id": "string", "widget_type": "integer", "label": "string", "widget_value": "string",
        "readonly": "bool",
    ]

    @Test("What a body is answers with the page's keys and types", arguments: Dialect.allCases)
    func description(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let before = rig.body.transactionCounts.values.reduce(0, +)
            let check = try await rig.ask(0x0900, transaction: 4_000_000_000)
            #expect(check.json.shape == Self.information)
            #expect(try await rig.information() == check.json)
            #expect(check.json["sessions"].integer == 1)
            #expect(rig.body.transactionCounts.values.reduce(0, +) > before, "an exchange with the body")

            let summary = try await rig.ask(0x0010)
            #expect(
                summary.json.shape
                    == ["summary": "string", "manual": "string", "about": "string", "abilities": "object"])
            #expect(summary.json["summary"].string?.contains(rig.body.description.serialNumber) == true)

            let storages = try await rig.ask(0x000E)
            #expect(storages.json.shape == ["storages": "array"])
            let storage = storages.json["storages"][0]
            #expect(
                storage.shape == [
                    "path": "string", "label": "string", "capacity": "integer", "free": "integer",
                    "free_images": "integer", "access": "string",
                ])
            #expect(storage["path"].string == "/store_00010001")
            #expect(storage["access"].string == "read_write")
            #expect(storage["free"].integer == rig.body.description.cardSpace)

            let log = try await rig.client.ask(0x0980, "{\"camera\":1}")
            #expect(log.json.shape == ["transfers": "array", "messages": "array"])
            #expect(
                log.json["transfers"].array.last?.shape
                    == ["time": "integer", "received": "bool", "size": "integer", "bytes": "string"])
            #expect(try await rig.client.ask(0x0980, "{\"camera\":9}").isRefusal(0x201D))
        }
    }

    @Test("Files, their thumbnails and tickets answer with the page's keys and types", arguments: Dialect.allCases)
    func files(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let list = try await rig.ask(0x000B, "{\"recurse\":true}").json
            #expect(list.shape == ["files": "array", "folders": "array", "more": "bool"])
            #expect(
                list["folders"].array.compactMap(\.string)
                    == ["/store_00010001", "/store_00010001/DCIM", dialect.folder])
            let file = list["files"][0]
            #expect(
                file.shape
                    == [
                        "folder": "string", "name": "string", "size": "integer", "mtime": "integer", "mime": "string",
                    ])
            #expect(file["folder"].string == dialect.folder)
            #expect(file["name"].string == dialect.picture(1))
            #expect(file["mime"].string == "image/jpeg")
            #expect(file["mtime"].integer == 1_767_265_200)

            try await rig.send(0x0003, "{\(rig.place(file))}", transaction: 7)
            let data = try await rig.client.packet()
            #expect((data.type, data.code, data.session, data.transaction) == (2, 0x0003, rig.session, 7))
            let thumbnail = try await rig.client.packet()
            #expect((thumbnail.type, thumbnail.transaction, thumbnail.session) == (3, 7, rig.session))
            #expect(thumbnail.json.shape == ["mime": "string", "size": "integer"])
            #expect(thumbnail.json["size"].integer == data.content.count)
            #expect(data.content.starts(with: [0xFF, 0xD8]) && data.content.suffix(2) == [0xFF, 0xD9])
            #expect(data.length == 16 + UInt32(data.content.count))

            let ticket = try await rig.ask(0x0004, "{\(rig.place(file))}").json
            #expect(ticket.shape == ["ticket": "string", "size": "integer", "mime": "string", "port": "integer"])
            #expect(ticket["port"].integer == rig.fleet.server.downloadPort)
            #expect(ticket["ticket"].string.map { (1...64).contains($0.utf8.count) } == true)
            let upload = try await rig.ask(
                0x000D, "{\"folder\":\"\(dialect.folder)\",\"name\":\"NEW.JPG\",\"size\":3}"
            ).json
            #expect(upload.shape == ["ticket": "string", "port": "integer"])
            if dialect != .ptp {
                let stream = try await rig.ask(0x0005, "{\"max_fps\":10}").json
                #expect(stream.shape == ["ticket": "string", "port": "integer"])
                #expect(stream["port"].integer == rig.fleet.server.liveViewPort)
            }
            #expect(try await rig.ask(0x0006).json == .object(["frames": .number(0)]))
            #expect(try await rig.ask(0x000C, "{\(rig.place(file))}").json == .object([:]))
            #expect(try await rig.files().count == rig.body.description.pictures - 1)
        }
    }

    @Test("Widgets, releases, locks and ends answer with the page's keys and types", arguments: Dialect.allCases)
    func actions(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let current = try await rig.ask(0x0007, "{\"widget_id\":\"iso\"}").json
            #expect(current.shape == Self.widget)
            let choices = try await rig.ask(0x0008, "{\"widget_id\":\"iso\"}").json
            #expect(choices.shape == Self.widget.merging(["choices": "array"]) { $1 })
            let set = try await rig.ask(0x0009, "{\"widget_id\":\"iso\",\"widget_value\":\"400\"}").json
            #expect(set.shape == Self.widget)
            #expect(set["widget_value"].string == "400")
            #expect(rig.body.value(of: dialect.sensitivity.code) == dialect.sensitivity.of400)
            #expect(try await rig.ask(0x000A).json.shape == ["widgets": "array"])

            let image = try await rig.ask(0x0002).json
            #expect(image.shape == ["images": "array"])
            #expect(image["images"][0].shape == ["folder": "string", "name": "string", "size": "integer"])
            #expect(image["images"].array.count == 1)
            #expect(try await rig.ask(0x000F).json.shape == ["released_at": "integer"])

            #expect(try await rig.ask(0x0011, "{\"seconds\":5}").json.shape == ["until": "integer"])
            #expect(try await rig.ask(0x0012).json == .object([:]))
            let sequence = try await rig.ask(0x0013, "{\"count\":2,\"interval_seconds\":0}").json
            #expect(sequence.shape == ["sequence": "integer"])
            let stopped = try await rig.ask(0x0014, "{\"sequence\":\(sequence["sequence"].integer ?? 0)}").json
            #expect(stopped.shape == ["taken": "integer"])
            #expect(try await rig.ask(0x0017, "{\"transaction_ID\":123456}").json == .object([:]))
            #expect(try await rig.ask(0x0015).json == .object([:]))
            #expect(try await rig.ask(0x0016).json == .object([:]))
            #expect(try await rig.ask(0x0007, "{\"widget_id\":\"iso\"}").isRefusal(0x2003))
        }
    }

    @Test("Files come in pages that follow each other, of one folder or of all below it", arguments: Dialect.allCases)
    func pages(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.pictures = 5 }) { rig in
            var names: [String] = []
            var after = ""
            for page in 1...3 {
                let list = try await rig.ask(0x000B, "{\"folder\":\"\(dialect.folder)\",\"limit\":2\(after)}").json
                let files = list["files"].array
                names += files.compactMap { $0["name"].string }
                #expect(list["more"].bool == (page < 3))
                #expect(list["folders"] == .array([]))
                after = files.last.map { ",\"after\":{\(rig.place($0))}" } ?? ""
            }
            #expect(names == (1...5).map { dialect.picture($0) })
            // A number with an integral value is an integer however it is written.
            #expect(try await rig.ask(0x000B, "{\"recurse\":true,\"limit\":1e0}").json["files"].array.count == 1)
            #expect(try await rig.ask(0x000B).json["folders"] == .array([.string("/store_00010001")]))
            #expect(try await rig.ask(0x000B, "{\"folder\":\"//\"}").json["folders"][0].string == "/store_00010001")
            let slash = try await rig.ask(0x000B, "{\"folder\":\"\(dialect.folder)/\"}").json["files"]
            #expect(slash.array.compactMap { $0["folder"].string } == Array(repeating: dialect.folder, count: 5))
        }
    }

    @Test(
        "What is no file of its own is refused, and what libgphoto2 makes is what it was announced to be",
        arguments: Dialect.allCases)
    func fileTypes(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let file = try await rig.files()[0]
            let place = rig.place(file)
            let own = rig.body.content(ofListed: "\(dialect.folder)/\(dialect.picture(1))")
            let downloads = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            for (type, mime) in [("normal", "image/jpeg"), ("preview", "image/jpeg"), ("exif", "application/x-exif")] {
                let answer = try await rig.ask(0x0004, "{\(place),\"type\":\"\(type)\"}").json
                #expect(answer["mime"].string == mime)
                let ticket = answer["ticket"].string ?? ""
                let (bytes, last) = try await downloads.download(ticket, session: rig.session)
                #expect(answer["size"].integer == bytes.count)
                #expect(last.json.shape == ["size": "integer", "sha256": "string"])
                if type == "normal" { #expect(bytes == own) } else { #expect(bytes.count < own?.count ?? 0) }
            }
            // No JPEG has MTP's metadata, raw data or sound.
            for type in ["metadata", "raw", "audio"] {
                #expect(try await rig.ask(0x0004, "{\(place),\"type\":\"\(type)\"}").isRefusal(0x2005), "\(type)")
            }
        }
    }
}
