import ArgumentParser
import FleetModel
import PacketClient

/// Puts a body in another's place.
struct Replace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a camera's number, name and groups to the one that takes its place.",
        discussion: "camera-fleet replace 7 --by nikon-d750-6001234")

    @Argument(help: "The camera that goes, by id, name or number.")
    var camera: BodyArgument

    @Option(help: ArgumentHelp("The camera that takes its place.", valueName: "camera"))
    var by: BodyArgument

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let changed = try await connection.replace(
                try await camera.reference(in: connection), by: try await by.reference(in: connection))
            if output.json { return try await Output.json(changed) }
            try await Output.line(printable(changed.introduction))
        }
    }
}

/// Drops a body that is gone for good.
struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Drop an unplugged camera from the list; its name and number are free then.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            try await connection.forget(try await camera.reference(in: connection))
            if output.json { return try await Output.json(ForgottenCamera(camera: camera.text)) }
            try await Output.line(printable("\(camera.text) is forgotten"))
        }
    }
}

/// The JSON of `forget`.
private struct ForgottenCamera: Encodable {
    /// As it was named.
    var camera: String
}
