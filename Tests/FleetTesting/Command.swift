import Foundation
import NIOConcurrencyHelpers

/// A program that a test starts, bounded in time.
public final class Command: Sendable {
    /// What a run left.
    public struct Result: Sendable {
        /// The exit code, or the signal that ended it as a negative number.
        public let code: Int32
        /// What it printed.
        public let output: String
        /// What it said on standard error.
        public let errors: String
    }

    private let process: NIOLockedValueBox<Process>
    private let folder = TemporaryFolder()

    /// Starts a program, whose output goes to files.
    public init(_ path: String, _ arguments: [String], environment: [String: String]? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let environment { process.environment = environment.merging(Programs.sanitizerOptions) { $1 } }
        process.standardInput = FileHandle.nullDevice
        for name in ["output", "errors"] {
            _ = FileManager.default.createFile(atPath: "\(folder.path)/\(name)", contents: nil)
        }
        process.standardOutput = FileHandle(forWritingAtPath: "\(folder.path)/output")
        process.standardError = FileHandle(forWritingAtPath: "\(folder.path)/errors")
        try process.run()
        self.process = NIOLockedValueBox(process)
    }

    deinit {
        process.withLockedValue { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } }
    }

    /// The process's number.
    public var processID: Int32 { process.withLockedValue { $0.processIdentifier } }

    /// Whether it has not ended yet.
    public var isRunning: Bool { process.withLockedValue { $0.isRunning } }

    /// What it has printed so far.
    public var output: String { text("output") }

    /// What it has said on standard error so far.
    public var errors: String { text("errors") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(folder.path)/\(name)") ?? Data(), as: UTF8.self)
    }

    /// Sends it a signal.
    public func signal(_ signal: Int32) {
        kill(processID, signal)
    }

    /// Waits for its end; it is killed when it takes longer than `limit`.
    public func wait(limit: Duration = .seconds(60)) async -> Result {
        do {
            try await waitUntil("it ends", within: limit) { !process.withLockedValue { $0.isRunning } }
        } catch {
            signal(SIGKILL)
        }
        let code = process.withLockedValue { process in
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        }
        return Result(code: code, output: output, errors: errors)
    }

    /// Runs a program to its end.
    public static func run(
        _ path: String, _ arguments: [String], environment: [String: String]? = nil
    ) async throws -> Result {
        try await Command(path, arguments, environment: environment).wait()
    }
}
