import ArgumentParser
import FleetModel
import PacketClient

/// Has a body opened anew.
struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a camera's driver and open the camera anew, as a replug does.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            try await session.reset()
            if output.json { return try await Output.json(try await session.check()) }
            try await Output.line(printable("\(session.camera.name) is ready again"))
        }
    }
}
