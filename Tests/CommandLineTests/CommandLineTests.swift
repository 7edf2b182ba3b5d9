import Foundation
import Testing

@Suite("The command line without a server", .timeLimit(.minutes(1)))
struct CommandLineTests {
    @Test(
        "A command that makes no sense is refused with its reason before any server is asked",
        arguments: [
            (["shoot"], "cameras"), (["shoot", "all", "1"], "Name cameras, or say all"),
            (["shoot", "1", "--bulb", "0"], "--bulb"), (["shoot", "1", "--bulb", "x"], "--bulb"),
            (["get", "1"], "widget"), (["get"], "camera"), (["set", "1"], "widget"), (["live-view"], "camera"),
            (["live-view", "1", "--frames", "0"], "--frames"), (["live-view", "1", "--max-fps", "-1"], "max-fps"),
            (["name", "1"], "--number"), (["name", "1", "--number", "0"], "--number"),
            (["name", "1", "--group", "a", "--no-groups"], "--no-groups"), (["download", "1"], "folder/name"),
            (["download", "1", "/a/"], "not a folder"), (["events", "--only", "nonsense"], "object_added"),
            (["list", "--server", "::1"], "brackets"), (["list", "--server", "a:70000"], "HOST:PORT"),
            (["upload", "1", "a.jpg"], "--to"), (["upload", "1", "a/", "--to", "x"], "not folders"),
            (["delete", "1"], "--all-in"), (["delete", "1", "/a", "--all-in", "b"], "--all-in"),
            (["delete", "1", "/a/"], "not a folder"), (["lock"], "cameras"),
            (["lock", "1", "--seconds", "0"], "--seconds"),
            (["sequence", "1", "--count", "0", "--every", "1"], "--count"),
            (["sequence", "1", "--count", "1"], "--every"),
            (["sequence", "1", "--count", "1", "--every=-1"], "--every"), (["number", "--start", "0"], "--start"),
            (["replace", "1"], "--by"), (["report", "x.zip"], ".tar"),
            (["trigger", "all", "1"], "Name cameras, or say all"),
            (["download", "1", "/a", "--type", "film"], "metadata"),
            (["shoot", "1", "--time-limit", "0"], "--time-limit"),
            (["nonsense"], "nonsense"), (["list", "--nonsense"], "--nonsense"), (["get", "", "iso"], "camera"),
        ])
    func refused(arguments: [String], reason: String) async throws {
        let run = try await Program.run(arguments)
        #expect(run.code == 64)
        #expect(run.errors.contains(reason), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test("Without a server there is a sentence on standard error that says what to do, and the exit code is 1")
    func noServer() async throws {
        let port = try unusedPort()
        for arguments in [
            ["list"], ["shoot", "all"], ["get", "1", "iso"], ["events", "--json"], ["live-view", "1"],
        ] {
            let run = try await Program.run(arguments, server: port)
            #expect(run.code == 1)
            #expect(
                run.errors.contains("No fleet server answers at 127.0.0.1:\(port). Start one with"), "\(run.errors)")
            #expect(run.output.isEmpty)
        }
    }

    @Test("The server can be named in the environment, and an option comes before it")
    func environment() async throws {
        let port = try unusedPort()
        let other = try unusedPort()
        let named = try await Program.run(["list"], environment: ["CAMERA_FLEET_SERVER": "127.0.0.1:\(port)"])
        #expect(named.errors.contains("127.0.0.1:\(port)"))
        let both = try await Program.run(
            ["list"], server: other, environment: ["CAMERA_FLEET_SERVER": "127.0.0.1:\(port)"])
        #expect(both.errors.contains("127.0.0.1:\(other)"))
        let wrong = try await Program.run(["list"], environment: ["CAMERA_FLEET_SERVER": "a:b"])
        #expect(wrong.code == 1 && wrong.errors.contains("CAMERA_FLEET_SERVER"))
    }

    @Test("The version and the help name the program")
    func version() async throws {
        #expect(try await Program.run(["--version"]).text == "camera-fleet/1.0.0\n")
        let help = try await Program.run(["--help"]).text
        for command in [
            "serve", "list", "shoot", "trigger", "sequence", "get", "set", "widgets", "live-view", "files", "download",
            "thumbnail", "upload", "delete", "storage", "summary", "lock", "reset", "name", "number", "roster",
            "replace",
            "forget", "events", "report",
        ] {
            #expect(help.contains("  \(command) "), "\(command)")
        }
    }
}
