import Fleet
import FleetModel
import FleetTesting
import Foundation
import Logging
import Testing

/// A command of the user's, run for a body.
@Suite(.timeLimit(.minutes(1)))
struct RescueCommandTests {
    private let folder = TemporaryFolder()
    private let log = KeptLog()

    private var subject: RescueCommand.Subject {
        let camera = CameraInfo(
            id: BodyID(rawValue: "nikon-d7500-1"), cameraNumber: 7, name: "front; left", model: "D7500 $(false)",
            port: "usb:001,004", state: .fault, error: ErrorDescription(FleetError(.cameraFault, "Switch it off.")))
        return RescueCommand.Subject(camera: camera, socket: "pci-0000:00:14.0-usb-0:2")
    }

    private func command(_ text: String, limit: Duration = .seconds(30)) async throws -> RescueCommand {
        let handler = log
        return RescueCommand(
            file: try await folder.script("rescue", text), limit: limit,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path],
            logger: Logger(label: "test") { _ in handler })
    }

    private func file(_ name: String) -> String? {
        try? String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
    }

    @Test("It is told of the body by arguments and environment, without a shell, and has nothing of the server open")
    func told() async throws {
        let rescue = try await command(
            """
            for word in "$@"; do echo "$word"; done > "$HOME/arguments"
            env | grep ^CAMERA_FLEET_ | sort > "$HOME/environment"
            ls -l /proc/self/fd | grep -c 'socket:' > "$HOME/sockets"
            """)
        #expect(await rescue.run(for: subject) == .exited(code: 0))
        #expect(file("arguments") == "nikon-d7500-1\nusb:001,004\nD7500 $(false)\npci-0000:00:14.0-usb-0:2\n")
        #expect(
            file("environment") == """
                CAMERA_FLEET_BODY=nikon-d7500-1
                CAMERA_FLEET_ERROR=Switch it off.
                CAMERA_FLEET_MODEL=D7500 $(false)
                CAMERA_FLEET_NAME=front; left
                CAMERA_FLEET_NUMBER=7
                CAMERA_FLEET_PORT=usb:001,004
                CAMERA_FLEET_SOCKET=pci-0000:00:14.0-usb-0:2

                """)
        #expect(
            file("sockets") == "2\n", "standard error and the link; standard output is the pipe of the script's own")
    }

    @Test("What it writes goes to the log line by line, up to a bound, and so does how it ends")
    func output() async throws {
        let rescue = try await command(
            "echo relay off; printf 'relay\\033 on' >&2; i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); done; exit 3"
        )
        #expect(await rescue.run(for: subject) == .exited(code: 3))
        let lines = log.lines
        #expect(lines.contains("notice rescue command says body=nikon-d7500-1 line=relay off"))
        #expect(lines.contains { $0.contains("line=relay  on0") })
        #expect(lines.count { $0.contains("says") } == 200)
        #expect(lines.contains { $0.contains("rescue command wrote more") })
        #expect(lines.last == "warning rescue command failed body=nikon-d7500-1 code=3")
    }

    @Test("One that takes too long is killed with all that it started")
    func tooLong() async throws {
        let rescue = try await command(
            "sh -c 'echo $$ > \"$HOME/child\"; exec tail -f /dev/null' & echo $$ > \"$HOME/parent\"; wait",
            limit: .milliseconds(500))
        #expect(await rescue.run(for: subject) == .killed)
        for name in ["parent", "child"] {
            let process = try #require(file(name).flatMap { Int32($0.dropLast()) })
            try await waitUntil("\(name) is gone") { TestFleet.isGone(process) }
        }
    }

    @Test("One that runs when the server stops is killed")
    func stopped() async throws {
        let rescue = try await command(
            "echo $$ > \"$HOME/parent.new\"; mv \"$HOME/parent.new\" \"$HOME/parent\"; exec tail -f /dev/null")
        let subject = subject
        let run = Task { await rescue.run(for: subject) }
        try await waitUntil("it runs") { file("parent") != nil }
        run.cancel()
        #expect(await run.value == .killed)
        let process = try #require(file("parent").flatMap { Int32($0.dropLast()) })
        #expect(TestFleet.isGone(process))
    }

    @Test("One that cannot be started is an error in the log, and leaves no descriptor open")
    func missing() async throws {
        let handler = log
        let rescue = RescueCommand(
            file: "\(folder.path)/none", logger: Logger(label: "test") { _ in handler })
        guard case .notStarted(let why) = await rescue.run(for: subject) else {
            Issue.record("it started")
            return
        }
        #expect(why.contains("No such file"))
        #expect(log.lines.last?.hasPrefix("error rescue command did not start") == true)
    }
}
