import FleetTesting
import FoundationEssentials
import Testing
import VirtualCamera

/// Debian's gphoto2 command and our server, asked the same of bodies of the same description.
@Suite struct SecondOpinionTests {
    @Test(
        "The gphoto2 command and the server agree on widgets, files and bytes",
        arguments: [
            VirtualBodyDescription.Dialect.nikon, .ptp,
        ])
    func agreement(_ dialect: VirtualBodyDescription.Dialect) async throws {
        let description = VirtualBodyDescription(dialect: dialect)
        let folder = TemporaryFolder()
        // One initiator at a time: a body of the same description for the command.
        let rig = try await VirtualRig.start([description])
        defer { withExtendedLifetime(folder) {} }
        let port = rig.listeners[0].portPath
        let config = try await Gphoto2.run(["--port", port, "--list-config"], home: folder.path)
        let iso = try await Gphoto2.run(["--port", port, "--get-config", "iso"], home: folder.path)
        let files = try await Gphoto2.run(["--port", port, "--list-files"], home: folder.path)
        let got = try await Gphoto2.run(
            ["--port", port, "--get-file", "1", "--filename", "\(folder.path)/first.jpg"], home: folder.path)
        #expect(got.contains("first.jpg"))
        let first = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/first.jpg")))
        await rig.stop()

        try await TestFleet.run([description]) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let widgets = try await client.ask(0x000A, session: session, "{}").json["widgets"].array
            let paths = widgets.compactMap { $0["path"].string }
            #expect(paths == config.split(separator: "\n").filter { $0.hasPrefix("/main/") }.map(String.init))

            let values = try await client.ask(0x0008, session: session, "{\"widget_id\":\"iso\"}").json
            #expect(values["widget_value"].string == Gphoto2.value("Current", in: iso))
            #expect(values["label"].string == Gphoto2.value("Label", in: iso))
            #expect(values["choices"].array.compactMap(\.string) == Gphoto2.choices(in: iso))

            let list = try await client.ask(0x000B, session: session, "{\"recurse\":true}").json["files"].array
            let names = list.compactMap { $0["name"].string }
            #expect(names.count == description.pictures)
            for name in names { #expect(files.contains(name)) }

            let ticket = try await client.ask(
                0x0004, session: session,
                "{\"folder\":\"\(list[0]["folder"].string ?? "")\",\"name\":\"\(names[0])\"}")
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            let (bytes, _) = try await downloads.download(ticket.json["ticket"].string ?? "", session: session)
            #expect(bytes == first)
        }
    }
}

/// Debian's gphoto2 command.
enum Gphoto2 {
    /// Runs it, with a HOME of its own, and gives what it printed.
    static func run(_ arguments: [String], home: String) async throws -> String {
        try await Command.run("/usr/bin/env", ["HOME=\(home)", "LC_ALL=C", "gphoto2"] + arguments).output
    }

    /// A line of `--get-config`.
    static func value(_ key: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
    }

    /// The choices of `--get-config`.
    static func choices(in text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("Choice: ") }.map { line in
            String(line.dropFirst("Choice: ".count).drop { $0 != " " }.dropFirst())
        }
    }
}
