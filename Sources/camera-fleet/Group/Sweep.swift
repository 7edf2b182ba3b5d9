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
    var step: TimeStep

    @Flag(help: "The camera with the highest number first.")
    var reverse = false

    @Flag(help: "Release none where one camera cannot be prepared.")
    var requireAll = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

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
            let offsets = Dictionary(
                ids.enumerated().map { ($1, Int64($0) * step.nanoseconds) }, uniquingKeysWith: { $1 })
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

/// A time with its unit: `5ms`, `500us`, `0.1s`.
struct TimeStep: ExpressibleByArgument {
    let nanoseconds: Int64

    init?(argument: String) {
        let units = [("ms", 1e6), ("us", 1e3), ("ns", 1.0), ("s", 1e9)]
        guard let (suffix, factor) = units.first(where: { argument.hasSuffix($0.0) }),
            let number = Double(argument.dropLast(suffix.count)), number >= 0, number * factor <= 3.6e12
        else { return nil }
        nanoseconds = Int64((number * factor).rounded())
    }
}
