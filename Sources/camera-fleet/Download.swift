import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Saves a file of a body.
struct Download: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Save a file of a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: ArgumentHelp("The file, as `files` shows it.", valueName: "folder/name"))
    var file: String

    @Option(help: "The folder to save it in.")
    var to = "."

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !file.isEmpty, !file.hasSuffix("/") else { throw ValidationError("Name a file, not a folder.") }
        guard !to.isEmpty else { throw ValidationError("--to takes a folder.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let progress = ProgressBar()
            let ticket = ObjectArguments(folder: path.folder, name: path.name)
            let saved = try await session.download(
                ticket, into: to, expecting: progress.expect, progress: progress.follower())
            progress.clear()
            if output.json { return try await Output.json(saved) }
            try await Output.line(printable("\(readableSize(saved.size))  \(saved.path)"))
        }
    }

    private var path: ObjectPath {
        let slash = file.lastIndex(of: "/")
        let folder = slash.map { String(file[..<$0]) } ?? ""
        let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
        return ObjectPath(folder: folder.hasPrefix("/") ? folder : "/" + folder, name: name)
    }
}
