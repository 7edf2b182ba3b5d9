import CProcess
public import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A program that the server started with one end of a socket pair on descriptor 3: it ends by itself when the other
/// end is closed, so nothing outlives the server, whatever ends that.
public final class ChildProcess: Sendable {
    /// The process's number, for the log.
    public let processID: Int32
    private let descriptor: NIOLockedValueBox<Int32?>

    /// Starts `executable` and gives the parent's end of its link, which is the caller's to close. Its environment is
    /// `environment` and, where the programs are built with a sanitizer, how that reports. Where it `writesToLink`, the
    /// link is its standard output and standard error as well, in place of the server's. `input` is what its standard input
    /// holds; without it that is /dev/null. It runs in `folder`, or where the server does.
    ///
    /// Throws General_Error when the program cannot be started; the message says what to look at.
    public static func start(
        _ executable: String, arguments: [String], environment: [String: String], writesToLink: Bool = false,
        input: [UInt8]? = nil, folder: String? = nil
    ) throws(FleetError) -> (process: ChildProcess, link: CInt) {
        var inputFile: CInt = -1
        if let input {
            inputFile = input.withUnsafeBytes { fleet_process_input($0.baseAddress, $0.count) }
            guard inputFile >= 0 else {
                throw FleetError(.generalError, "No input for \(executable): \(text(of: -inputFile)).")
            }
        }
        defer { if inputFile >= 0 { close(inputFile) } }
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw FleetError(.generalError, "No link to \(executable): \(text(of: errno)).")
        }
        defer { close(ends[1]) }
        var processID: pid_t = 0
        var descriptor: CInt = -1
        let failure = withStrings([executable] + arguments) { arguments in
            withStrings((environment.merging(ofSanitizers) { $1 }).map { "\($0.key)=\($0.value)" }) { environment in
                fleet_process_start(
                    executable, arguments, environment, folder, inputFile, ends[1], writesToLink, &processID,
                    &descriptor)
            }
        }
        guard failure == 0 else {
            close(ends[0])
            throw FleetError(.generalError, "\(executable) could not be started: \(text(of: failure)).")
        }
        return (ChildProcess(processID: processID, descriptor: descriptor), ends[0])
    }

    /// What says to AddressSanitizer, LeakSanitizer and ThreadSanitizer how they report.
    private static var ofSanitizers: [String: String] {
        var environment: [String: String] = [:]
        for name in ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }

    private init(processID: Int32, descriptor: Int32) {
        self.processID = processID
        self.descriptor = NIOLockedValueBox(descriptor)
    }

    /// Ends the process at once, as SIGKILL does. Without effect once it is reaped.
    public func kill() {
        descriptor.withLockedValue { descriptor in
            if let descriptor { _ = fleet_process_signal(descriptor, SIGKILL) }
        }
    }

    /// Sends a signal to the process and all that it has started, but what has left its process group: SIGKILL ends them at
    /// once. Without effect once it is reaped.
    public func signalGroup(_ signal: Int32) {
        descriptor.withLockedValue { descriptor in
            // Until it is reaped the number of the process, and thus of its group, is nobody else's.
            if descriptor != nil { _ = Glibc.kill(-processID, signal) }
        }
    }

    /// Waits for the end of the process, ending it after `patience`, and takes its exit code: 128 and more is a signal.
    /// To be called once; the link should be closed by then.
    @discardableResult
    public func reap(patience: Duration) async -> Int32 {
        guard let descriptor = descriptor.withLockedValue({ $0 }) else { return 0 }
        let milliseconds = Int32(
            clamping: patience.components.seconds * 1000 + patience.components.attoseconds / 1_000_000_000_000_000)
        // A thread of the pool waits for a process that is ending: for the patience at most, and for a killed one. By a
        // future, because the pool drops work of a task that is cancelled, and a stopping server's tasks are.
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let future = NIOThreadPool.singleton.runIfActive(eventLoop: loop) { () -> Int32? in
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if Glibc.poll(&poll, 1, milliseconds) <= 0 {
                _ = fleet_process_signal(descriptor, SIGKILL)
                // In the middle of a kernel call that hangs (a driver's, a disk's) a process does not end. It is not waited
                // for here: the others need this thread.
                guard Glibc.poll(&poll, 1, Self.killedPatience) > 0 else { return nil }
            }
            return fleet_process_reap(descriptor)
        }
        let code = (try? await future.get()) ?? nil
        self.descriptor.withLockedValue { owned in
            owned = nil
            if code != nil { close(descriptor) }
        }
        if code == nil { Self.reapLater(descriptor, on: loop) }
        return code ?? 128 + SIGKILL
    }

    /// How long a killed process is waited for, in milliseconds; one that takes longer is looked at now and then.
    private static let killedPatience: Int32 = 2000
    private static let lateInterval = TimeAmount.seconds(2)

    /// Takes what is left of a killed process when the kernel lets go of it.
    private static func reapLater(_ descriptor: Int32, on loop: any EventLoop) {
        loop.scheduleTask(in: lateInterval) {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 0) > 0 else { return reapLater(descriptor, on: loop) }
            _ = fleet_process_reap(descriptor)
            close(descriptor)
        }
    }

    private static func text(of error: CInt) -> String { String(cString: strerror(error)) }
}

/// Calls `body` with a NULL-ended array of C strings that live for the call.
private func withStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { pointers.forEach { free($0) } }
    return body(pointers + [nil])
}
