import ArgumentParser
import FleetTesting
import Foundation
import Testing

@testable import camera_fleet

/// Settings of `serve` from a file, the environment and the command line.
@Suite(.timeLimit(.minutes(1)))
struct SettingsTests {
    private let folder = TemporaryFolder()

    private func write(_ text: String) throws -> String {
        let path = "\(folder.path)/fleet.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func arguments(_ text: String) throws -> [String] {
        try SettingsFile(text, name: "fleet.yaml").settings.flatMap(\.arguments)
    }

    @Test("A file's settings are what the options of their names would be, and values stay as they are written")
    func file() throws {
        let text = """
            # of the studio
            bind: 0.0.0.0
            command-port: 5556
            camera: [ptpip:192.168.1.20, "ptpip:cam:15740"]
            usb: false
            driver-seconds: 1.50
            data: '-odd name'
            """
        #expect(
            try arguments(text) == [
                "--bind=0.0.0.0", "--command-port=5556", "--camera=ptpip:192.168.1.20", "--camera=ptpip:cam:15740",
                "--no-usb", "--driver-seconds=1.50", "--data=-odd name",
            ])
        #expect(try arguments("camera: ptpip:a") == ["--camera=ptpip:a"])
        #expect(try arguments("camera: []") == [] && arguments("") == [] && arguments("# nothing\n") == [])
    }

    @Test(
        "What a file cannot say is a sentence with the line and the key",
        arguments: [
            ("bind: a\ncamera-port: 5", ["line 2", "no setting \"camera-port\""]), ("comand_port: 1", ["comand_port"]),
            ("command_port: 1", ["command_port", "is it command-port?"]), ("bind: [a]", ["bind takes one value"]),
            ("bind:", ["bind takes a value"]), ("bind: null", ["bind takes a value"]),
            ("usb: perhaps", ["usb takes true or false"]), ("camera: {a: b}", ["camera takes a list"]),
            ("camera: [[a]]", ["camera takes a list"]), ("bind: {}", ["bind takes one value"]),
            ("- bind", ["made of lines"]),
            ("bind", ["made of lines"]), ("bind: a\nbind: b", ["no YAML"]), ("bind: 'a", ["no YAML"]),
            ("[a]: b", ["no word"]), ("config: other.yaml", ["no setting \"config\""]),
            ("bind: a\n---\nbind: b", ["no YAML"]),
        ])
    func refusals(text: String, words: [String]) {
        let failure = #expect(throws: Failure.self) { try SettingsFile(text, name: "fleet.yaml") }
        for word in ["fleet.yaml"] + words { #expect(failure?.description.contains(word) == true, "\(failure as Any)") }
    }

    @Test("The command line comes before the environment, and that before the file; lists are not mixed")
    func order() throws {
        let file = try SettingsFile(
            "bind: f\ndata: f\nlog-level: debug\nusb: true\ncamera: [ptpip:f]", name: "f"
        ).settings
        let environment = try ServeSetting.settings(in: [
            "CAMERA_FLEET_DATA": "e", "CAMERA_FLEET_LOG_LEVEL": "info", "CAMERA_FLEET_CAMERA": "ptpip:a, ptpip:b",
            "CAMERA_FLEET_BIND": "", "CAMERA_FLEET_SERVER": "x", "HOME": "y",
        ])
        let merged = ServeSetting.merge(
            file: file, environment: environment, commandLine: ["--log-level=error", "--no-usb", "--virtual", "2"])
        #expect(
            merged == [
                "--bind=f", "--camera=ptpip:a", "--camera=ptpip:b", "--data=e", "--log-level=error", "--no-usb",
                "--virtual",
                "2",
            ])
        #expect(throws: Failure.self) { try ServeSetting.settings(in: ["CAMERA_FLEET_USB": "2"]) }
    }

    @Test("Every option of serve can be set in a file, and the example has each, with the value that it has anyway")
    func example() async throws {
        let help = try await Command.run(Programs.path("camera-fleet"), ["serve", "--help"])
        let options = Set(
            help.output.split(separator: "\n").compactMap { line -> String? in
                guard line.hasPrefix("  --") else { return nil }
                return String(line.dropFirst(4).prefix { $0 != " " && $0 != "/" })
            })
        #expect(options.subtracting(["config", "version"]) == Set(ServeSetting.kinds.keys))

        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Deploy/camera-fleet.yaml").path
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let settings = lines.filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0 != "#" }.map { $0.dropFirst() }
        let file = try SettingsFile(settings.joined(separator: "\n"), name: "camera-fleet.yaml").settings
        #expect(Set(file.map(\.key)) == Set(ServeSetting.kinds.keys) && file.count == ServeSetting.kinds.count)
        #expect(try SettingsFile(lines.joined(separator: "\n"), name: "camera-fleet.yaml").settings.isEmpty)
        let examples: Set = [
            "camera", "data", "second-copy", "virtual-rig", "rescue-command", "image-names", "reserve", "trigger",
            "flash",
            "on-image", "on-shot", "save-group", "capture-to", "capture-to-group",
        ]
        let usual = try Serve.parse([])
        let same = try Serve.parse(file.filter { !examples.contains($0.key) }.flatMap(\.arguments))
        #expect("\(same)" == "\(usual)")
    }

    @Test("A server takes its settings from the file, from the environment, and from the command line before them")
    func served() async throws {
        let path = try write(
            "bind: 127.0.0.2\nvirtual: 2\nlive-view-port: 0\ndownload-port: 0\ncommand-port: 70000\nlog-level: warning\n"
        )
        let server = try Command(
            Programs.path("camera-fleet"),
            ["serve", "--config", path, "--no-usb", "--command-port", "0"] + Programs.sanitizerArguments,
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": folder.path, "CAMERA_FLEET_DATA": "\(folder.path)/kept",
                "CAMERA_FLEET_VIRTUAL": "1",
            ])
        // The port of the file is none, whatever the command line says.
        let refused = await server.wait(limit: .seconds(20))
        #expect(refused.code != 0 && refused.errors.contains("fleet.yaml, line 5") && refused.errors.contains("70000"))

        _ = try write("bind: 127.0.0.2\nvirtual: 2\nlive-view-port: 0\ndownload-port: 0\ncommand-port: 5555\n")
        let second = try Command(
            Programs.path("camera-fleet"),
            ["serve", "--no-usb", "--command-port", "0"] + Programs.sanitizerArguments,
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": folder.path, "CAMERA_FLEET_DATA": "\(folder.path)/kept",
                "CAMERA_FLEET_VIRTUAL": "1", "CAMERA_FLEET_CONFIG": path,
            ])
        try await waitUntil("the server listens") { second.output.contains("Ctrl-C") || !second.isRunning }
        #expect(second.output.contains("serves on 127.0.0.2") && !second.output.contains("commands on 5555"))
        #expect(second.output.contains("1 virtual body") && second.output.contains("\(folder.path)/kept"))
        second.signal(SIGTERM)
        #expect(await second.wait().code == 0, "\(second.errors)")
    }

    @Test("A file that is not there, or has an unknown key, ends the server with a sentence")
    func unusable() async throws {
        for (path, word) in [
            ("\(folder.path)/none.yaml", "none.yaml cannot be read"), (try write("bnid: x"), "\"bnid\""),
        ] {
            let run = try await Command.run(
                Programs.path("camera-fleet"), ["serve", "--no-usb", "--data", folder.path, "--config", path])
            #expect(run.code != 0 && run.errors.contains(word), "\(run.errors)")
        }
    }
}
