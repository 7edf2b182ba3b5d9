import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Names under which shots and images are kept together.
struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Keep shots and images together under a name.",
        subcommands: [ProjectOpen.self, ProjectClose.self, ProjectListing.self])
}

/// Opens a project.
struct ProjectOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Have all shots and images from now on belong to a project, until another is opened or it is closed.")

    @Argument(help: "The project's name; one that was open before goes on.")
    var project: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withConnection { connection in try await connection.openProject(project) }
    }
}

/// Closes the project that is open.
struct ProjectClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Have shots and images from now on belong to no project.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withConnection { connection in try await connection.closeProject() }
    }
}

/// Lists projects.
struct ProjectListing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the projects, the one opened last first.")

    @Option(help: "How many at most.")
    var limit = 20

    @Option(help: ArgumentHelp("Only those opened before this one.", valueName: "project"))
    var before: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let projects = try await pages(upTo: limit) { rest, last in
                try await connection.projects(limit: rest, before: last?.name ?? before)
            }
            if output.json { return try await Output.json(ProjectList(projects: projects)) }
            guard !projects.isEmpty else { return Output.complain("There is no project yet.") }
            var table = Table([
                .init(heading: "PROJECT", widest: 40), .init(heading: "STATE", widest: 6),
                .init(heading: "SHOTS", widest: 9, alignsRight: true),
                .init(heading: "IMAGES", widest: 9, alignsRight: true),
            ])
            for project in projects {
                table.add([project.name, project.isOpen ? "open" : "closed", "\(project.shots)", "\(project.images)"])
            }
            for line in table.lines { try await Output.line(line) }
        }
    }
}
