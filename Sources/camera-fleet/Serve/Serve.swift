import Archive
import ArgumentParser
import Fleet
import FleetModel
import FoundationEssentials
import Logging
import PacketServer
import ServiceLifecycle
import UnixSignals

/// `camera-fleet serve`: the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve every camera of this machine on three ports.",
        discussion: """
            Bodies on USB are found at the start; bodies on the network are named with --camera. Names, numbers and \
            groups are kept in the data folder, and images are saved there as cameras bring them. Ctrl-C or SIGTERM ends the server and every worker.

            Every option can be set in a file as well (--config), by its name without the hyphens, and in the environment: \
            --command-port is CAMERA_FLEET_COMMAND_PORT. The command line comes before the environment, and that before \
            the file.
            """)

    @Option(
        help: ArgumentHelp("A file of settings (YAML), with the names of these options as keys.", valueName: "file"))
    var config: String?

    @Option(help: "Start that many virtual bodies as well, to try things without a camera.")
    var virtual = 0

    @Option(help: "What the virtual bodies are: nikon or canon-eos (with live view), or ptp.")
    var virtualPersonality: VirtualPersonality = .nikon

    @Option(
        help: ArgumentHelp(
            "Virtual bodies as a file describes them; `virtual-camera --example-rig` shows one.", valueName: "file"))
    var virtualRig: String?

    @Option(
        help: "A body on the network: ptpip:HOST[:PORT[:EVENTPORT]]. May be given many times.",
        transform: NetworkBodyAddress.option)
    var camera: [NetworkBodyAddress] = []

    @Option(help: "The address to listen on. Whoever reaches it can control the cameras.")
    var bind = "127.0.0.1"

    @Option(help: "The port of commands.")
    var commandPort = 5555

    @Option(help: "The port of live view.")
    var liveViewPort = 4444

    @Option(help: "The port of downloads.")
    var downloadPort = 6666

    @Option(help: "The folder of what outlives a restart.")
    var data: String?

    @Flag(inversion: .prefixedNo, help: "Take cameras that announce themselves on the network (needs avahi-daemon).")
    var discover = false

    @Flag(inversion: .prefixedNo, help: "Look for bodies on USB.")
    var usb = true

    @OptionGroup(title: "Images")
    var saving: SavingOptions

    @OptionGroup(title: "Hooks")
    var hooks: HookOptions

    @OptionGroup(title: "Triggers")
    var triggers: TriggerOptions

    @OptionGroup(title: "Rescue")
    var rescue: RescueOptions

    @OptionGroup(title: "Limits")
    var limits: LimitOptions

    @Option(
        help: "What is logged: trace, debug, info, notice, warning or error.", transform: Logger.Level.option)
    var logLevel: Logger.Level = .notice

    func validate() throws {
        guard (0...256).contains(virtual) else { throw ValidationError("--virtual takes a number from 0 to 256.") }
        guard virtual == 0 || virtualRig == nil else {
            throw ValidationError("--virtual does not go with --virtual-rig: the file says how many bodies there are.")
        }
        for port in [commandPort, liveViewPort, downloadPort] where !(0...65535).contains(port) {
            throw ValidationError("\(port) is no port: it must be from 0 (any free one) to 65535.")
        }
    }

    /// The virtual bodies that are asked for, if any.
    var virtualBodies: VirtualRig.Request? {
        if let virtualRig { return .file(virtualRig) }
        return virtual > 0 ? .alike(virtual, virtualPersonality) : nil
    }

    func run() async throws {
        try await withAllSettings().serve()
    }

    private func serve() async throws {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "camera-fleet")
        logger.logLevel = logLevel
        do {
            try await FleetServer(options: self, logger: logger).run()
        } catch let error as FleetError {
            throw Failure(error.message)
        } catch let error as RosterError {
            throw Failure("\(error)")
        }
    }
}

extension Serve {
    /// With what the environment and the file of settings say of the options that the command line does not.
    ///
    /// Throws a sentence for what they cannot say.
    private func withAllSettings() throws -> Serve {
        let environment = ProcessInfo.processInfo.environment
        let path = config ?? environment[ServeSetting.variable(of: "config")].flatMap { $0.isEmpty ? nil : $0 }
        var ofFile: [ServeSetting] = []
        if let path {
            guard let text = try InputFile.text(at: path) else { throw Failure("\(path) is no text in UTF-8.") }
            ofFile = try SettingsFile(text, name: path).settings
        }
        let ofEnvironment = try ServeSetting.settings(in: environment)
        guard !ofFile.isEmpty || !ofEnvironment.isEmpty else { return self }
        let words = Array(CommandLine.arguments.drop { $0 != "serve" }.dropFirst())
        // Each alone, so that a value which is none is told with its place.
        for setting in ofFile + ofEnvironment {
            do {
                _ = try Serve.parse(setting.arguments)
            } catch {
                throw Failure("\(setting.source): \(Serve.message(for: error))")
            }
        }
        return try Serve.parse(ServeSetting.merge(file: ofFile, environment: ofEnvironment, commandLine: words))
    }
}

/// A sentence that ends the program with an exit code other than 0.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ sentence: String) {
        description = sentence
    }
}
