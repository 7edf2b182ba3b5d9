import FoundationEssentials

/// The server as a program of its own, with virtual bodies, on ports that the system chose: for tests that look at the
/// process as a whole. It ends with the last who holds it.
public final class ServedProgram: Sendable {
    /// The program.
    public let command: Command
    /// The port of commands.
    public let commandPort: Int
    /// The port of live view.
    public let liveViewPort: Int
    /// The port of downloads.
    public let downloadPort: Int
    private let folder: TemporaryFolder

    /// Starts `camera-fleet serve` with so many virtual bodies, and waits until it listens. `shell` are commands of the
    /// shell that come before it, such as a limit.
    public init(bodies: Int, options: [String] = [], after shell: String? = nil) async throws {
        let folder = TemporaryFolder()
        let arguments =
            [
                "serve", "--no-usb", "--data", folder.path, "--command-port", "0", "--live-view-port", "0",
                "--download-port", "0", "--virtual", "\(bodies)",
            ] + Programs.sanitizerArguments + options
        let program = Programs.path("camera-fleet")
        let command =
            if let shell {
                try Command("/bin/sh", ["-c", "\(shell); exec \"$0\" \"$@\"", program] + arguments)
            } else {
                try Command(program, arguments)
            }
        try await waitUntil("the server listens") { command.output.contains("Ctrl-C") || !command.isRunning }
        let words = command.output.split { !$0.isLetter && !$0.isNumber }
        func port(_ name: Substring) throws -> Int {
            for (index, word) in words.enumerated() where word == name && index + 2 < words.count {
                if words[index + 1] == "on", let port = Int(words[index + 2]) { return port }
            }
            throw NeverHeld(what: "the server says where it listens: \(command.output)\(command.errors)")
        }
        commandPort = try port("commands")
        liveViewPort = try port("view")
        downloadPort = try port("downloads")
        self.command = command
        self.folder = folder
    }

    /// The three ports.
    public var ports: [Int] { [commandPort, liveViewPort, downloadPort] }

    /// A client of port 5555 that has read CONNECTION_OK.
    public func client() async throws -> RawClient {
        let client = try await RawClient.connect(port: commandPort)
        _ = try await client.packet()
        return client
    }

    /// Waits until so many bodies are ready.
    public func waitUntilReady(_ count: Int) async throws {
        let client = try await client()
        try await waitUntil("\(count) bodies are ready") {
            let cameras = try await client.ask(0x0902).json["cameras"].array
            return cameras.count { $0["state"].string == "ready" } == count
        }
        await client.close()
    }

    /// What the process has in memory, in bytes (/proc/PID/statm, resident).
    public func residentMemory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(command.processID)/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw NeverHeld(what: "the system says how much memory the server has")
        }
        return pages * 4096
    }
}
