import FleetTesting
import Foundation
import Testing

/// What a run of the program left.
struct ProgramRun: Sendable {
    var code: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// Standard output as one JSON document.
    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
    }
}

/// The built program, which is beside the bundle of these tests.
enum Program {
    static func run(
        _ arguments: [String], server port: Int? = nil, in directory: String? = nil,
        environment: [String: String] = [:], output: FileHandle? = nil, interruptAt moment: AsyncStream<Void>? = nil
    ) async throws -> ProgramRun {
        let process = Process()
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent()
            .appendingPathComponent("camera-fleet")
        process.arguments = arguments + (port.map { ["--server", "127.0.0.1:\($0)"] } ?? [])
        process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC"].merging(environment) { $1 }
            .merging(Programs.sanitizerOptions) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let folder = try TemporaryDirectory()
        func file(_ name: String) throws -> FileHandle {
            _ = FileManager.default.createFile(atPath: folder.path + "/" + name, contents: nil)
            return try #require(FileHandle(forWritingAtPath: folder.path + "/" + name))
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try output ?? file("output")
        process.standardError = try file("errors")
        let (endings, ended) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        process.terminationHandler = { _ in ended.finish() }
        try process.run()
        await withTaskCancellationHandler {
            if let moment {
                for await _ in moment { break }
                kill(process.processIdentifier, SIGINT)
            }
            for await _ in endings {}
        } onCancel: {
            kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        func data(_ name: String) -> Data { FileManager.default.contents(atPath: folder.path + "/" + name) ?? Data() }
        return ProgramRun(
            code: process.terminationStatus, output: data("output"),
            errors: String(decoding: data("errors"), as: UTF8.self))
    }
}
