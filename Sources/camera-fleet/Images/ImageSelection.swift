import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Which saved images.
struct ImageSelection: ParsableArguments {
    @Option(
        name: .customLong("camera"),
        help: ArgumentHelp("Only those of this camera: by id, name or number.", valueName: "camera"))
    var camera: BodyArgument?

    @Option(help: "Only those of this shot.")
    var shot: Int64?

    @Option(help: "Only those of this project.")
    var project: String?

    @Option(
        help: ArgumentHelp(
            "Only those from this time on: 2026-01-31, 2026-01-31T13:45 or 2026-01-31T13:45:10, in UTC with a Z behind it.",
            valueName: "time"))
    var since: MomentArgument?

    @Option(help: ArgumentHelp("Only those before this time.", valueName: "time"))
    var until: MomentArgument?

    /// Whether it leaves any out.
    var isNarrowed: Bool { camera != nil || shot != nil || project != nil || since != nil || until != nil }

    /// A page of them in the protocol's words.
    func page(
        of limit: Int, before: Int64?, in connection: FleetConnection
    ) async throws(FleetClientError) -> ImagesArguments {
        ImagesArguments(
            limit: limit, before: before, camera: try await camera?.reference(in: connection), shot: shot,
            project: project, since: since?.nanoseconds, until: until?.nanoseconds)
    }
}
