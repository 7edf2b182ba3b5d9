import ArgumentParser
import FleetModel
import PacketClient

/// Some bodies, or all of them.
struct CameraSelection: ParsableArguments, CameraSelecting {
    @Argument(help: "Cameras by id, name or number; or: all.")
    var cameras: [BodyArgument]

    func validate() throws {
        try requireSense()
        guard !cameras.isEmpty else { throw ValidationError("Name cameras, or say all.") }
    }
}

/// The same where the command line may name the bodies in another way.
struct OptionalCameraSelection: ParsableArguments, CameraSelecting {
    @Argument(help: "Cameras by id, name or number; or: all.")
    var cameras: [BodyArgument] = []

    func validate() throws { try requireSense() }
}

/// What a selection of bodies is good for.
protocol CameraSelecting: Sendable {
    /// Those that were named.
    var cameras: [BodyArgument] { get }
}

extension CameraSelecting {
    fileprivate func requireSense() throws {
        guard cameras.count <= 1 || !isAll else { throw ValidationError("Name cameras, or say all.") }
    }

    /// Whether they are all that there are.
    var isAll: Bool { cameras.contains { $0.text == "all" } }

    /// A session on each, or why there is none. All are open before any is used, so that what follows happens side by
    /// side.
    func sessions(in connection: FleetConnection) async throws -> [CameraOpening] {
        try await sideBySide(try await selected(in: connection)) { await $0.open(in: connection) }
    }

    private func selected(in connection: FleetConnection) async throws -> [SelectedCamera] {
        guard isAll else { return cameras.map(SelectedCamera.argument) }
        let all = try await connection.cameras()
        guard !all.isEmpty else { throw Failure("The fleet has no camera yet.") }
        return all.map(SelectedCamera.listed)
    }
}

/// A body that is to do something.
enum SelectedCamera: Sendable {
    /// Named on the command line.
    case argument(BodyArgument)
    /// One of all.
    case listed(CameraInfo)

    /// Opens a session on it.
    func open(in connection: FleetConnection) async -> CameraOpening {
        do throws(FleetClientError) {
            switch self {
            case .argument(let body):
                return CameraOpening(selected: self, session: .success(try await body.session(in: connection)))
            case .listed(let camera):
                let session = try await connection.openSession(on: .named(camera.id.rawValue))
                return CameraOpening(selected: self, session: .success(session))
            }
        } catch {
            return CameraOpening(selected: self, session: .failure(error))
        }
    }
}

/// A body with its session, or why there is none.
struct CameraOpening: Sendable {
    var selected: SelectedCamera
    var session: Result<BodySession, FleetClientError>

    /// The body, where the server has said what it is.
    var camera: CameraInfo? {
        switch (selected, session) {
        case (_, .success(let session)): session.camera
        case (.listed(let camera), .failure): camera
        case (.argument, .failure): nil
        }
    }

    /// What it is called; what was typed where nothing more is known.
    var name: String {
        if case .argument(let body) = selected, camera == nil { return body.text }
        return camera?.name ?? ""
    }
}

/// Does the same for many at once, and gives the results in their order. At most 128 are under way, as a connection has
/// 256 commands in flight.
func sideBySide<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ work: @escaping @Sendable (Input) async throws -> Output
) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
        var outputs: [Int: Output] = [:]
        for (index, input) in inputs.enumerated() {
            if index >= 128, let (index, output) = try await group.next() { outputs[index] = output }
            group.addTask { (index, try await work(input)) }
        }
        for try await (index, output) in group { outputs[index] = output }
        return inputs.indices.compactMap { outputs[$0] }
    }
}
