import FleetTesting
import Foundation
import Testing

/// The whole path as a user types it: the server with virtual bodies, and the commands against it.
@Suite struct ServeTests {
    @Test("Every command of the README does what it says on virtual bodies, and SIGTERM ends it all")
    func readme() async throws {
        let folder = TemporaryFolder()
        let (server, address) = try await RunningServer.start(["--virtual", "3"], data: "\(folder.path)/data")
        #expect(server.output.contains("3 virtual bodies"))
        try await waitUntil("three bodies are ready") {
            try await RunningServer.run(["list", "--json"], address).output.components(separatedBy: "\"ready\"").count
                == 4
        }
        let listing = try await RunningServer.run(["list"], address)
        let list = listing.output.split(separator: "\n")
        try #require(list.count == 4, "\(listing)")
        #expect(list[0].contains("SERIAL") && list[1].contains("camera-1") && list[3].contains("ready"))

        let shot = try await RunningServer.run(["shoot", "1", "--download", folder.path], address)
        #expect(shot.code == 0)
        #expect(shot.output.contains("\(folder.path)/DSC_0004.JPG"))
        let image = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/DSC_0004.JPG"))
        #expect(image.starts(with: [0xFF, 0xD8]) && image.suffix(2) == Data([0xFF, 0xD9]))

        #expect(try await RunningServer.run(["shoot", "all", "--download", "\(folder.path)/shots"], address).code == 0)
        for camera in 1...3 {
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/shots/camera-\(camera)")
            #expect(names.count == 1)
        }

        #expect(try await RunningServer.run(["set", "2", "iso", "800"], address).code == 0)
        #expect(try await RunningServer.run(["get", "2", "iso"], address).output == "800\n")
        #expect(try await RunningServer.run(["set", "2", "iso", "801"], address).code == 1)

        let view = try Command(
            Programs.path("camera-fleet"), ["live-view", "3", "--frames", "20", "--server", address])
        _ = await view.wait()
        #expect(view.errors.contains("20 frames"))

        #expect(try await RunningServer.run(["files", "1"], address).output.contains("DSC_0004.JPG"))
        #expect(try await RunningServer.run(["name", "1", "front-left"], address).code == 0)
        #expect(try await RunningServer.run(["get", "front-left", "serialnumber"], address).output == "6000001\n")

        let workers = TestFleet.processes(running: "body-worker", below: server.processID)
        #expect(workers.count == 3)
        server.signal(SIGTERM)
        let end = await server.wait(limit: .seconds(5))
        #expect(end.code == 0)
        #expect(end.errors.isEmpty)
        #expect(workers.allSatisfy { kill($0, 0) != 0 })
    }

    @Test("The server's death by SIGKILL takes every worker and virtual body along")
    func killedServer() async throws {
        let folder = TemporaryFolder()
        let (server, address) = try await RunningServer.start(["--virtual", "2"], data: folder.path)
        try await waitUntil("two bodies are ready") {
            try await RunningServer.run(["list", "--json"], address).output.components(separatedBy: "\"ready\"").count
                == 3
        }
        let children =
            TestFleet.processes(running: "body-worker", below: server.processID)
            + TestFleet.processes(running: "virtual-camera", below: server.processID)
        #expect(children.count == 3)
        server.signal(SIGKILL)
        _ = await server.wait()
        try await waitUntil("they are gone") { children.allSatisfy { TestFleet.isGone($0) } }
    }

    @Test(
        "What cannot be served is a sentence and an exit code",
        arguments: [
            (["--virtual", "9999"], "--virtual"), (["--camera", "nonsense"], "ptpip:HOST"),
            (["--command-port", "70000"], "70000"), (["--virtual-personality", "leica"], "leica"),
            (["--bind", "203.0.113.7"], "203.0.113.7"),
            (["--camera", "ptpip:no.such.host.invalid"], "no.such.host.invalid"),
        ])
    func refusals(_ arguments: [String], _ word: String) async throws {
        let folder = TemporaryFolder()
        let run = try await Command.run(
            Programs.path("camera-fleet"), ["serve", "--no-usb", "--data", folder.path] + arguments)
        #expect(run.code != 0)
        #expect(run.errors.contains(word))
    }

    @Test("A second server on the same data folder is refused with a sentence")
    func sameFolder() async throws {
        let folder = TemporaryFolder()
        let (first, _) = try await RunningServer.start([], data: folder.path)
        let second = try await Command.run(
            Programs.path("camera-fleet"), ["serve", "--no-usb", "--data", folder.path, "--command-port", "0"])
        #expect(second.code != 0)
        #expect(second.errors.contains(folder.path))
        first.signal(SIGTERM)
        #expect(await first.wait().code == 0)
    }
}
