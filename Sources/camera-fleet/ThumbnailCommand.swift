import ArgumentParser
import FleetModel
import PacketClient

/// Saves the thumbnail of a file of a body.
struct ThumbnailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thumbnail", abstract: "Save the thumbnail of a file of a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(
        help: ArgumentHelp("The file, as `files` shows it.", valueName: "folder/name"), transform: FileArgument.parse)
    var file: FileArgument

    @Option(help: "The folder to save it in.")
    var to = "."

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !to.isEmpty else { throw ValidationError("--to takes a folder.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let thumbnail = try await session.thumbnail(folder: file.path.folder, name: file.path.name)
            let saved = try await thumbnail.save(of: file.path.name, in: to)
            if output.json { return try await Output.json(saved) }
            try await Output.line(printable("\(readableSize(saved.size))  \(saved.path)"))
        }
    }
}
