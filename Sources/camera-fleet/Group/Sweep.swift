import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Releases bodies one after the other, in order of camera_number, at a step.
struct Sweep: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Release cameras one after the other at a step, in order of their numbers: bullet time.",
        discussion: "camera-fleet sweep --group ring --step 5ms")

    @OptionGroup var selection: GroupSelection

    @Option(help: "From one camera to the next: 5ms, 500us, 0.1s.")
    var step: TimeArgument

    @Flag(help: "The camera with the highest number first.")
    var reverse = false

    @Flag(help: "Release none where one camera cannot be prepared.")
    var requireAll = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard step.nanoseconds > 0 else { throw ValidationError("--step takes a time above 0, such as 5ms.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            try await connection.subscribe(to: [EventCode.shotComplete.name])
            let names = try await CameraNames(in: connection)
            let armed = try await connection.armGroup(
                ArmGroupArguments(
                    target: try await selection.target(in: connection), requireAll: requireAll ? true : nil))
            // The bodies' own order, with a beat for each that waits: one that cannot leaves no gap.
            var ids = armed.cameras.filter(\.isArmed).map(\.id.rawValue)
            guard !ids.isEmpty else {
                return try await finish(try await connection.shot(armed.shot), names)
            }
            if reverse { ids.reverse() }
            // On top of what each body has for its own shutter's sake.
            let own = Dictionary(
                try await connection.cameras().map { ($0.id.rawValue, $0.releaseOffset ?? 0) },
                uniquingKeysWith: { $1 })
            let offsets = Dictionary(
                ids.enumerated().map { ($1, Int64($0) * step.nanoseconds + own[$1, default: 0]) },
                uniquingKeysWith: { $1 })
            var shot = try await connection.fireGroup(FireGroupArguments(shot: armed.shot, offsets: offsets))
            if shot.state == .fired { shot = try await connection.shotComplete(armed.shot) }
            try await finish(shot, names)
        }
    }

    private func finish(_ shot: Shot, _ names: CameraNames) async throws {
        try await Output.shot(shot, names, json: output.json)
        if shot.isLacking { throw ExitCode.failure }
    }
}
