import CDriverLog
import Dispatch
import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// The worker process: one body, one thread that calls its driver, and the link to the server on descriptor 3.
public enum BodyWorker {
    /// The descriptor of the link.
    static let link: Int32 = 3

    /// Runs until the server closes the link or the body is lost. `arguments` is the command line without the program's
    /// name; exits with 64 when it cannot be read, with 73 when the home cannot be written.
    public static func run(_ arguments: [String]) -> Never {
        guard let options = WorkerOptions(arguments) else {
            quit(64, WorkerOptions.usage)
        }
        signal(SIGPIPE, SIG_IGN)
        guard fcntl(link, F_GETFD) >= 0 else {
            quit(64, "body-worker is started by camera-fleet, with its link on descriptor 3.")
        }
        occupyStandardDescriptors()
        driver_memory_set_up()
        let home = WorkerHome(path: options.home)
        guard home.prepare(guid: options.guid) else {
            quit(73, "\(options.home) cannot be written.")
        }
        // Where it cannot be kept, nothing is missing but a report after a crash.
        rename(home.driverLog, "\(home.driverLog).before")
        _ = driver_log_keep(home.driverLog)
        Driver.onComplaint { domain, text in driver_log_say(domain, text) }
        let writer = LinkWriter(descriptor: link)
        switch options.task {
        case .tellKnownModels: tellKnownModels(writer)
        case .serve(let port, let model): serve(port, model, options, home, writer)
        }
    }

    /// Over PTP/IP the driver closes descriptor 0 when it ends, whatever that is, and other libraries write to 1 and 2: what
    /// nobody gave is made /dev/null, so that none of them is ever a socket or a file of the server's.
    private static func occupyStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free descriptor is the one that is looked at.
            _ = open("/dev/null", O_RDWR)
        }
    }

    private static func quit(_ code: Int32, _ sentence: String) -> Never {
        let line = sentence + "\n"
        _ = write(STDERR_FILENO, line, line.utf8.count)
        exit(code)
    }

    private static func tellKnownModels(_ writer: LinkWriter) -> Never {
        var models: [KnownModels.Model] = []
        do throws(GPhotoError) {
            models = try AbilitiesList(context: try Context()).usbModels().map { model in
                KnownModels.Model(
                    name: model.model, vendor: model.vendor, product: model.product, class: model.class,
                    subclass: model.subclass, protocol: model.protocol)
            }
        } catch {
            Ending.fail(
                writer, WorkerFailure(reason: .driver, error: DriverFailure.error(error, .other)))
        }
        writer.tell(LinkEvent.knownModels.rawValue, KnownModels(version: Driver.version, models: models))
        driver_process_end(0)
    }

    private static func serve(
        _ port: String, _ model: String?, _ options: WorkerOptions, _ home: WorkerHome, _ writer: LinkWriter
    ) -> Never {
        let queue = WorkQueue()
        let isNetwork = port.hasPrefix("ptpip:")
        let opening = Opening(isNetwork: isNetwork, patienceMilliseconds: options.patienceMilliseconds) {
            let error = FleetError(
                .cameraFault, "The body takes connections and does not answer: switch it off and on.")
            Ending.fail(writer, WorkerFailure(reason: .silent, error: error))
        }
        let reader = LinkReader(descriptor: link, queue: queue, writer: writer, opening: opening)
        start { reader.watch() }
        driver_thread_quicken()
        blockSignals()
        let camera: Camera
        do throws(GPhotoError) {
            camera = try Camera(port: port, model: model) { writer.tell(LinkEvent.prepared.rawValue, Nothing()) }
        } catch {
            opening.finish()
            Ending.fail(writer, OpeningFailure.describe(error, port: port))
        }
        opening.finish()
        driver_memory_trim()
        let body = OpenBody(camera: camera, port: port, memoryFolder: home.memoryFolder)
        body.chooseCaptureTarget()
        let pieces = PieceSender(writer: writer)
        start { pieces.run() }
        BodyThread(body: body, queue: queue, reader: reader, writer: writer, pieces: pieces).run()
    }

    /// A signal inside a driver's select would fail its call.
    private static func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
    }

    /// Starts a thread that is never joined.
    private static func start(_ action: @escaping @Sendable () -> Never) {
        let box = Unmanaged.passRetained(ThreadStart(action))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue().action()
            }, box.toOpaque())
        guard result == 0 else { exit(71) }
        pthread_detach(thread)
    }
}

/// What a new thread runs; owned by the thread from its start.
private final class ThreadStart: Sendable {
    let action: @Sendable () -> Never

    init(_ action: @escaping @Sendable () -> Never) {
        self.action = action
    }
}
