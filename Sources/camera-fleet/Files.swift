import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows the files on a body.
struct Files: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the files on a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: "A folder on the camera; the folders in it are listed too.")
    var folder = "/"

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            var page = ListFilesArguments(folder: folder, recurse: true)
            var all = FileList(files: [], folders: [], more: false)
            while true {
                let list = try await session.files(page)
                if output.json {
                    all.files += list.files
                    all.folders += list.folders.filter { !all.folders.contains($0) }
                } else {
                    for file in list.files {
                        let size = readableSize(file.size)
                        let space = String(repeating: " ", count: max(0, 9 - size.count))
                        try await Output.line(printable("\(space)\(size)  \(joinedPath(file.folder, file.name))"))
                    }
                }
                guard list.more else { break }
                guard let last = list.files.last else {
                    throw Failure("The server says that more follows, and sent nothing.")
                }
                let next = ObjectPath(folder: last.folder, name: last.name)
                guard next != page.after else { throw Failure("The server sent the same files again.") }
                page.after = next
            }
            if output.json { try await Output.json(all) }
        }
    }
}
