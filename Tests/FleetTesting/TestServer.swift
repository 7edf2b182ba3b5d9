public import Archive
public import Fleet
public import FleetModel
import Logging
public import PacketServer
import ServiceLifecycle

/// A server in the test's own process, with real workers, on ports that the system chose.
public struct TestServer: Sendable {
    /// The fleet behind the ports.
    public let registry: CameraRegistry
    /// The port of commands.
    public let commandPort: Int
    /// The port of live view.
    public let liveViewPort: Int
    /// The port of downloads.
    public let downloadPort: Int

    /// Runs a server on bodies at these ports for as long as `body` takes, and ends it in order. `worker` is the program
    /// that it starts for each body.
    public static func run<Result: Sendable>(
        _ bodies: [BodyPort], folder: TemporaryFolder = TemporaryFolder(), limits: FleetLimits = FleetLimits(),
        portLimits: PortLimits = PortLimits(), saving: SavingPolicy = SavingPolicy(kinds: .none),
        secondFolder: String? = nil, names: String = NameTemplate.folderOfBody, companions: Companions = Companions(),
        worker: String = Programs.path("body-worker"), triggers: FleetTriggers = .none,
        _ body: (TestServer) async throws -> Result
    ) async throws -> Result {
        var limits = limits
        if !Programs.sanitizerOptions.isEmpty, limits.endingTime == FleetLimits().endingTime {
            // A worker that is built with a sanitizer looks for leaks before it ends, and is not to be killed at that.
            limits.endingTime = .seconds(20)
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let launcher = WorkerLauncher(
            executable: worker, homes: "\(folder.path)/workers",
            guid: "00112233445566778899aabbccddeeff", limits: limits)
        let roster = try Roster(folder: folder.path)
        let template = try NameTemplate(names, inUTC: true)
        let registry = try await CameraRegistry(
            roster: roster,
            images: roster.images(
                in: folder.path, template: template, secondFolder: secondFolder, companions: companions),
            saving: saving, launcher: launcher, spool: try Spool(folder: "\(folder.path)/spool"), limits: limits,
            triggers: triggers, logger: logger)
        let host = "127.0.0.1"
        let liveView = try await LiveViewPort(host: host, port: 0, registry: registry, limits: portLimits)
        let download = try await DownloadPort(host: host, port: 0, registry: registry, limits: portLimits)
        let command = try await CommandPort(
            host: host, port: 0, registry: registry, liveViewPort: liveView.port, downloadPort: download.port,
            limits: portLimits)
        for port in bodies { try await registry.add(port) }
        let services = ServiceGroup(services: [registry, download, liveView, command], logger: logger)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await services.run() }
            let server = TestServer(
                registry: registry, commandPort: command.port, liveViewPort: liveView.port,
                downloadPort: download.port)
            do {
                let result = try await body(server)
                await services.triggerGracefulShutdown()
                try await group.waitForAll()
                withExtendedLifetime(folder) {}
                return result
            } catch {
                await services.triggerGracefulShutdown()
                try? await group.waitForAll()
                throw error
            }
        }
    }

    /// A client of port 5555 that has read CONNECTION_OK.
    public func client() async throws -> RawClient {
        let client = try await RawClient.connect(port: commandPort)
        _ = try await client.packet()
        return client
    }

    /// Waits until so many bodies are ready.
    public func waitUntilReady(_ count: Int) async throws {
        try await waitUntil("\(count) bodies are ready") {
            await registry.list().filter { $0.state == .ready }.count == count
        }
    }
}
