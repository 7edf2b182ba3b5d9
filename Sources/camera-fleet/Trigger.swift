import ArgumentParser
import FleetModel
import PacketClient

/// Releases bodies without waiting for their images.
struct Trigger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Release one camera, several, or all, without waiting for the images.")

    @OptionGroup var selection: CameraSelection
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let openings = try await selection.sessions(in: connection)
            let outcomes = try await sideBySide(openings) { try await trigger($0) }
            if output.json { try await Output.json(TriggerOutcomes(cameras: outcomes)) }
            try Task.checkCancellation()
            if outcomes.contains(where: { $0.error != nil }) { throw ExitCode.failure }
        }
    }

    private func trigger(_ opening: CameraOpening) async throws -> TriggerOutcome {
        var outcome = TriggerOutcome(
            id: opening.camera?.id, cameraNumber: opening.camera?.cameraNumber, name: opening.name)
        do {
            let released = try await opening.session.get().trigger()
            outcome.releasedAt = released
            if !output.json {
                try await Output.line(printable("\(outcome.name)  released at \(localTime(released, fraction: true))"))
            }
        } catch let error as FleetClientError {
            outcome.error = ErrorDescription(error.fleetError)
            if error != .cancelled { Output.complain(printable("\(outcome.name): \(error)")) }
        }
        return outcome
    }
}

/// The JSON of `trigger`.
private struct TriggerOutcomes: Encodable {
    var cameras: [TriggerOutcome]
}

/// When a body released, or why it did not.
private struct TriggerOutcome: Sendable, Encodable {
    var id: BodyID?
    var cameraNumber: Int?
    var name: String
    /// Nanoseconds since 1970.
    var releasedAt: Int64?
    var error: ErrorDescription?

    enum CodingKeys: String, CodingKey {
        case id, cameraNumber = "camera_number", name, releasedAt = "released_at", error
    }
}
