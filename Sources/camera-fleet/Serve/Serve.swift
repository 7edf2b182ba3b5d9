import Archive
import ArgumentParser
import Fleet
import FleetModel
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
            groups are kept in the data folder. Ctrl-C or SIGTERM ends the server and every worker.
            """)

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

    @Flag(inversion: .prefixedNo, help: "Look for bodies on USB.")
    var usb = true

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

/// A sentence that ends the program with an exit code other than 0.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ sentence: String) {
        description = sentence
    }
}
