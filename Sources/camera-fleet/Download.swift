import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Saves a file of a body.
struct Download: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Save a file of a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(
        help: ArgumentHelp("The file, as `files` shows it.", valueName: "folder/name"), transform: FileArgument.parse)
    var file: FileArgument

    @Option(
        help: ArgumentHelp(
            "What of it: the file itself (normal), or its preview, raw, exif, audio or metadata.", valueName: "type"),
        transform: Download.fileType)
    var type = ObjectFileType.normal

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
            let progress = ProgressBar()
            let ticket = ObjectArguments(folder: file.path.folder, name: file.path.name, type: type)
            let saved = try await session.download(
                ticket, into: to, expecting: progress.expect, progress: progress.follower())
            progress.clear()
            if output.json { return try await Output.json(saved) }
            try await Output.line(printable("\(readableSize(saved.size))  \(saved.path)"))
        }
    }

    private static func fileType(_ text: String) throws -> ObjectFileType {
        guard let type = ObjectFileType(rawValue: text) else {
            let all = ObjectFileType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no \(text) of a file. There are \(all).")
        }
        return type
    }
}
