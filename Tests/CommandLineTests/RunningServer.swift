import FleetTesting
import Foundation
import Testing

/// The server as a user starts it.
enum RunningServer {
    /// Starts the server on free ports, and gives it with the address of its commands.
    static func start(_ arguments: [String], data: String) async throws -> (Command, String) {
        let server = try Command(
            Programs.path("camera-fleet"),
            [
                "serve", "--no-usb", "--data", data, "--command-port", "0", "--live-view-port", "0",
                "--download-port", "0",
            ] + Programs.sanitizerArguments + arguments)
        try await waitUntil("the server listens") { server.output.contains("Ctrl-C") }
        let words = server.output.split(whereSeparator: { $0 == " " || $0 == "," || $0 == "\n" })
        let port = try #require(words.firstIndex(of: "commands").map { String(words[$0 + 2]) })
        return (server, "127.0.0.1:\(port)")
    }

    /// Runs a command of the program against it.
    static func run(_ arguments: [String], _ server: String) async throws -> Command.Result {
        try await Command.run(
            Programs.path("camera-fleet"), arguments + ["--server", server], environment: ["PATH": "/usr/bin:/bin"])
    }

    /// Waits until so many bodies are ready.
    static func waitForBodies(_ count: Int, _ server: String) async throws {
        try await waitUntil("\(count) bodies are ready") {
            try await run(["list", "--json"], server).output.components(separatedBy: "\"ready\"").count == count + 1
        }
    }
}
