import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Has bodies wait for their release, as long as it runs.
struct Arm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prepare every ready camera, a group, or some, to be released at one time.",
        discussion: """
            camera-fleet arm --group ring      and, in a second terminal: camera-fleet fire

            It ends with what came of the shot. Ctrl-C gives it up, and so does a minute in which nobody fires.
            """)

    @OptionGroup var selection: GroupSelection

    @Flag(help: "Give the shot up where one camera cannot be prepared.")
    var requireAll = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection(untilInterrupted: true) { connection in
            try await connection.subscribe(to: [EventCode.shotComplete.name])
            let names = try await CameraNames(in: connection)
            let armed = try await connection.armGroup(
                ArmGroupArguments(
                    target: try await selection.target(in: connection), requireAll: requireAll ? true : nil))
            try await tell(armed, names)
            guard armed.cameras.contains(where: \.isArmed) else { throw ExitCode.failure }
            do {
                let shot = try await connection.shotComplete(armed.shot)
                try await Output.shot(shot, names, json: output.json)
                if shot.isLacking { throw ExitCode.failure }
            } catch FleetClientError.cancelled {
                try await disarm(armed.shot, on: connection)
            } catch is CancellationError {
                try await disarm(armed.shot, on: connection)
            }
        }
    }

    /// Ctrl-C came. What was fired meanwhile cannot be given up.
    private func disarm(_ shot: Int64, on connection: FleetConnection) async throws {
        try await evenIfInterrupted { _ = try? await connection.disarmGroup(shot) }
    }

    private func tell(_ armed: ArmedGroup, _ names: CameraNames) async throws {
        if output.json { return try await Output.json(armed) }
        for camera in armed.cameras {
            if let error = camera.error { Output.complain(printable("\(names[camera.id]): \(error.message)")) }
        }
        let count = armed.cameras.count(where: \.isArmed)
        try await Output.line("shot \(armed.shot)  armed \(count) of \(armed.cameras.count)")
    }
}

extension FleetConnection {
    /// Waits until a shot is over; shot_complete has been subscribed to before it began.
    func shotComplete(_ number: Int64) async throws -> Shot {
        for try await event in events where event.event == .shotComplete {
            if let shot = event.read(Shot.self), shot.number == number { return shot }
        }
        throw CancellationError()
    }

    /// The shot of that number, or the newest that is armed.
    func armedShot(_ number: Int64?) async throws -> Int64 {
        if let number { return number }
        guard let shot = try await shots(limit: 100).first(where: { $0.state == .armed }) else {
            throw Failure("No shot is armed. Arm one in another terminal: camera-fleet arm")
        }
        return shot.number
    }
}
