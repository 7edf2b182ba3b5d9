import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows what came of a shot.
struct ShotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shot", abstract: "Show a shot: who was released when, who was late, who brought what.")

    @Argument(help: "The number of the shot; the newest unless it is given.")
    var number: Int64?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let names = try await CameraNames(in: connection)
            let shot: Shot?
            if let number {
                shot = try await connection.shot(number)
            } else {
                shot = try await connection.shots(limit: 1).first
            }
            guard let shot else { throw Failure("There is no shot yet.") }
            try await Output.shot(shot, names, json: output.json)
        }
    }
}

/// The shots.
struct Shots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the shots, or bring the images of one to this machine.",
        subcommands: [ListShots.self, ExportShot.self], defaultSubcommand: ListShots.self)
}

/// Lists shots.
struct ListShots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the shots, newest first.")

    @Option(help: "How many at most.")
    var limit = 20

    @Option(help: ArgumentHelp("Only those before this one.", valueName: "shot"))
    var before: Int64?

    @Option(help: "Only those of this project.")
    var project: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let shots = try await pages(upTo: limit) { rest, last in
                try await connection.shots(limit: rest, before: last?.number ?? before, project: project)
            }
            if output.json { return try await Output.json(ShotList(shots: shots)) }
            guard !shots.isEmpty else { return Output.complain("There is no shot yet.") }
            var table = Table([
                .init(heading: "SHOT", widest: 9, alignsRight: true), .init(heading: "TIME", widest: 8),
                .init(heading: "STATE", widest: 10), .init(heading: "CAMERAS", widest: 11, alignsRight: true),
                .init(heading: "SPREAD", widest: 10, alignsRight: true),
                .init(heading: "LATE", widest: 5, alignsRight: true),
                .init(heading: "IMAGES", widest: 6, alignsRight: true),
            ])
            for shot in shots {
                table.add([
                    "\(shot.number)", shot.firedAt.map { localTime($0) } ?? "-", shot.state.rawValue,
                    "\(shot.cameras.count { $0.state == .complete }) of \(shot.cameras.count)",
                    shot.spread.map(readableTime) ?? "-", "\(shot.cameras.count { $0.isLate == true })",
                    "\(shot.cameras.reduce(0) { $0 + $1.images.count })",
                ])
            }
            for line in table.lines { try await Output.line(line) }
        }
    }
}
