import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Settings that are kept by name.
struct PresetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preset", abstract: "Keep settings by name, and give them to cameras.",
        subcommands: [
            PresetSave.self, PresetApply.self, PresetDifference.self, PresetListing.self, PresetDelete.self,
        ])
}

/// Keeps a body's settings.
struct PresetSave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Keep a camera's settings under a name, in place of what had that name.")

    @Argument(help: "The preset's name.")
    var preset: String

    @Argument(help: "The camera by id, name or number.")
    var from: BodyArgument

    @Option(help: "A setting to keep; may be given many times. Those of taking pictures unless some are named.")
    var only: [String] = []

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let saved = try await connection.savePreset(
                SavePresetArguments(
                    preset: preset, from: try await from.reference(in: connection), widgets: only.isEmpty ? nil : only)
            )
            if output.json { return try await Output.json(saved) }
            try await Output.line(printable("\(saved.preset): \(saved.widgets.count) settings"))
        }
    }
}

/// Gives bodies the settings of a preset.
struct PresetApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Give every ready camera, a group, or some, the settings of a preset.")

    @Argument(help: "The preset's name.")
    var preset: String

    @OptionGroup var bodies: NamedBodies
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let outcome = try await connection.applyPreset(
                ApplyPresetArguments(preset: preset, target: try await bodies.target(in: connection)))
            try await Output.settings(outcome, try await CameraNames(in: connection), json: output.json)
        }
    }
}

/// Shows where bodies differ from a preset.
struct PresetDifference: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show in which settings cameras differ from a preset.")

    @Argument(help: "The preset's name.")
    var preset: String

    @OptionGroup var bodies: NamedBodies
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            guard let preset = try await connection.presets().first(where: { $0.name == preset }) else {
                throw Failure("No preset is called \(preset).")
            }
            let names = try await CameraNames(in: connection)
            let cameras = try await selected(in: connection)
            var differences: [Difference] = []
            for camera in cameras {
                let session = try await connection.openSession(on: .named(camera.id.rawValue))
                for (name, wanted) in preset.widgets.sorted(by: { $0.key < $1.key }) {
                    let value = try? await session.widget(name).value
                    if value != wanted {
                        differences.append(Difference(id: camera.id, name: name, wanted: wanted, value: value))
                    }
                }
                try await session.close()
            }
            if output.json { return try await Output.json(Differences(differences: differences)) }
            for difference in differences {
                let value = difference.value.map { "\($0)" } ?? "not to be had"
                try await Output.line(
                    printable("\(names[difference.id]): \(difference.name) is \(value), not \(difference.wanted)"))
            }
            if differences.isEmpty { try await Output.line("They do not differ from it.") }
        }
    }

    private func selected(in connection: FleetConnection) async throws -> [CameraInfo] {
        let all = try await connection.cameras()
        switch try await bodies.target(in: connection) {
        case .ready: return all.filter { $0.state == .ready }
        case .group(let group): return all.filter { $0.groups.contains(group) }
        case .cameras(let references):
            return all.filter { camera in
                references.contains(.number(camera.cameraNumber)) || references.contains(.named(camera.id.rawValue))
                    || references.contains(.named(camera.name))
            }
        }
    }

    private struct Differences: Encodable {
        var differences: [Difference]
    }

    private struct Difference: Encodable {
        var id: BodyID
        var name: String
        var wanted: WidgetValue
        var value: WidgetValue?
    }
}

/// Lists presets.
struct PresetListing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the presets.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let presets = try await connection.presets()
            if output.json { return try await Output.json(PresetList(presets: presets)) }
            var table = Table([
                .init(heading: "NAME", widest: 40), .init(heading: "MODEL", widest: 24),
                .init(heading: "SETTINGS", widest: 8, alignsRight: true),
            ])
            for preset in presets { table.add([preset.name, preset.model, "\(preset.widgets.count)"]) }
            for line in table.lines { try await Output.line(line) }
        }
    }
}

/// Drops a preset.
struct PresetDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Drop a preset.")

    @Argument(help: "The preset's name.")
    var preset: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withConnection { connection in try await connection.deletePreset(preset) }
    }
}
