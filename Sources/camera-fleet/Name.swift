import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Names a body, numbers it, puts it into groups, or says when it is released in shots.
struct Name: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a camera a name, a number, groups or an offset.",
        discussion: """
            The offset is by how much later than a shot's time the camera is released, as 12ms; before it where it is \
            negative: --offset=-12ms, for a camera whose shutter is slower than the others'.
            """)

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: "Its new name.")
    var name: String?

    @Option(help: "Its new number: 1, 2, …")
    var number: Int?

    @Option(name: .customLong("group"), help: "A group that it belongs to; the groups given replace those it had.")
    var groups: [String] = []

    @Option(help: "By how much later than a shot's time it is released: 12ms, 250us, or 0 for not at all.")
    var offset: TimeArgument?

    @Flag(help: "Take it out of every group.")
    var noGroups = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard name != nil || number != nil || !groups.isEmpty || noGroups || offset != nil else {
            throw ValidationError("Say a name, a --number, a --group or an --offset.")
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
                    groups: groups.isEmpty && !noGroups ? nil : groups, releaseOffset: offset?.nanoseconds))
            if output.json { return try await Output.json(changed) }
            try await Output.line(printable(changed.introduction))
        }
    }
}

extension CameraInfo {
    /// Its id, name, number and groups in a sentence.
    var introduction: String {
        let place = groups.isEmpty ? "" : ", in \(groups.joined(separator: ", "))"
        let offset = releaseOffset.map { ", released \(readableTime($0)) after a shot's time" } ?? ""
        return "\(id) is \(name), number \(cameraNumber)\(place)\(offset)"
    }
}
