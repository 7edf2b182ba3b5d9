import ArgumentParser
import FleetTesting
import Foundation
import Testing

@testable import camera_fleet

/// `serve --on-image`, `serve --on-shot` and `serve --save-group`.
@Suite(.timeLimit(.minutes(2)))
struct HookOptionTests {
    private let folder = TemporaryFolder()

    private func told() -> [String] {
        let text = (try? String(contentsOfFile: "\(folder.path)/told", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    @Test("A command has words of its own, is run for what is saved now, and ends with the server")
    func served() async throws {
        let data = "\(folder.path)/data"
        let program = try await folder.script("hook", "echo \"$1: $2\" >> '\(folder.path)/told'")
        for start in 1...2 {
            let (server, address) = try await RunningServer.start(
                ["--virtual", "1", "--on-image", "sh '\(program)' 'an image'"], data: data)
            try await RunningServer.waitForBodies(1, address)
            #expect(try await RunningServer.run(["trigger", "1"], address).code == 0)
            try await waitUntil("the hook ran") { told().count == start }
            server.signal(SIGTERM)
            #expect(await server.wait().code == 0)
        }
        #expect(told().count == 2 && told().allSatisfy { $0.hasPrefix("an image: \(data)/images/") }, "\(told())")
    }

    @Test("A hook that runs when the server ends is ended")
    func stopped() async throws {
        let program = try await folder.script(
            "hook", "trap '' TERM; echo $$ >> '\(folder.path)/told'; tail -f /dev/null")
        let (server, address) = try await RunningServer.start(
            ["--virtual", "1", "--on-shot", program], data: "\(folder.path)/data")
        try await RunningServer.waitForBodies(1, address)
        #expect(try await RunningServer.run(["shoot", "--all"], address).code == 0)
        try await waitUntil("it runs") { told().count == 1 }
        server.signal(SIGTERM)
        let end = await server.wait(limit: .seconds(20))
        #expect(end.code == 0 && end.errors.contains("hook was ended"), "\(end.errors)")
        let process = try #require(told().first.flatMap { Int32($0) })
        try await waitUntil("it is gone") { TestFleet.isGone(process) }
    }

    @Test("A command that cannot be run, and limits that are none, are a sentence at the start")
    func refused() async throws {
        let plain = "\(folder.path)/plain"
        try Data().write(to: URL(fileURLWithPath: plain))
        for (arguments, words) in [
            (["--on-image", "\(folder.path)/none"], ["--on-image", "is not there"]),
            (["--on-shot", plain], ["--on-shot", "cannot be run"]), (["--on-image", "'sh"], ["--on-image"]),
            (["--on-image", " "], ["--on-image"]), (["--hook-time", "0"], ["--hook-time"]),
            (["--hooks-at-once", "0"], ["--hooks-at-once"]), (["--save-group", "ring"], ["--save-group", "ring=all"]),
            (["--save-group", "ring=best"], ["without-raw"]),
            (["--save-group", "a=raw", "--save-group", "a=all"], ["twice"]),
            (["--capture-to", "ram"], ["--capture-to", "card, memory, both"]),
            (["--capture-to-group", "ring"], ["ring=card"]), (["--capture-to-group", "ring=ram"], ["memory"]),
            (["--capture-to-group", "a=card", "--capture-to-group", "a=both"], ["twice"]),
            (["--capture-to", "memory", "--save", "none"], ["would be lost"]),
            (["--capture-to-group", "a=memory", "--save-group", "a=raw"], ["would be lost"]),
        ] {
            let run = try await Command.run(
                Programs.path("camera-fleet"),
                [
                    "serve", "--no-usb", "--data", "\(folder.path)/data", "--command-port", "0", "--live-view-port",
                    "0", "--download-port", "0",
                ] + arguments)
            #expect(run.code != 0 && words.allSatisfy { run.errors.contains($0) }, "\(arguments): \(run.errors)")
        }
    }

    @Test("Words are parted by spaces, and kept together by quotes and backslashes; nothing else means anything")
    func words() {
        #expect(CommandWords.of(" a  b\tc ") == ["a", "b", "c"])
        #expect(CommandWords.of(#"sh -c 'x "$1" | y' "" 'a'"b c"d"#) == ["sh", "-c", #"x "$1" | y"#, "", "ab cd"])
        #expect(CommandWords.of(#"a\ b "c\"d" 'e\f' $HOME * ; &"#) == ["a b", "c\"d", "e\\f", "$HOME", "*", ";", "&"])
        #expect(CommandWords.of("") == [] && CommandWords.of("a 'b") == nil && CommandWords.of("a\\") == nil)
    }

    @Test("Settings of groups are a map in the file and words in the environment")
    func maps() throws {
        let file = try SettingsFile("save-group: {ring: raw, 'two words': none}", name: "f").settings
        #expect(file.flatMap(\.arguments) == ["--save-group=ring=raw", "--save-group=two words=none"])
        let environment = try ServeSetting.settings(in: ["CAMERA_FLEET_SAVE_GROUP": "a=raw,b=all"])
        #expect(environment.flatMap(\.arguments) == ["--save-group=a=raw", "--save-group=b=all"])
        let groups = try Serve.parse(["--save-group=ring=none", "--save-group", "a=b=raw"]).saving.saveGroup
        #expect(groups.map { "\($0.group): \($0.choice)" } == ["ring: none", "a=b: raw"])
        for text in ["save-group: raw", "save-group: [ring=raw]", "save-group: {ring: [raw]}", "save-group: {ring: }"] {
            let failure = #expect(throws: Failure.self) { try SettingsFile(text, name: "f") }
            #expect(failure?.description.contains("save-group takes names") == true, "\(text)")
        }
    }

    @Test("disk and check tell of the room on the server's disk, and the log once that little is left")
    func disk() async throws {
        var space = statvfs()
        #expect(statvfs(folder.path, &space) == 0)
        let free = Int(space.f_bavail) * Int(space.f_frsize)
        let (server, address) = try await RunningServer.start(
            ["--virtual", "1", "--reserve", "\(free * 3 / 4 / 1_000_000)"], data: "\(folder.path)/data")
        try await RunningServer.waitForBodies(1, address)
        let before = try await RunningServer.run(["disk"], address)
        #expect(before.code == 0 && before.output.contains("known once"), "\(before)")
        for _ in 0..<2 {
            #expect(try await RunningServer.run(["shoot", "1"], address).code == 0)
        }
        try await waitUntil("frames are known") {
            try await RunningServer.run(["disk"], address).output.contains(" frames of all ready cameras fit")
        }
        let told = try await RunningServer.run(["check"], address)
        #expect(told.output.contains("disk: ") && told.output.contains(" fit"), "\(told)")
        let disk = try await RunningServer.run(["disk", "--json"], address)
        #expect(disk.output.contains("\"frames\"") && disk.output.contains("\"reserve\""))
        server.signal(SIGTERM)
        let end = await server.wait()
        #expect(end.errors.components(separatedBy: "the disk is nearly full").count == 2, "\(end.errors)")
    }
}
