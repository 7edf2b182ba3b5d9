import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Names a body, numbers it, or puts it into groups.
struct Name: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give a camera a name, a number or groups.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: "Its new name.")
    var name: String?

    @Option(help: "Its new number: 1, 2, …")
    var number: Int?

    @Option(name: .customLong("group"), help: "A group that it belongs to; the groups given replace those it had.")
    var groups: [String] = []

    @Flag(help: "Take it out of every group.")
    var noGroups = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard name != nil || number != nil || !groups.isEmpty || noGroups else {
            throw ValidationError("Say a name, a --number or a --group.")
        }
        guard groups.isEmpty || !noGroups else {
            throw ValidationError("--group and --no-groups contradict each other.")
        }
        guard number.map({ $0 > 0 }) ?? true else { throw ValidationError("A --number is 1 or more.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let changed = try await connection.rename(
                SetCameraNameArguments(
                    camera: try await camera.reference(in: connection), name: name, cameraNumber: number,
                    groups: groups.isEmpty && !noGroups ? nil : groups))
            if output.json { return try await Output.json(changed) }
            try await Output.line(printable(changed.introduction))
        }
    }
}

extension CameraInfo {
    /// Its id, name, number and groups in a sentence.
    var introduction: String {
        let place = groups.isEmpty ? "" : ", in \(groups.joined(separator: ", "))"
        return "\(id) is \(name), number \(cameraNumber)\(place)"
    }
}
