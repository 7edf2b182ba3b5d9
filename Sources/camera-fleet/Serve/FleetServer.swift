import Archive
import Fleet
import FleetModel
import Glibc
import Hotplug
import Logging
import NIOConcurrencyHelpers
import PacketServer
import ServiceLifecycle
import UnixSignals

/// The server's parts, put together: roster, registry, three ports, and virtual bodies where they are asked for.
struct FleetServer {
    let options: Serve
    let logger: Logger

    func run() async throws {
        MemoryTrim.shareArenas()
        raiseDescriptorLimit()
        // A file that may grow no further (RLIMIT_FSIZE) is an error like a full disk, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        // One trap from before the preparation to the end: between two of them a signal would be lost.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let running = NIOLockedValueBox<ServiceGroup?>(nil)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in signals { break }
                return true
            }
            group.addTask {
                try await serve(running)
                return false
            }
            defer { group.cancelAll() }
            guard try await group.next() == true else { return }
            // What was started while it is being prepared ends with its link.
            guard let services = running.withLockedValue({ $0 }) else { return group.cancelAll() }
            await services.triggerGracefulShutdown()
            _ = try await group.next()
        }
    }

    private func serve(_ running: NIOLockedValueBox<ServiceGroup?>) async throws {
        let services: [any Service]
        do {
            services = try await prepare()
        } catch  where Task.isCancelled {
            return
        }
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
            }, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(4)
        let group = ServiceGroup(configuration: configuration)
        running.withLockedValue { $0 = group }
        guard !Task.isCancelled else { return }
        // A signal that comes before this is remembered by the group.
        try await group.run()
    }

    private func prepare() async throws -> [any Service] {
        let triggers = try options.triggers.ofFleet()
        let folder = try DataFolder(
            options.data, commandPort: options.commandPort, isVirtual: options.virtualBodies != nil)
        let roster = try Roster(folder: folder.path)
        if let damaged = roster.damagedDatabase {
            logger.error(
                "The roster was damaged; it is kept aside and a new one begun.", metadata: ["file": "\(damaged)"])
        }
        let limits = options.limits.ofFleet
        let portLimits = options.limits.ofPorts
        let launcher = WorkerLauncher(
            executable: try Sibling.program("body-worker"), homes: folder.workers, guid: try folder.guid(),
            limits: limits)
        let images = roster.images(
            in: folder.path, template: try NameTemplate(options.saving.imageNames, inUTC: options.saving.namesInUtc),
            secondFolder: try options.saving.secondFolder(besides: folder.path),
            companions: options.saving.companions)
        let registry = try await CameraRegistry(
            roster: roster, images: images, saving: try options.saving.policy(), launcher: launcher,
            spool: try Spool(folder: folder.spool),
            limits: limits, triggers: triggers, logger: logger)

        let liveView = try await LiveViewPort(
            host: options.bind, port: options.liveViewPort, registry: registry, limits: portLimits)
        let download = try await DownloadPort(
            host: options.bind, port: options.downloadPort, registry: registry, limits: portLimits)
        let command = try await CommandPort(
            host: options.bind, port: options.commandPort, registry: registry, liveViewPort: liveView.port,
            downloadPort: download.port, limits: portLimits)

        var services: [any Service] = []
        var found: [String] = []
        if let request = options.virtualBodies {
            let rig = try await VirtualRig.start(
                try Sibling.program("virtual-camera"), request, endingTime: limits.endingTime)
            for body in rig.bodies { try await registry.add(BodyPort(path: body.port)) }
            found.append("\(rig.bodies.count) virtual \(rig.bodies.count == 1 ? "body" : "bodies")")
            services.append(rig)
        }
        for camera in options.camera {
            try await registry.add(try await camera.resolved())
        }
        if !options.camera.isEmpty { found.append("\(options.camera.count) on the network") }
        if options.discover {
            services.append(AnnouncedBodies(registry: registry, logger: logger))
            found.append("those that announce themselves on the network")
        }
        if options.usb {
            let models = try await usbModels(launcher)
            services.append(UsbBodies(models: models, registry: registry, logger: logger))
            let cameras = ((try? UsbDevice.all()) ?? []).count { $0.role(under: models) != .other }
            found.append("\(cameras) on USB")
        }
        if let rescue = try options.rescue.service(for: registry, logger) { services.append(rescue) }
        if let hooks = try options.hooks.service(for: registry, folder: folder.path, logger) { services.append(hooks) }
        services += [registry, download, liveView, command, MemoryTrim()] as [any Service]
        greet(found, folder, command: command.port, liveView: liveView.port, download: download.port)

        return services
    }

    /// What libgphoto2 knows; without that, bodies are told by their class and by udev's rules.
    private func usbModels(_ launcher: WorkerLauncher) async throws -> UsbModels {
        do {
            return try await launcher.knownModels().models
        } catch {
            logger.warning("libgphoto2's models are not known", metadata: ["why": "\(error)"])
            return .none
        }
    }

    /// Each body takes a few descriptors, each client one: the soft limit of 1,024 is for programs that use select.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func greet(_ found: [String], _ folder: DataFolder, command: Int, liveView: Int, download: Int) {
        let server = command == 5555 && options.bind == "127.0.0.1" ? "" : " --server \(options.bind):\(command)"
        print(
            """
            CameraFleet serves on \(options.bind): commands on \(command), live view on \(liveView), downloads on \(download).
            Bodies: \(found.isEmpty ? "none" : found.joined(separator: ", ")). Names and numbers are kept in \(folder.path).
            Now type, in a second terminal:
                camera-fleet list\(server)
                camera-fleet shoot all --download shots\(server)
            Ctrl-C ends the server.
            """)
        fflush(nil)
    }
}
