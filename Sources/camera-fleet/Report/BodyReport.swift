import FleetModel
import PacketClient
import PacketProtocol

/// What a report tells of a body. What cannot be had is told as its error, and stops nothing else.
struct BodyReport: Sendable {
    let camera: CameraInfo

    /// Asks the body for everything. Throws only what ends the whole report: the server is gone, or Ctrl-C.
    func parts(_ connection: FleetConnection) async throws(FleetClientError) -> [ReportPart] {
        var parts = [
            // The log first: what follows is in it otherwise, in place of what went wrong before.
            try await part("driver-log.txt") { (path) async throws(FleetClientError) in
                let log = try await connection.driverLog(of: .named(camera.id.rawValue))
                return .text(path, log.text)
            }
        ]
        let session: BodySession
        do throws(FleetClientError) {
            session = try await connection.openSession(on: .named(camera.id.rawValue))
        } catch {
            guard error.isOfOnePart else { throw error }
            return parts + [.error("\(folder)/session", error)]
        }
        parts.append(
            try await part("summary.txt") { (path) async throws(FleetClientError) in
                .text(path, try await session.summary().lines.joined(separator: "\n"))
            })
        parts.append(
            try await part("widgets.json") { (path) async throws(FleetClientError) in
                .json(path, WidgetList(widgets: try await session.widgets(values: true)))
            })
        parts.append(
            try await part("storages.json") { (path) async throws(FleetClientError) in
                .json(path, StorageList(storages: try await session.storages()))
            })
        try? await session.close()
        return parts
    }

    private var folder: String { "bodies/\(camera.id.rawValue.replacing("/", with: "_"))" }

    private func part(
        _ name: String, _ ask: (String) async throws(FleetClientError) -> ReportPart
    ) async throws(FleetClientError) -> ReportPart {
        do throws(FleetClientError) {
            return try await ask("\(folder)/\(name)")
        } catch {
            guard error.isOfOnePart else { throw error }
            return .error("\(folder)/\(name.prefix { $0 != "." })", error)
        }
    }
}

extension DriverLog {
    /// A line for each transfer and each complaint, in the order of time.
    var text: String {
        var lines = transfers.map { transfer in
            let way = transfer.received ? "<-" : "->"
            let rest = transfer.bytes.count / 2 < transfer.size ? " …" : ""
            return (transfer.time, "\(way) \(transfer.size) bytes: \(transfer.bytes)\(rest)")
        }
        lines += messages.map { ($0.time, "-- \($0.text)") }
        guard !lines.isEmpty else { return "Nothing yet." }
        let inOrder = lines.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
        return inOrder.map { line in "\(line.element.0)  \(line.element.1)" }.joined(separator: "\n")
    }
}
