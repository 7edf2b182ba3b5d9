public import FleetModel
import Glibc
public import Hotplug
import Logging
import NIOCore
import NIOPosix
import PacketProtocol

/// Starts body-workers: one process for one body, with a HOME of its own, since libgphoto2 keeps its settings there.
public struct WorkerLauncher: Sendable {
    private let executable: String
    private let homes: String
    private let guid: String
    private let limits: FleetLimits

    /// A launcher of the program `executable`, whose workers' homes are made in the folder `homes`. `guid` is the
    /// name, 32 hexadecimal digits, under which bodies on the network know this server.
    public init(executable: String, homes: String, guid: String, limits: FleetLimits = FleetLimits()) {
        self.executable = executable
        self.homes = homes
        self.guid = guid
        self.limits = limits
    }

    /// Starts a worker for the body at `port`. `patience`: how long the body may be silent while it is opened.
    func launch(port: BodyPort, model: String?, patience: Duration?) async throws(FleetError) -> Worker {
        var arguments = ["--port", port.path, "--home", try home(for: port), "--guid", guid]
        if let model { arguments += ["--model", model] }
        if let patience {
            arguments += ["--patience-ms", String(Int64(patience / .milliseconds(1)))]
        }
        return try await start(arguments)
    }

    /// Asks libgphoto2 which models it knows on USB, and which version it is.
    public func knownModels() async throws(FleetError) -> DriverKnowledge {
        let worker = try await start(["--known-models", "--home", try makeFolder("\(homes)/known-models")])
        var known: KnownModels?
        var failure: FleetError?
        for await event in worker.events {
            switch event {
            case .knownModels(let models): known = models
            case .failed(let reason): failure = reason.error.fleetError
            default: continue
            }
        }
        await worker.end()
        guard let known else {
            throw failure
                ?? FleetError(.generalError, "libgphoto2's drivers could not be read: the worker ended early.")
        }
        let models = known.models.map { model in
            UsbModels.Model(
                name: model.name, vendor: model.vendor, product: model.product, class: model.class,
                subclass: model.subclass, protocol: model.protocol)
        }
        return DriverKnowledge(version: known.version, models: UsbModels(models))
    }

    private func start(_ arguments: [String]) async throws(FleetError) -> Worker {
        let (process, link) = try ChildProcess.start(executable, arguments: arguments, environment: Self.environment)
        do {
            return try await Worker.adopt(process, link: link, limits: limits)
        } catch {
            process.kill()
            await process.reap(patience: .seconds(1))
            throw FleetError(.generalError, "The link to the worker failed: \(error).")
        }
    }

    private func home(for port: BodyPort) throws(FleetError) -> String {
        try makeFolder(folder(of: port))
    }

    private func folder(of port: BodyPort) -> String { "\(homes)/\(BodyID(of: [port.path]).rawValue)" }

    /// Where the worker of a port keeps its log.
    func driverLog(for port: BodyPort) -> String { "\(folder(of: port))/driver-log" }

    private func makeFolder(_ path: String) throws(FleetError) -> String {
        for folder in [homes, path] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw FleetError(.generalError, "The folder \(folder) cannot be made: \(String(cString: strerror(errno))).")
        }
        return path
    }

    /// What libgphoto2 and libusb may want to know; nothing else of the server's environment is the driver's business.
    private static var environment: [String: String] {
        // A driver that crashes is to be gone at once: what it did last is in its log, and a backtrace takes seconds.
        var environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no"]
        for name in ["CAMLIBS", "IOLIBS", "TZ", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }
}

/// What the libgphoto2 of the workers is and knows.
public struct DriverKnowledge: Sendable {
    /// Its version, such as 2.5.30.
    public let version: String
    /// Its models on USB.
    public let models: UsbModels
}
