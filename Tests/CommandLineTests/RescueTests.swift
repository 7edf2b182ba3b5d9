import FleetTesting
import Foundation
import NIOCore
import NIOPosix
import Testing

/// `serve --rescue-command`.
@Suite(.timeLimit(.minutes(1)))
struct RescueTests {
    private let folder = TemporaryFolder()

    @Test("A body that stays in fault is rescued, while others work; the command's output is in the log")
    func rescued() async throws {
        // Something that hangs up: a body that cannot be opened.
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { $0.close() }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let rescue = try await folder.script("rescue", "echo \"$1 $2\" >> '\(folder.path)/told'; echo the relay is on")
        let (server, address) = try await RunningServer.start(
            [
                "--virtual", "1", "--camera", "ptpip:127.0.0.1:\(port)", "--rescue-command", rescue, "--rescue-after",
                "0.2",
            ],
            data: "\(folder.path)/data")
        func told() -> String { (try? String(contentsOfFile: "\(folder.path)/told", encoding: .utf8)) ?? "" }
        try await waitUntil("it was rescued") { told().contains(" ptpip:127.0.0.1:\(port):\(port)\n") }
        try await waitUntil("its output is logged") { server.errors.contains("the relay is on") }
        try await RunningServer.waitForBodies(1, address)
        server.signal(SIGTERM)
        #expect(await server.wait().code == 0)
        // The other body may be slow, and be rescued too: each once in five minutes.
        let rescues = told().split(separator: "\n")
        #expect(rescues.filter { $0.hasSuffix(" ptpip:127.0.0.1:\(port):\(port)") }.count == 1, "\(told())")
        #expect(Set(rescues).count == rescues.count && rescues.count <= 2, "\(told())")
        try await listener.close()
    }

    @Test("A rescue command that cannot be run is a sentence at the start")
    func refused() async throws {
        let plain = "\(folder.path)/plain"
        try Data().write(to: URL(fileURLWithPath: plain))
        for (file, word) in [
            ("\(folder.path)/none", "is not there"), (plain, "cannot be run"), (folder.path, "cannot be run"),
        ] {
            let run = try await Command.run(
                Programs.path("camera-fleet"),
                [
                    "serve", "--no-usb", "--data", "\(folder.path)/data", "--command-port", "0", "--live-view-port",
                    "0",
                    "--download-port", "0", "--rescue-command", file,
                ])
            #expect(run.code != 0 && run.errors.contains(word), "\(run.errors)")
        }
        let times = try await Command.run(Programs.path("camera-fleet"), ["serve", "--rescue-after", "-1"])
        #expect(times.code != 0 && times.errors.contains("rescue-after"))
    }
}
