import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// The clocks of bodies.
struct ClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock", abstract: "Set the clocks of cameras.", subcommands: [ClockSync.self])
}

/// Sets the clocks of bodies to the server's.
struct ClockSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Set the clock of every ready camera, a group, or some, to the server's.")

    @OptionGroup var selection: GroupSelection
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let clocks = try await connection.syncClocks(try await selection.target(in: connection))
            if output.json {
                try await Output.json(SyncedClocks(cameras: clocks))
            } else {
                let names = try await CameraNames(in: connection)
                for clock in clocks {
                    let name = names[clock.id]
                    if let error = clock.error {
                        Output.complain(printable("\(name): \(error.message)"))
                    } else {
                        try await Output.line(printable("\(name): set\(Self.words(clock.offBySeconds))"))
                    }
                }
            }
            if clocks.contains(where: { $0.error != nil }) { throw ExitCode.failure }
        }
    }

    private static func words(_ seconds: Double?) -> String {
        guard let seconds, seconds != 0 else { return seconds == nil ? "" : ", was right" }
        let whole = Int64(seconds.magnitude)
        return ", was \(whole) s \(seconds > 0 ? "fast" : "slow")"
    }
}
