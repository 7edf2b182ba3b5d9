import FleetModel
import Foundation
import PacketProtocol

/// The server in a process of its own, with bodies on the network.
final class BenchmarkServer {
    let commandPort: Int
    let liveViewPort: Int
    let downloadPort: Int
    /// From the start of the process until it listened, and until every body was ready.
    let timeToListen: Duration
    private(set) var timeToReady = Duration.zero
    private let program: RunningProgram
    private let folder: TemporaryFolder?

    /// Starts the server, with further options, and waits until each of the bodies is ready; on USB, where `followsUsb`, whatever
    /// is plugged in. `data` is a folder that outlives it; else it has one of its own.
    init(
        _ programs: Programs, bodies: [String], followsUsb: Bool = false, options: [String] = [], data: String? = nil,
        waitsForBodies: Bool = true
    ) throws {
        let folder = data == nil ? try TemporaryFolder() : nil
        dataFolder = data ?? folder?.path ?? ""
        let start = ContinuousClock.now
        program = try RunningProgram(
            programs.path("camera-fleet"),
            Self.arguments(bodies: bodies, followsUsb: followsUsb, options: options, data: dataFolder))
        let words = try program.line().split { !$0.isLetter && !$0.isNumber }
        func port(_ name: String) throws -> Int {
            for (index, word) in words.enumerated() where word == name && index + 2 < words.count {
                if words[index + 1] == "on", let port = Int(words[index + 2]) { return port }
            }
            throw BenchmarkFailure("The server does not say where it listens: \(words).")
        }
        commandPort = try port("commands")
        liveViewPort = try port("view")
        downloadPort = try port("downloads")
        self.folder = folder
        timeToListen = start.duration(to: .now)
        guard waitsForBodies else { return }
        try Self.waitUntilReady(bodies.count, at: commandPort)
        timeToReady = start.duration(to: .now)
    }

    /// What the program is told.
    static func arguments(bodies: [String], followsUsb: Bool, options: [String], data: String) -> [String] {
        [
            "serve", followsUsb ? "--usb" : "--no-usb", "--data", data, "--command-port", "0", "--live-view-port", "0",
            "--download-port", "0", "--log-level", "error",
        ] + options + bodies.flatMap { ["--camera", $0] }
    }

    var processID: Int32 { program.processID }
    var isRunning: Bool { program.isRunning }

    /// Ends it as SIGKILL does, and returns when it is gone.
    func kill() { program.kill() }

    /// Where the server keeps what outlives it, and its spool.
    let dataFolder: String

    /// The workers, one for each body.
    var workers: [Int32] { ProcessFigures.children(of: processID) }

    /// The processes whose time counts, with the bodies'.
    func processes(with bodies: BenchmarkBodies) -> [(who: String, process: Int32)] {
        [("server", processID), ("body", bodies.processID), ("client", getpid())] + workers.map { ("worker", $0) }
    }

    /// A new connection to the port of commands, past its greeting.
    func connect() throws -> PlainConnection { try PlainConnection(commandPort: commandPort) }

    private static func waitUntilReady(_ count: Int, at port: Int) throws {
        let connection = try PlainConnection(commandPort: port)
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let list = try connection.ask(.getCamerasList, Nothing(), CameraList.self)
            if list.cameras.count == count, list.cameras.allSatisfy({ $0.state == .ready }) { return }
            guard ContinuousClock.now < deadline else {
                throw BenchmarkFailure("Not every body became ready: \(list.cameras.map { "\($0.name) \($0.state)" }).")
            }
            usleep(1000)
        }
    }
}
