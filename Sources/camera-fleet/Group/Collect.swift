import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Takes the images of a time as one shot.
struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take the images that come within a time as one shot, whoever releases the cameras.",
        discussion: """
            camera-fleet collect --group ring --window 3 --trigger box

            A box, a line or a finger releases them. With --trigger the server gives one of its triggers a pulse as soon as
            it watches the cameras; camera-fleet triggers lists them. Ctrl-C gives the shot up.
            """)

    @OptionGroup var selection: GroupSelection

    @Option(help: ArgumentHelp("For how long images are taken into the shot.", valueName: "seconds"))
    var window: Double

    @Option(help: ArgumentHelp("The trigger of the server that releases the cameras.", valueName: "name"))
    var trigger: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard window > 0, window <= 86_400 else {
            throw ValidationError("--window takes a number of seconds above 0 and up to 86400.")
        }
        guard trigger != "" else { throw ValidationError("--trigger takes a name.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let names = try await CameraNames(in: connection)
            let arguments = CollectGroupArguments(
                target: try await selection.target(in: connection), windowSeconds: window, trigger: trigger)
            let shot: Shot
            do {
                shot = try await connection.collectGroup(arguments)
            } catch FleetClientError.cancelled {
                // Ctrl-C came: a connection that says that it ends takes its shot with it.
                try await evenIfInterrupted { await connection.close() }
                throw FleetClientError.cancelled
            }
            try await Output.shot(shot, names, json: output.json)
            if shot.isLacking { throw ExitCode.failure }
        }
    }
}

/// Lists the server's triggers.
struct TriggerListing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triggers",
        abstract: "List the lines and boxes that the server gives pulses, and what is wrong with them.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let triggers = try await connection.triggers()
            if output.json { return try await Output.json(TriggerList(triggers: triggers)) }
            guard !triggers.isEmpty else {
                return Output.complain("The server has no triggers: camera-fleet serve takes --trigger.")
            }
            var table = Table([
                .init(heading: "NAME", widest: 40), .init(heading: "KIND", widest: 6),
                .init(heading: "PORT", widest: 60), .init(heading: "STATE", widest: 5),
            ])
            for trigger in triggers {
                table.add([trigger.trigger, trigger.kind, trigger.port, trigger.error == nil ? "ready" : "error"])
            }
            for line in table.lines { try await Output.line(line) }
            for trigger in triggers {
                if let error = trigger.error { Output.complain(printable("\(trigger.trigger): \(error.message)")) }
            }
            if triggers.contains(where: { $0.error != nil }) { throw ExitCode.failure }
        }
    }
}
