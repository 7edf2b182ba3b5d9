import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// The bodies of a shot: a group's, some, or every ready one.
struct GroupSelection: ParsableArguments {
    @Argument(help: "Cameras by id, name or number; every ready one unless some are named.")
    var cameras: [BodyArgument] = []

    @Option(help: "The cameras of this group.")
    var group: String?

    func validate() throws {
        guard group == nil || cameras.isEmpty else { throw ValidationError("Name cameras, or a group: not both.") }
        guard group != "" else { throw ValidationError("--group takes a name.") }
    }

    /// The bodies in the protocol's words.
    func target(in connection: FleetConnection) async throws(FleetClientError) -> GroupTarget {
        if let group { return .group(group) }
        let named = cameras.filter { $0.text != "all" }
        guard !named.isEmpty else { return .ready }
        var references: [CameraReference] = []
        for camera in named { references.append(try await camera.reference(in: connection)) }
        return .cameras(references)
    }
}

/// What bodies are called, by their ids.
struct CameraNames: Sendable {
    private let names: [BodyID: String]

    init(in connection: FleetConnection) async throws(FleetClientError) {
        names = Dictionary(
            try await connection.cameras().map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(id: BodyID) -> String { names[id] ?? id.rawValue }
}
