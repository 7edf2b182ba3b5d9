import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite("The client commands", .timeLimit(.minutes(1)))
struct ClientCommandTests {
    @Test("list shows the bodies in columns that line up and fit a terminal, and why one is in fault")
    func list() async throws {
        let run = try await ScriptedFleet().serve { try await Program.run(["list"], server: $0) }
        #expect(run.code == 0 && run.errors.isEmpty)
        #expect(run.lines.count == 4 && run.lines.allSatisfy { $0.count <= 100 })
        let heading = try #require(run.lines.first)
        for (name, cells) in [
            ("NAME", ["front-left", "7"]), ("MODEL", ["NIKON D750", "A model whose"]), ("STATE", ["ready", "fault"]),
        ] {
            let column = try #require(heading.range(of: name)).lowerBound
            let offset = heading.distance(from: heading.startIndex, to: column)
            #expect(run.lines[1].dropFirst(offset).hasPrefix(cells[0]))
            #expect(run.lines[2].dropFirst(offset).hasPrefix(cells[1]))
        }
        #expect(run.lines[1].contains("80%") && run.lines[1].contains("6001234"))
        #expect(run.lines[3] == "7: Switch it off and on.")
        let json = try await ScriptedFleet().serve { try await Program.run(["list", "--json"], server: $0) }.json()
        #expect((json["cameras"] as? [[String: Any]])?.map { $0["camera_number"] as? Int } == [1, 2])
    }

