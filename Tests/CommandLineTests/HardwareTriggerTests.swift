import FleetTesting
import Foundation
import Glibc
import Testing

/// `serve --trigger` and `--flash`, `triggers` and `collect`.
@Suite(.timeLimit(.minutes(1)))
struct HardwareTriggerTests {
    private let folder = TemporaryFolder()

    @Test("A server gives the box of --trigger its text, triggers lists it, and a box that is silent ends the shot")
    func box() async throws {
        var (here, there): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 64)
        try #require(openpty(&here, &there, &name, nil, nil) == 0)
        defer {
            close(here)
            close(there)
        }
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (server, address) = try await RunningServer.start(
            [
                "--virtual", "1", "--trigger", #"box=serial:\#(path):9600:FIRE\r\n:answer=OK"#, "--trigger",
                "lamp=gpio:gpiochip-none:4:low:pulse=5", "--flash", "lamp=2.5",
            ], data: "\(folder.path)/data")
        try await RunningServer.waitForBodies(1, address)

        let list = try await RunningServer.run(["triggers"], address)
        #expect(list.code == 1, "one has an error")
        let rows = list.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(
            rows == [
                ["NAME", "KIND", "PORT", "STATE"], ["box", "serial", path, "ready"],
                ["lamp", "gpio", "gpiochip-none:4", "error"],
            ])
        #expect(list.errors.contains("lamp: This machine has no GPIO chip gpiochip-none"), "\(list.errors)")
        #expect(try await RunningServer.run(["triggers", "--json"], address).output.contains(#""kind""#))

        let collected = try await RunningServer.run(["collect", "--window", "600", "--trigger", "box"], address)
        #expect(collected.code == 1 && collected.output.contains("incomplete"), "\(collected.output)")
        #expect(collected.errors.contains("The box at \(path) did not answer \"OK\" in time"), "\(collected.errors)")
        var heard = [UInt8](repeating: 0, count: 64)
        let count = read(here, &heard, heard.count)
        #expect(String(decoding: heard[..<max(0, count)], as: UTF8.self) == "FIRE\r\n")

        let unknown = try await RunningServer.run(["collect", "--window", "5", "--trigger", "relay"], address)
        #expect(unknown.code == 1 && unknown.errors.contains("No trigger is called relay; there are box, lamp."))
        // A flash that fails is in the log, and the shot is whole.
        let shot = try await RunningServer.run(["shoot", "--all"], address)
        #expect(shot.code == 0, "\(shot.errors)")
        try await waitUntil("the flash's failure is logged") { server.errors.contains("gpiochip-none") }
        server.signal(SIGTERM)
        #expect(await server.wait().code == 0)
    }

    @Test(
        "A trigger or a flash that is none is a sentence with its setting at the start",
        arguments: [
            (["--trigger", "gpio:gpiochip0:17"], ["--trigger", "name"]),
            (["--trigger", "a=relay:1"], ["--trigger", "a: ", "relay"]),
            (["--trigger", "a b=gpio:c:1"], ["--trigger", "no name"]),
            (["--trigger", "a=serial:/dev/a:1:T"], ["--trigger", "a: ", "speed"]),
            (["--trigger", "a=gpio:c:1", "--trigger", "a=gpio:c:2"], ["--trigger a", "two triggers"]),
            (["--flash", "a=5"], ["--flash a", "no --trigger"]),
            (["--trigger", "a=gpio:c:1", "--flash", "a=-1"], ["--flash", "a: ", "from 0"]),
            (["--trigger", "a=gpio:c:1", "--flash", "a"], ["--flash", "NAME=MILLISECONDS"]),
            (["--trigger", "a=gpio:c:1", "--flash", "a=1", "--flash", "a=2"], ["--flash a", "twice"]),
        ])
    func refusals(options: [String], words: [String]) async throws {
        let run = try await Command.run(
            Programs.path("camera-fleet"),
            [
                "serve", "--no-usb", "--data", "\(folder.path)/data", "--command-port", "0", "--live-view-port", "0",
                "--download-port", "0",
            ] + options)
        #expect(run.code != 0)
        for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
    }

    @Test("A file's triggers are texts of a list, and one that is none is told with its line")
    func file() async throws {
        let path = "\(folder.path)/fleet.yaml"
        try Data("bind: 127.0.0.1\ntrigger: ['a=serial:/dev/a:9600:FIRE, NOW\\n', b=gpio:c]\n".utf8)
            .write(to: URL(fileURLWithPath: path))
        let run = try await Command.run(Programs.path("camera-fleet"), ["serve", "--no-usb", "--config", path])
        #expect(
            run.code != 0 && run.errors.contains("fleet.yaml, line 2") && run.errors.contains("b: "), "\(run.errors)")
    }

    @Test("Ctrl-C gives up what collect waits for")
    func interrupted() async throws {
        let (server, address) = try await RunningServer.start(["--virtual", "1"], data: "\(folder.path)/data")
        try await RunningServer.waitForBodies(1, address)
        let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
        let (moments, moment) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        async let collecting = Program.run(["collect", "--window", "600"], server: port, interruptAt: moments)
        try await waitUntil("the shot is under way") {
            try await RunningServer.run(["shots"], address).output.contains("fired")
        }
        moment.yield()
        #expect(try await collecting.code == 130)
        try await waitUntil("the shot is given up") {
            try await RunningServer.run(["shots"], address).output.contains("incomplete")
        }
        server.signal(SIGTERM)
        #expect(await server.wait().code == 0)
    }

    @Test("collect takes a window above 0")
    func window() async throws {
        for arguments in [["collect"], ["collect", "--window", "0"], ["collect", "--window", "1", "--trigger", ""]] {
            #expect(try await Program.run(arguments).code != 0)
        }
    }
}
