import Dispatch
import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A program that was started, and ends with this at the latest.
final class RunningProgram {
    /// Those that run now.
    private static let running = NIOLockedValueBox<Set<Int32>>([])

    let processID: Int32
    private let process = Process()
    private let output = Pipe()
    private var unread: [UInt8] = []

    /// Starts a program whose standard output is read here. Its environment is `environment` alone, its standard error this
    /// program's unless `isQuiet`.
    init(_ path: String, _ arguments: [String], environment: [String: String] = [:], isQuiet: Bool = false) throws {
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        if isQuiet { process.standardError = FileHandle.nullDevice }
        do {
            try process.run()
        } catch {
            throw BenchmarkFailure("\(path) could not be started: \(error)")
        }
        let processID = process.processIdentifier
        self.processID = processID
        Self.running.withLockedValue { _ = $0.insert(processID) }
        // What the program holds of the pipe is its own: its end shows here.
        try? output.fileHandleForWriting.close()
    }

    deinit {
        end()
        Self.running.withLockedValue { [processID] in _ = $0.remove(processID) }
    }

    /// Has what runs end when this program is ended by a signal, which leaves nobody the time to end it.
    static func endWithThisProgram() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                // The source lives for as long as its handler.
                defer { source.cancel() }
                for process in running.withLockedValue({ $0 }) { Glibc.kill(process, SIGTERM) }
                _exit(128 + number)
            }
            source.resume()
        }
    }

    /// The next line of output, waited for so many seconds at most.
    func line(within seconds: Double = 30) throws -> String {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            guard try readMore(until: deadline) else {
                throw BenchmarkFailure("\(name) ended, or said nothing within \(seconds) s.")
            }
        }
    }

    /// All output up to the program's end, waited for so many seconds at most, and its exit code.
    func finish(within seconds: Double = 600) throws -> (output: String, code: Int32) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try readMore(until: deadline) {}
        guard ContinuousClock.now < deadline else { throw BenchmarkFailure("\(name) did not end within \(seconds) s.") }
        process.waitUntilExit()
        return (String(decoding: unread, as: UTF8.self), process.terminationStatus)
    }

    /// Whether it runs still.
    var isRunning: Bool { process.isRunning }

    /// Ends the program as SIGKILL does, and returns when it is gone.
    func kill() {
        Glibc.kill(processID, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends the program as Ctrl-C does, and after ten seconds as SIGKILL does.
    func end() {
        guard process.isRunning else { return }
        process.terminate()
        let deadline = ContinuousClock.now + .seconds(10)
        while process.isRunning {
            if ContinuousClock.now > deadline { Glibc.kill(processID, SIGKILL) }
            usleep(5000)
        }
    }

    private var name: String { process.executableURL?.lastPathComponent ?? "" }

    /// Reads what there is; false at the end of output, or when time is up.
    private func readMore(until deadline: ContinuousClock.Instant) throws -> Bool {
        let descriptor = output.fileHandleForReading.fileDescriptor
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        guard left > 0, poll(&ready, 1, Int32(min(left, 1e6))) == 1 else { return false }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return false }
        unread += bytes[..<count]
        return true
    }
}
