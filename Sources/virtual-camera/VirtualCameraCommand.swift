import ArgumentParser
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals
import VirtualCamera

/// The program: so many bodies, each on a port of its own, until somebody ends it.
@main
struct VirtualCameraCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "virtual-camera",
        abstract: "Cameras that are not there, for people who have no rig at hand.",
        discussion: """
            Each body is a PTP responder on a port of its own, which gphoto2 and everything else that is built on \
            libgphoto2 drives over PTP/IP as it drives a real camera: settings, releases, pictures with Exif, files, and, \
            on a Nikon and a Canon, live view that shows the body's name, a frame number and a running clock. Ends on SIGTERM or \
            Ctrl-C.
            """)

    @Option(help: "How many bodies.")
    var count = 1

    @Option(
        help: """
            nikon: a D7500 with live view. canon-eos: an EOS 6D with live view. ptp: standard PTP and nothing else.
            """)
    var personality = Personality.nikon

    @Option(help: ArgumentHelp("The address that the bodies are on.", valueName: "address"))
    var bind = "127.0.0.1"

    @Option(help: "The port of the first body; the others follow. 0: any free ports.")
    var port = 15740

    @Option(help: "The number of the first body, which decides serial number, name and colours.")
    var firstIndex = 1

    @Option(help: "Frames a second of live view; 0: as fast as they are asked for.")
    var liveViewRate = 30.0

    @Option(help: "From the release to the beginning of the exposure, in milliseconds.")
    var shutterLagMs = 60

    @Option(help: "Each transaction takes at least that many milliseconds.")
    var transactionMs = 0

    @Option(help: "How many pictures lie on each card at the beginning.")
    var pictures = 3

    @Option(
        name: .customLong("object-size"), parsing: .singleValue,
        help: ArgumentHelp(
            "Another file of that many bytes on each card, made while it is read. May be given several times.",
            valueName: "bytes"))
    var objectSizes: [Int] = []

    @Option(
        help: ArgumentHelp(
            "Write the bodies as one line of JSON to that file descriptor, and end when its other side is closed.",
            valueName: "descriptor"))
    var reportDescriptor: Int32?

    /// The dialects by the names that people type.
    enum Personality: String, ExpressibleByArgument, CaseIterable {
        case nikon
        case canonEOS = "canon-eos"
        case ptp

        var dialect: VirtualBodyDescription.Dialect {
            switch self {
            case .nikon: .nikon
            case .canonEOS: .canonEOS
            case .ptp: .ptp
            }
        }
    }

    func validate() throws {
        guard 1...4096 ~= count else { throw ValidationError("--count is a number of bodies from 1 to 4096.") }
        guard 0...65535 ~= port, port == 0 || port + count <= 65536 else {
            throw ValidationError("--port and the ports after it, one for each body, must lie within 1 and 65535.")
        }
        guard 1...999_999 ~= firstIndex, firstIndex + count <= 1_000_000 else {
            throw ValidationError("--first-index is a number from 1 to 999999.")
        }
        guard 0...1000 ~= liveViewRate else {
            throw ValidationError("--live-view-rate is a number of frames a second from 0 to 1000.")
        }
        guard 0...600_000 ~= shutterLagMs else {
            throw ValidationError("--shutter-lag-ms is a time from 0 to 600000 milliseconds.")
        }
        guard 0...600_000 ~= transactionMs else {
            throw ValidationError("--transaction-ms is a time from 0 to 600000 milliseconds.")
        }
        guard 0...1000 ~= pictures else { throw ValidationError("--pictures is a number from 0 to 1000.") }
        guard objectSizes.count <= 1000, objectSizes.allSatisfy({ 1...4_294_967_294 ~= $0 }) else {
            throw ValidationError("--object-size is a size from 1 to 4294967294 bytes, as far as PTP's 32 bits reach.")
        }
        if let reportDescriptor, fcntl(reportDescriptor, F_GETFD) < 0 {
            throw ValidationError("--report-descriptor \(reportDescriptor) is not an open file descriptor.")
        }
    }

    func run() async throws {
        // A parent that is gone is noticed by what write returns.
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let rig = try await VirtualRig.start(descriptions, host: bind, firstPort: port)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: RigService(rig: rig))
        ]
        if let reportDescriptor {
            let report = Report(rig: rig)
            guard report.write(to: reportDescriptor) else {
                await rig.stop()
                return
            }
            services.append(
                .init(
                    service: ParentWatch(descriptor: reportDescriptor),
                    successTerminationBehavior: .gracefullyShutdownGroup))
        } else {
            introduce(rig)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "virtual-camera") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }

    private var descriptions: [VirtualBodyDescription] {
        (0..<count).map { offset in
            var description = VirtualBodyDescription(
                dialect: personality.dialect, index: firstIndex + offset)
            description.liveViewFramesPerSecond = liveViewRate
            description.shutterLag = .milliseconds(shutterLagMs)
            description.transactionTime = .milliseconds(transactionMs)
            description.pictures = pictures
            description.extraObjects = objectSizes
            return description
        }
    }

    private func introduce(_ rig: VirtualRig) {
        for listener in rig.listeners {
            let description = listener.body.description
            print(
                """
                \(description.name): \(description.manufacturer) \(description.model), serial number \
                \(description.serialNumber), at \(listener.portPath)
                    gphoto2 --port \(listener.portPath) --summary
                """)
        }
        print("Ctrl-C ends \(rig.listeners.count == 1 ? "it" : "them").")
        fflush(nil)
    }

    /// Every body takes three descriptors, more with several connections: ask for as many as the system gives.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
