import FleetTesting
import Testing
import VirtualCamera

/// What the commands of one body refuse, and with which code (protocol.md, sections 2 and 3).
@Suite struct BodyRefusalTests {
    /// Arguments that no command can take: a command, and what is missing, ill-typed or impossible.
    private static let impossible: [(code: UInt16, json: String)] = [
        (0x0002, #"{"bulb_seconds":"1"}"#), (0x0002, #"{"bulb_seconds":null}"#), (0x0002, #"{"bulb_seconds":0}"#),
        (0x0002, #"{"bulb_seconds":-1}"#), (0x0002, #"{"download":1}"#), (0x0002, #"{"download":"true"}"#),
        (0x0002, #"{"time_limit_seconds":true}"#), (0x0002, #"{"time_limit_seconds":0}"#), (0x0002, "[]"),
        (0x0003, "{}"), (0x0003, #"{"name":1}"#), (0x0003, #"{"folder":null,"name":"A.JPG"}"#),
        (0x0003, #"{"folder":7,"name":"A.JPG"}"#), (0x0003, #"{"name":null}"#),
        (0x0004, "{}"), (0x0004, #"{"folder":"/"}"#), (0x0004, #"{"name":"A.JPG","type":"best"}"#),
        (0x0004, #"{"name":"A.JPG","type":null}"#), (0x0004, #"{"name":"A.JPG","offset":"1"}"#),
        (0x0004, #"{"name":"A.JPG","offset":1.5}"#), (0x0004, #"{"name":"A.JPG","offset":null}"#),
        (0x0005, #"{"max_fps":"10"}"#), (0x0005, #"{"max_fps":0}"#), (0x0005, #"{"max_fps":-1}"#),
        (0x0005, #"{"max_fps":null}"#), (0x0006, "[]"), (0x0006, "{"),
        (0x0007, "{}"), (0x0007, #"{"widget_id":1}"#), (0x0007, #"{"widget_id":null}"#), (0x0008, "{}"),
        (0x0008, #"{"widget_id":["iso"]}"#),
        (0x0009, #"{"widget_id":"iso"}"#), (0x0009, #"{"widget_value":"100"}"#),
        (0x0009, #"{"widget_id":"iso","widget_value":[]}"#), (0x0009, #"{"widget_id":"iso","widget_value":{}}"#),
        (0x0009, #"{"widget_id":"iso","widget_value":"100","force":"yes"}"#),
        (0x0009, #"{"widget_id":"iso","widget_value":"100","force":1}"#),
        (0x0009, #"{"widget_id":"iso","widget_value":1e300}"#),
        (0x000A, #"{"values":1}"#), (0x000A, #"{"values":"true"}"#), (0x000A, #"{"values":null}"#),
        (0x000B, #"{"folder":1}"#), (0x000B, #"{"recurse":"yes"}"#), (0x000B, #"{"limit":0}"#),
        (0x000B, #"{"limit":-1}"#), (0x000B, #"{"limit":1.5}"#), (0x000B, #"{"limit":"10"}"#),
        (0x000B, #"{"after":"A.JPG"}"#), (0x000B, #"{"after":{"folder":"/"}}"#), (0x000B, #"{"after":null}"#),
        (0x000C, "{}"), (0x000C, #"{"name":null}"#), (0x000C, #"{"folder":false,"name":"A.JPG"}"#),
        (0x000D, "{}"), (0x000D, #"{"name":"A.JPG"}"#), (0x000D, #"{"size":1}"#),
        (0x000D, #"{"name":"A.JPG","size":"1"}"#), (0x000D, #"{"name":"A.JPG","size":-1}"#),
        (0x000D, #"{"name":"A.JPG","size":1.5}"#), (0x000D, #"{"name":"A.JPG","size":4294967295}"#),
        (0x000D, #"{"name":"","size":1}"#), (0x000D, #"{"name":"A/B.JPG","size":1}"#),
        (0x000D, #"{"folder":"DCIM","name":"A.JPG","size":1}"#), (0x000E, "null"), (0x000F, "[1]"), (0x0010, "7"),
        (0x0011, #"{"seconds":"5"}"#), (0x0011, #"{"seconds":0}"#), (0x0011, #"{"seconds":-5}"#),
        (0x0011, #"{"seconds":null}"#), (0x0011, #"{"seconds":1e9}"#), (0x0012, "[]"),
        (0x0013, "{}"), (0x0013, #"{"count":1}"#), (0x0013, #"{"interval_seconds":1}"#),
        (0x0013, #"{"count":0,"interval_seconds":1}"#), (0x0013, #"{"count":"2","interval_seconds":1}"#),
        (0x0013, #"{"count":1.5,"interval_seconds":1}"#), (0x0013, #"{"count":1,"interval_seconds":-1}"#),
        (0x0013, #"{"count":1,"interval_seconds":"1"}"#), (0x0013, #"{"count":1,"interval_seconds":null}"#),
        (0x0013, #"{"count":1,"interval_seconds":1,"bulb_seconds":0}"#),
        (0x0013, #"{"count":1,"interval_seconds":1,"download":"no"}"#),
        (0x0014, "{}"), (0x0014, #"{"sequence":"1"}"#), (0x0014, #"{"sequence":999999}"#),
        (0x0014, #"{"sequence":-1}"#), (0x0015, "{"), (0x0016, "[]"),
        (0x0017, "{}"), (0x0017, #"{"transaction_ID":"1"}"#), (0x0017, #"{"transaction_ID":-1}"#),
        (0x0017, #"{"transaction_ID":4294967296}"#), (0x0017, #"{"transaction_ID":null}"#), (0x0900, "[]"),
    ]

    @Test("Missing, ill-typed and impossible arguments are Invalid_Parameter, and nothing is done at the body")
    func impossibleArguments() async throws {
        try await BodyRig.run(.nikon) { rig in
            for (code, json) in Self.impossible {
                let answer = try await rig.ask(code, json)
                #expect(answer.isRefusal(0x201D), "0x\(String(code, radix: 16)) \(json): \(answer.told)")
            }
            #expect(rig.body.releaseTimes.isEmpty)
            #expect(rig.body.filePaths.count == rig.body.description.pictures)
            #expect(try await rig.information()["locked_by"] == .null)
            #expect(try await rig.ask(0x0900).json["state"].string == "ready")
        }
    }

    @Test("No bytes are no arguments, and arguments that nobody knows are none", arguments: Dialect.allCases)
    func emptyArguments(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            for code: UInt16 in [0x0002, 0x0006, 0x000A, 0x000B, 0x000E, 0x000F, 0x0010, 0x0011, 0x0012, 0x0900] {
                let answer = try await rig.ask(code, "")
                #expect(answer.code == 0x2001, "0x\(String(code, radix: 16)): \(answer.told)")
                #expect(try await rig.ask(code, #"{"unheard_of":[1,{"of":null}]}"#).code == 0x2001)
            }
            // A command without a body has transaction_ID 0 and no arguments.
            try await rig.client.send([12, 0, 0, 0, 1, 0, 0x0E, 0] + .little(rig.session))
            let answer = try await rig.client.packet { $0.type == 3 }
            #expect((answer.code, answer.session, answer.transaction) == (0x2001, rig.session, 0))
        }
    }

    @Test("Files and folders that are not there are Invalid_ObjectHandle", arguments: Dialect.allCases)
    func noSuchFile(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let picture = dialect.picture(1)
            for place in [
                #""folder":"\#(dialect.folder)","name":"NONE.JPG""#, #""name":"\#(picture)""#,
                #""folder":"/store_00010001/NONE","name":"\#(picture)""#,
                #""folder":"/store_00020001/DCIM","name":"\#(picture)""#, #""folder":"x","name":"\#(picture)""#,
                #""folder":"","name":"\#(picture)""#, #""folder":"\#(dialect.folder)","name":"""#,
                #""folder":"/store_00010001","name":"DCIM""#,
            ] {
                for code: UInt16 in [0x0003, 0x0004, 0x000C] {
                    let answer = try await rig.ask(code, "{\(place)}")
                    #expect(answer.isRefusal(0x2009), "0x\(String(code, radix: 16)) \(place): \(answer.told)")
                }
            }
            for folder in ["/store_00010001/NONE", "/nowhere", "x", "", dialect.folder + "/" + picture] {
                let answer = try await rig.ask(0x000B, "{\"folder\":\"\(folder)\"}")
                #expect(answer.isRefusal(0x2009), "\(folder): \(answer.told)")
            }
            #expect(rig.body.filePaths.count == rig.body.description.pictures)
            #expect(rig.body.transactionCount(.deleteObject) == 0)
        }
    }

    @Test("A NUL in a name ends nothing: no other file, folder or widget is taken for it", arguments: Dialect.allCases)
    func embeddedNUL(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let picture = dialect.picture(1)
            for code: UInt16 in [0x0003, 0x0004, 0x000C] {
                let answer = try await rig.ask(code, #"{"folder":"\#(dialect.folder)","name":"\#(picture)\u0000x"}"#)
                #expect(answer.isRefusal(0x201D), "0x\(String(code, radix: 16)): \(answer.told)")
            }
            for (code, json) in [
                (0x000C, #"{"folder":"\#(dialect.folder)\u0000","name":"\#(picture)"}"#),
                (0x000B, #"{"folder":"\#(dialect.folder)\u0000"}"#), (0x0007, #"{"widget_id":"iso\u0000"}"#),
                (0x0009, #"{"widget_id":"iso\u0000","widget_value":"400"}"#),
                (0x0009, #"{"widget_id":"iso","widget_value":"400\u0000"}"#),
                (0x000D, #"{"folder":"\#(dialect.folder)","name":"A\u0000.JPG","size":1}"#),
            ] as [(UInt16, String)] {
                #expect(try await rig.ask(code, json).isRefusal(0x201D), "\(json)")
            }
            #expect(rig.body.filePaths.count == rig.body.description.pictures)
        }
    }

    private func upload(_ rig: BodyRig, _ folder: String, _ name: String, _ size: Int) async throws -> RawPacket {
        try await rig.ask(0x000D, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\",\"size\":\(size)}")
    }

    @Test("Uploads that cannot end well are refused before a byte is sent", arguments: Dialect.allCases)
    func uploadsRefused(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.cardSpace = 5_000_000 }) { rig in
            for (folder, name, size, refusal) in [
                (dialect.folder, dialect.picture(1), 3, 0x201D), ("/store_00010001/NONE", "A.JPG", 3, 0x2009),
                ("/", "A.JPG", 3, 0x2009), (dialect.folder, String(repeating: "A", count: 255), 3, 0x201D),
                (dialect.folder, "A.JPG", 6_000_000, 0x200C),
            ] as [(String, String, Int, UInt16)] {
                let answer = try await upload(rig, folder, name, size)
                #expect(answer.isRefusal(refusal), "\(folder)/\(name): \(answer.told)")
            }
            #expect(try await upload(rig, dialect.folder, "A.JPG", 4_000_000).code == 0x2001)
        }
    }

    @Test("What a body cannot do is Operation_Not_Supported, and says so in CAMERA_INFO")
    func incapable() async throws {
        try await BodyRig.run(.ptp) { rig in
            let can = try await rig.information()["can"].array.compactMap(\.string)
            #expect(Set(can) == ["capture", "trigger", "config", "delete", "upload", "thumbnail", "arm"])
            #expect(try await rig.ask(0x0005).isRefusal(0x2005))
            #expect(try await rig.ask(0x0002, #"{"bulb_seconds":1}"#).isRefusal(0x2005))
            let sequence = #"{"count":1,"interval_seconds":1,"bulb_seconds":1}"#
            #expect(try await rig.ask(0x0013, sequence).isRefusal(0x2005))
            #expect(rig.body.transactionCount(.initiateCapture) == 0)
        }
        for dialect in Dialect.withMemory {
            try await BodyRig.run(dialect) { rig in
                let can = try await rig.information()["can"].array.compactMap(\.string)
                #expect(can.contains("preview") && can.contains("bulb"))
            }
        }
    }

    @Test(
        "A thumbnail that a file has not is Operation_Not_Supported, and the body works on", arguments: Dialect.allCases
    )
    func noThumbnail(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.objects = [DescribedObject(name: "NOTES.TXT", size: 500)] }) { rig in
            let answer = try await rig.ask(0x0003, #"{"folder":"\#(dialect.folder)","name":"NOTES.TXT"}"#)
            #expect(answer.isRefusal(0x2005), "\(answer.told)")
            #expect(try await rig.ask(0x0900).code == 0x2001)
        }
    }
}
