import Foundation
import Glibc
import NIOConcurrencyHelpers

/// The server of a run, which is killed and started again with the same data folder. Clients ask where it listens now.
final class EndureServer: Sendable {
    /// Where the newest one listens, and whose process it is.
    struct Place: Sendable, Equatable {
        let commandPort: Int
        let downloadPort: Int
        let process: Int32
    }

    private let programs: Programs
    private let ports: [String]
    let dataFolder: String
    private let place = NIOLockedValueBox<Place?>(nil)

    init(_ programs: Programs, bodies ports: [String], dataFolder: String) {
        self.programs = programs
        self.ports = ports
        self.dataFolder = dataFolder
    }

    /// Where it listens; nil while it is started.
    var current: Place? { place.withLockedValue { $0 } }

    /// Starts it, and gives the program once it listens.
    func start() throws -> BenchmarkServer {
        let server = try BenchmarkServer(
            programs, bodies: ports, data: dataFolder, waitsForBodies: false)
        place.withLockedValue {
            $0 = Place(
                commandPort: server.commandPort, downloadPort: server.downloadPort, process: server.processID)
        }
        return server
    }

    /// Kills it, and returns when it is gone.
    func kill(_ server: BenchmarkServer) {
        place.withLockedValue { $0 = nil }
        server.kill()
    }

    /// Starts it, and kills it after so many microseconds, whatever it does then.
    func startAndKill(after microseconds: UInt32) throws {
        let program = try RunningProgram(
            programs.path("camera-fleet"),
            BenchmarkServer.arguments(bodies: ports, followsUsb: false, options: [], data: dataFolder))
        usleep(microseconds)
        program.kill()
    }
}
