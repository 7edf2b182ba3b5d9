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
            on a Nikon and a Canon, live view that shows the body's name, a frame number and a running clock. Ends on \
            SIGTERM or Ctrl-C.

            With --control, the subcommands break a body (fault), repair it, and do what a photographer would do to it \
            (act), from another terminal; programs send the same as JSON, one object a line, to that port.

            With --log, a line of JSON tells of each transaction: body, connection, operation, parameters, response, \
            bytes of data in and out, and when the request came in and the response went out, in nanoseconds by \
            CLOCK_REALTIME and CLOCK_MONOTONIC. The arrival is the kernel's: when the segment with the end of the \
            request reached the socket (SO_TIMESTAMPING), however late the program came to read it. Its limits: the \
            kernel notes CLOCK_REALTIME, and the other clock is worked out from both as they are when the request is \
            read, so setting the clock in between shifts it; requests that are read together share the time of the last \
            one; and a time on the loopback is one of software. "arrival_by" says "body" where the kernel noted none. \
            The response's time is when its last byte was given to the kernel.

            With --usb, each body is a device on this machine's own USB as well, by the kernel's USB/IP: what udev, libusb \
            and every program on them do with a camera, they do with it. Unplug and replug are of that cable then.

            What is too large for memory lies in a file without a name in the folder for temporary files (TMPDIR, or \
            /tmp), which is gone with the program.
            """,
        subcommands: [FaultCommand.self, RepairCommand.self, ActCommand.self, BodiesCommand.self])

    @OptionGroup var options: RigOptions

    @Option(help: ArgumentHelp("The address that the bodies are on.", valueName: "address"))
    var bind = "127.0.0.1"

    @Option(help: "The port of the first body; the others follow. 0: any free ports.")
    var port = 15740

    @Option(
        help: ArgumentHelp(
            "Take requests to break the bodies and to use them on that port of 127.0.0.1; 0: any free one.",
            valueName: "port"))
    var control: Int?

    @Option(help: ArgumentHelp("Append a line of JSON for each transaction to a file.", valueName: "file"))
    var log: String?

    @Flag(help: "Let the bodies go before all else that runs here (SCHED_FIFO), where that is allowed.")
    var realtime = false

    @Flag(help: "Plug the bodies into this machine's own USB, too (root, and the kernel's module vhci-hcd).")
    var usb = false

    @Flag(help: "Print a rig's file that shows every key, and end.")
    var exampleRig = false

    @Option(
        help: ArgumentHelp(
            "Write the bodies as one line of JSON to that file descriptor, and end when its other side is closed.",
            valueName: "descriptor"))
    var reportDescriptor: Int32?

    func validate() throws {
        guard 0...65535 ~= port, port == 0 || port + (options.count ?? 1) <= 65536 else {
            throw ValidationError("--port and the ports after it, one for each body, must lie within 1 and 65535.")
        }
        guard 0...65535 ~= control ?? 0 else { throw ValidationError("--control is a port from 0 to 65535.") }
        if let reportDescriptor, fcntl(reportDescriptor, F_GETFD) < 0 {
            throw ValidationError("--report-descriptor \(reportDescriptor) is not an open file descriptor.")
        }
    }

    func run() async throws {
        if exampleRig { return print(RigFile.example) }
        // A parent that is gone is noticed by what write returns.
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let logFile = try log.map { try TransactionLogFile(path: $0) }
        let descriptions = try options.descriptions()
        let last = port + descriptions.count - 1
        guard port == 0 || last <= 65535 else {
            throw ValidationError("--port \(port) leaves no ports for \(descriptions.count) bodies.")
        }
        var rig = try await VirtualRig.start(descriptions, host: bind, firstPort: port, logFile: logFile)
        if realtime, let reason = await rig.makeRealtime() {
            let line = "The bodies run as all else does, since SCHED_FIFO was refused: \(reason).\n"
            _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
        }
        do {
            if usb { try await rig.plugIntoUsb() }
            try await serve(rig)
        } catch {
            await rig.stop()
            await logFile?.finish()
            throw error
        }
        await logFile?.finish()
    }

    /// Everything that runs, until the program is to end.
    private func serve(_ rig: VirtualRig) async throws {
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: RigService(rig: rig))
        ]
        var controlPort: ControlPort?
        if let control {
            let opened = try await ControlPort.start(rig, port: control)
            controlPort = opened
            services.append(.init(service: ControlService(port: opened)))
        }
        if let reportDescriptor {
            let report = Report(rig: rig, control: controlPort?.port)
            guard report.write(to: reportDescriptor) else {
                await rig.stop()
                return
            }
            services.append(
                .init(
                    service: ParentWatch(descriptor: reportDescriptor),
                    successTerminationBehavior: .gracefullyShutdownGroup))
        } else {
            introduce(rig, control: controlPort?.port)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "virtual-camera") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }

    private func introduce(_ rig: VirtualRig, control: Int?) {
        for listener in rig.listeners {
            let description = listener.body.description
            print(
                """
                \(description.name): \(description.manufacturer) \(description.model), serial number \
                \(description.serialNumber), at \(listener.portPath)
                    gphoto2 --port \(listener.portPath) --summary
                """)
        }
        if let control { print("Control: virtual-camera fault 1 busy --times 1 --control \(control)") }
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
