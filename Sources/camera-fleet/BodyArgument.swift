import ArgumentParser
import FleetModel
import PacketClient

/// A body as it is named on a command line: an id, else a name, else a number in decimal.
struct BodyArgument: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }

    /// The body in the protocol's words. The fleet is asked only where the text could be a name and a number.
    func reference(in connection: FleetConnection) async throws(FleetClientError) -> CameraReference {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text) else { return .named(text) }
        let cameras = try await connection.cameras()
        let isNamed = cameras.contains { $0.id.rawValue == text || $0.name == text }
        return isNamed ? .named(text) : .number(number)
    }

    /// A session on the body.
    func session(in connection: FleetConnection) async throws(FleetClientError) -> BodySession {
        try await connection.openSession(on: try await reference(in: connection))
    }
}
