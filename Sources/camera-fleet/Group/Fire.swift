import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Releases the bodies of an armed shot at one time.
struct Fire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Release the cameras that camera-fleet arm holds, at one time.",
        discussion: """
            The times are those at which the release left for each camera, not those of its shutter. A camera that was
            released more than a millisecond after its time is called late.
            """)

    @Argument(help: "The number of the shot; the newest that is armed unless it is given.")
    var shot: Int64?

    @Option(name: .customLong("in"), help: ArgumentHelp("Release so much later from now.", valueName: "seconds"))
    var delay: Double?

    @Option(help: ArgumentHelp("Release at this time, in nanoseconds since 1970.", valueName: "nanoseconds"))
    var at: Int64?

    @Flag(help: "Do not wait for the images.")
    var noImages = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard delay == nil || at == nil else { throw ValidationError("Give --in or --at, not both.") }
        guard delay.map({ $0 > 0 && $0 <= 86_400 }) ?? true else {
            throw ValidationError("--in takes a number of seconds above 0 and up to 86400.")
        }
    }

    func run() async throws {
        try await server.withConnection { connection in
            try await connection.subscribe(to: [EventCode.shotComplete.name])
            let names = try await CameraNames(in: connection)
            let number = try await connection.armedShot(shot)
            var time = at
            // By the server's clock, which may be another than this machine's.
            if let delay { time = try await connection.check().time + Int64(delay * 1e9) }
            var fired = try await connection.fireGroup(FireGroupArguments(shot: number, at: time))
            if fired.state == .fired, !noImages { fired = try await connection.shotComplete(number) }
            try await Output.shot(fired, names, json: output.json)
            if fired.isLacking { throw ExitCode.failure }
        }
    }
}

/// Gives an armed shot up.
struct Disarm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a shot up that is armed, whoever armed it.")

    @Argument(help: "The number of the shot; the newest that is armed unless it is given.")
    var shot: Int64?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let ended = try await connection.disarmGroup(try await connection.armedShot(shot))
            if output.json { return try await Output.json(ended) }
            try await Output.line("shot \(ended.number)  given up")
        }
    }
}
