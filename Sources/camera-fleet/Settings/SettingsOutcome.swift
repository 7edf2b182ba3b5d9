import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

extension Output {
    /// What became of several bodies' settings: a line a body, and one for each setting that was refused, which fails the
    /// command.
    static func settings(_ outcome: GroupSettings, _ names: CameraNames, json: Bool) async throws {
        if json {
            try await Output.json(outcome)
        } else {
            for camera in outcome.cameras {
                let set = camera.set.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                try await line(
                    printable("\(names[camera.id]): \(set.isEmpty ? "nothing" : set.joined(separator: ", "))"))
                for (name, error) in camera.errors.sorted(by: { $0.key < $1.key }) {
                    complain(printable("\(names[camera.id]): \(name): \(error.message)"))
                }
            }
        }
        if outcome.cameras.contains(where: { !$0.errors.isEmpty }) { throw ExitCode.failure }
    }

    /// Settings in which bodies differ: a line each, with what has which value.
    static func differences(_ widgets: [ComparedWidget], _ names: CameraNames) async throws {
        for widget in widgets {
            var owners: [String: [String]] = [:]
            for (id, value) in widget.values {
                owners[widget.text(of: value), default: []].append(names[BodyID(rawValue: id)])
            }
            let groups = owners.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            let words = groups.map { value, bodies in "\(value) (\(bodies.sorted().joined(separator: ", ")))" }
            try await line(printable("\(widget.name): \(words.joined(separator: ", "))"))
        }
    }
}

extension ComparedWidget {
    /// A value for a person: a clock's as the time that it shows here.
    func text(of value: WidgetValue) -> String {
        guard name.hasPrefix("datetime"), case .integer(let seconds) = value else { return "\(value)" }
        return localDate(seconds)
    }
}