    @Test("A body is named by id, else by name, else by number; the server's sentence says when there is none")
    func naming() async throws {
        for (text, argument) in [
            ("1", #"{"camera":1}"#), ("7", #"{"camera":"7"}"#), ("front-left", #"{"camera":"front-left"}"#),
            ("canon-6d-2", #"{"camera":"canon-6d-2"}"#),
        ] {
            let fleet = ScriptedFleet()
            let run = try await fleet.serve { try await Program.run(["get", text, "iso"], server: $0) }
            #expect(run.code == 0, "\(run.errors)")
            #expect(fleet.commands(0x0903).map(\.json) == [argument])
        }
        let run = try await ScriptedFleet().serve { try await Program.run(["get", "99", "iso"], server: $0) }
        #expect(run.code == 1 && run.errors == "Error: There is no such camera.\n" && run.output.isEmpty)
    }

    @Test(
        "get prints the value alone",
        arguments: [
            ("iso", "800\n"), ("zoom", "5.6\n"), ("clock", "1732445631\n"), ("flash", "on\n"), ("owner", "Me\n"),
            ("shutter", "-\n"),
        ])
    func get(widget: String, output: String) async throws {
        let run = try await ScriptedFleet().serve { try await Program.run(["get", "1", widget], server: $0) }
        #expect(run.code == 0 && run.text == output && run.errors.isEmpty)
    }

    @Test("get --choices prints what can be set, a line each")
    func choices() async throws {
        let fleet = ScriptedFleet()
        let iso = try await fleet.serve { try await Program.run(["get", "1", "iso", "--choices"], server: $0) }
        #expect(iso.lines == ["100", "800"])
        #expect(fleet.commands(0x0008).count == 1)
        let zoom = try await fleet.serve { try await Program.run(["get", "1", "zoom", "--choices"], server: $0) }
        #expect(zoom.lines == ["min 0", "max 10", "step 0.1"])
        let json = try await fleet.serve { try await Program.run(["get", "1", "iso", "--json"], server: $0) }.json()
        #expect(json["widget_value"] as? String == "800")
    }

    @Test(
        "set sends the JSON type of the widget, whatever the text looks like",
        arguments: [
            (["iso", "800"], #""widget_value":"800""#), (["owner", "true"], #""widget_value":"true""#),
            (["zoom", "5.6"], #""widget_value":5.6"#), (["zoom", "3"], #""widget_value":3"#),
            (["flash", "on"], #""widget_value":true"#), (["flash", "0"], #""widget_value":false"#),
            (["flash", "TRUE"], #""widget_value":true"#), (["shutter"], #""widget_value":null"#),
            (["clock", "1732445631"], #""widget_value":1732445631"#),
            (["clock", "2024-11-24T10:53:51Z"], #""widget_value":1732445631"#),
            (["clock", "2024-11-24T11:53:51+01:00"], #""widget_value":1732445631"#),
            (["clock", "2024-11-24T09:23-0130"], #""widget_value":1732445580"#),
            (["clock", "2024-11-24 10:53:51"], #""widget_value":1732445631"#),
            (["iso", "51200", "--force"], #""force":true"#),
        ])
    func set(arguments: [String], part: String) async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve { try await Program.run(["set", "1"] + arguments, server: $0) }
        #expect(run.code == 0, "\(run.errors)")
        let sent = try #require(fleet.commands(0x0009).first)
        #expect(sent.json.contains(part), "\(sent.json)")
        #expect(sent.json.contains("force") == arguments.contains("--force"))
    }

    @Test("set takes the time of this machine for now")
    func now() async throws {
        let fleet = ScriptedFleet()
        let before = Int(Date().timeIntervalSince1970)
        _ = try await fleet.serve { try await Program.run(["set", "1", "clock", "now"], server: $0) }
        let sent = (fleet.commands(0x0009).first?.json ?? "").filter(\.isNumber)
        #expect((before...Int(Date().timeIntervalSince1970)).contains(try #require(Int(sent))))
    }

    @Test(
        "set refuses a text that is no value of the widget, and sends nothing",
        arguments: [
            ["flash", "maybe"], ["flash", "2"], ["zoom", "wide"], ["zoom", "nan"], ["zoom", "1e99"], ["zoom"], ["iso"],
            ["clock", "yesterday"], ["clock", "2024-02-31T10:00:00"], ["clock", "2024-01-01T25:00:00"],
            ["clock", "2024-01-01"], ["clock", "1.5"], ["shutter", "on"],
        ])
    func setRefused(arguments: [String]) async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve { try await Program.run(["set", "1"] + arguments, server: $0) }
        #expect(run.code == 1 && run.output.isEmpty)
        #expect(run.errors.contains(arguments[0]), "\(run.errors)")
        #expect(fleet.commands(0x0009).isEmpty)
    }

    @Test("shoot prints size and place of each image on the body")
    func shoot() async throws {
        let run = try await ScriptedFleet().serve { try await Program.run(["shoot", "1"], server: $0) }
        #expect(run.code == 0 && run.lines == ["front-left  5 B  /store/DCIM/A.JPG"])
    }

    @Test("shoot all saves each body's images in a folder of its name; one that fails stops no other")
    func shootAll() async throws {
        let directory = try TemporaryDirectory()
        let runs = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":5}"#))
            try await peer.send(command.piece(at: 0, ByteBuffer(string: "hello")), command.response(#"{"size":5}"#))
            _ = try await peer.command()
        } _: { downloadPort in
            var fleet = ScriptedFleet()
            fleet.otherPort = downloadPort
            return try await fleet.serve { port in
                let plain = try await Program.run(
                    ["shoot", "all", "--download", "shots"], server: port, in: directory.path)
                let json = try await Program.run(
                    ["shoot", "1", "7", "--json", "--download", "shots"], server: port, in: directory.path)
                let one = try await Program.run(["shoot", "1", "--download", "."], server: port, in: directory.path)
                return [plain, json, one]
            }
        }
        #expect(runs[0].code == 1 && runs[0].errors == "7: Switch it off and on.\n")
        #expect(runs[0].lines == ["front-left  5 B  shots/front-left/A.JPG"])
        #expect(runs[1].code == 1)
        let cameras = try #require(try runs[1].json()["cameras"] as? [[String: Any]])
        #expect(cameras.map { $0["id"] as? String } == ["nikon-d750-1", "canon-6d-2"])
        let image = try #require((cameras[0]["images"] as? [[String: Any]])?.first)
        #expect(image["path"] as? String == "shots/front-left/A-1.JPG" && image["size"] as? Int == 5)
        #expect((cameras[1]["error"] as? [String: Any])?["error"] as? String == "Camera_Fault")
        #expect(runs[2].code == 0 && runs[2].lines == ["front-left  5 B  A.JPG"])
        #expect(try directory.names() == ["A.JPG", "shots"] && directory.names("shots") == ["front-left"])
        #expect(try String(contentsOfFile: directory.path + "/A.JPG", encoding: .utf8) == "hello")
    }

    @Test("files lists every page; download saves one")
    func files() async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve { try await Program.run(["files", "1"], server: $0) }
        #expect(run.lines == ["   1.5 kB  /1", "      1 B  /b/2"])
        #expect(fleet.commands(0x000B).count == 2)
        #expect(fleet.commands(0x000B)[1].json.contains(#""name":"1""#))
        let json = try await fleet.serve { try await Program.run(["files", "1", "/", "--json"], server: $0) }.json()
        #expect((json["files"] as? [Any])?.count == 2 && json["folders"] as? [String] == ["/b"])
        #expect(json["more"] as? Bool == false)
        let directory = try TemporaryDirectory()
        let saved = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":5}"#))
            try await peer.send(command.piece(at: 0, ByteBuffer(string: "hello")), command.response(#"{"size":5}"#))
            _ = try await peer.command()
        } _: { downloadPort in
            var fleet = ScriptedFleet()
            fleet.otherPort = downloadPort
            let run = try await fleet.serve {
                try await Program.run(
                    ["download", "1", "/store/DCIM/A.JPG", "--to", directory.path, "--json"], server: $0)
            }
            #expect(fleet.commands(0x0004).first?.json.contains(#""folder":"/store/DCIM""#) == true)
            return run
        }
        #expect(try saved.json()["path"] as? String == directory.path + "/A.JPG")
    }

    @Test("widgets prints paths, and values where they are asked for")
    func widgets() async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve { try await Program.run(["widgets", "1", "--values"], server: $0) }
        #expect(run.lines == ["/main/iso = 800", "/main/serial = 1 (read only)", "/main/mirror = -"])
        let paths = try await fleet.serve { try await Program.run(["widgets", "1"], server: $0) }
        #expect(paths.lines == ["/main/iso", "/main/serial (read only)", "/main/mirror"])
        #expect(fleet.commands(0x000A).map(\.json) == [#"{"values":true}"#, "{}"])
    }

    @Test("name changes what is given and nothing else")
    func name() async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve {
            try await Program.run(
                ["name", "1", "front-left", "--number", "1", "--group", "a", "--group", "b"], server: $0)
        }
        #expect(run.code == 0 && run.text.contains("front-left, number 1"))
        let json = try #require(fleet.commands(0x0920).first?.json)
        for part in [#""camera":1"#, #""name":"front-left""#, #""camera_number":1"#, #""groups":["a","b"]"#] {
            #expect(json.contains(part), "\(json)")
        }
        _ = try await fleet.serve { try await Program.run(["name", "1", "--no-groups"], server: $0) }
        let cleared = try #require(fleet.commands(0x0920).last?.json)
        #expect(cleared.contains(#""groups":[]"#) && !cleared.contains("name"))
    }

    @Test("live-view writes the JPEGs one after the other, and stops after the frames that were asked for")
    func liveView() async throws {
        let run = try await liveView(arguments: ["--frames", "3", "--max-fps", "5"], output: nil)
        #expect(run.code == 0 && run.text == "<1><2><3>" && run.errors == "3 frames, 0 missed\n")
    }

    @Test("live-view ends without a complaint when nobody reads its output any more")
    func closedOutput() async throws {
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let run = try await liveView(arguments: [], output: pipe.fileHandleForWriting)
        #expect(run.code == 0 && run.errors.isEmpty)
    }

    private func liveView(arguments: [String], output: FileHandle?) async throws -> ProgramRun {
        try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            for number in 1...3 as ClosedRange<UInt32> {
                try await peer.send(command.frame(number, arrived: 0, "<\(number)>"))
            }
            _ = try await peer.command()
        } _: { liveViewPort in
            var fleet = ScriptedFleet()
            fleet.otherPort = liveViewPort
            return try await fleet.serve {
                try await Program.run(["live-view", "1"] + arguments, server: $0, output: output)
            }
        }
    }

    @Test("Ctrl-C stops a download, and leaves no part of a file behind")
    func interruptedDownload() async throws {
        let directory = try TemporaryDirectory()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let run = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":5}"#), command.piece(at: 0, ByteBuffer(string: "he")))
            while try directory.names().isEmpty { await Task.yield() }
            arrived.yield()
            _ = try await peer.command()
        } _: { downloadPort in
            var fleet = ScriptedFleet()
            fleet.otherPort = downloadPort
            return try await fleet.serve {
                try await Program.run(
                    ["download", "1", "/store/DCIM/A.JPG"], server: $0, in: directory.path, interruptAt: arrivals)
            }
        }
        #expect(run.code == 130 && run.output.isEmpty)
        #expect(try directory.names() == [])
    }

    @Test("events prints a JSON document a line, and says so when the server goes")
    func events() async throws {
        let run = try await withPeer { peer in
            try await peer.send(greeting())
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            try await peer.send(packet(type: 4, 0xC005, transaction: 2, ByteBuffer(string: "{\n\"count\":\n1}")))
            try await peer.send(packet(type: 4, 0xC0FF, transaction: 3, ByteBuffer(string: "{}")))
        } _: { port in
            try await Program.run(["events", "--json", "--only", "events_lost"], server: port)
        }
        #expect(run.code == 1 && run.errors.contains("was lost"))
        #expect(
            run.lines == [
                #"{"event":"events_lost","number":2,"data":{ "count": 1}}"#,
                #"{"event":"0xC0FF","number":3,"data":{}}"#,
            ])
    }

    @Test("A server that wants a token gets the one in the environment, or a sentence says where to put it")
    func token() async throws {
        let tokens = NIOLockedValueBox<[String]>([])
        let runs = try await withPeer { peer in
            try await peer.send(greeting(authentication: "token"))
            try await peer.serve { command in
                if command.code == 0x0901 { tokens.withLockedValue { $0.append(command.json) } }
                return [command.response(command.code == 0x0901 ? #"{"role":"viewer"}"# : #"{"cameras":[]}"#)]
            }
        } _: { port in
            [
                try await Program.run(["list"], server: port, environment: ["CAMERA_FLEET_TOKEN": "secret"]),
                try await Program.run(["list"], server: port),
            ]
        }
        #expect(runs[0].code == 0)
        #expect(tokens.withLockedValue { $0 } == [#"{"token":"secret"}"#])
        #expect(runs[1].code == 1 && runs[1].errors.contains("CAMERA_FLEET_TOKEN"))
    }
}
