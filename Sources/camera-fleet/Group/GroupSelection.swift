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
        try await connection.target(group: group, cameras: cameras.filter { $0.text != "all" })
    }
}

extension FleetConnection {
    /// A group, or bodies, or where none are named every ready one.
    func target(group: String?, cameras: [BodyArgument]) async throws(FleetClientError) -> GroupTarget {
        if let group { return .group(group) }
        guard !cameras.isEmpty else { return .ready }
        var references: [CameraReference] = []
        for camera in cameras { references.append(try await camera.reference(in: self)) }
        return .cameras(references)
    }

    /// A body of these, which tells what kind of setting a name is.
    func example(of target: GroupTarget) async throws -> CameraReference {
        let all = try await cameras()
        switch target {
        case .cameras(let references):
            if let first = references.first { return first }
        case .group(let name):
            if let body = all.first(where: { $0.state == .ready && $0.groups.contains(name) }) {
                return .named(body.id.rawValue)
            }
        case .ready:
            if let body = all.first(where: { $0.state == .ready }) { return .named(body.id.rawValue) }
        }
        throw Failure("There is no camera for it that is ready.")
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
