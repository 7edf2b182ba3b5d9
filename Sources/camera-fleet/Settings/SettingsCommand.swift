import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Settings of several bodies.
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Set, copy and compare the settings of many cameras.",
        subcommands: [SetMany.self, CopyMany.self, CompareMany.self])
}

/// Which bodies, where a command has other words of its own.
struct NamedBodies: ParsableArguments {
    @Option(
        name: .customLong("camera"),
        help: ArgumentHelp("A camera by id, name or number; may be given many times.", valueName: "camera"))
    var cameras: [BodyArgument] = []

    @Option(help: "The cameras of this group.")
    var group: String?

    func validate() throws {
        guard group == nil || cameras.isEmpty else { throw ValidationError("Name cameras, or a group: not both.") }
        guard group != "" else { throw ValidationError("--group takes a name.") }
    }

    /// The bodies in the protocol's words.
    func target(in connection: FleetConnection) async throws(FleetClientError) -> GroupTarget {
        try await connection.target(group: group, cameras: cameras)
    }
}

/// Sets settings of several bodies.
struct SetMany: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change settings of every ready camera, a group, or some.",
        discussion: "camera-fleet settings set iso=400 f-number=f/5.6 --group ring")

    @Argument(help: ArgumentHelp("A setting and its new value: iso=400.", valueName: "setting=value"))
    var settings: [String]

    @OptionGroup var bodies: NamedBodies
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let target = try await bodies.target(in: connection)
            let session = try await connection.openSession(on: try await connection.example(of: target))
            var widgets: [String: WidgetValue] = [:]
            for setting in settings {
                guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
                    throw Failure("Write a setting and its value as iso=400, not as \"\(setting)\".")
                }
                let name = String(setting[..<equals])
                let text = String(setting[setting.index(after: equals)...])
                widgets[name] = try WidgetText.value(of: text, for: try await session.widgetWithChoices(name))
            }
            let outcome = try await connection.setGroupWidgets(
                SetGroupWidgetsArguments(target: target, widgets: widgets))
            try await Output.settings(outcome, try await CameraNames(in: connection), json: output.json)
        }
    }
}

/// Gives bodies the settings of another.
struct CopyMany: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Give every other ready camera, a group, or some, the settings of one.")

    @Argument(help: "The camera that they are of: by id, name or number.")
    var from: BodyArgument

    @Option(help: "A setting to copy; may be given many times. Those of taking pictures unless some are named.")
    var only: [String] = []

    @OptionGroup var bodies: NamedBodies
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let outcome = try await connection.copyWidgets(
                CopyWidgetsArguments(
                    from: try await from.reference(in: connection), target: try await bodies.target(in: connection),
                    widgets: only.isEmpty ? nil : only))
            try await Output.settings(outcome, try await CameraNames(in: connection), json: output.json)
        }
    }
}

/// Shows where bodies differ.
struct CompareMany: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Show the settings in which cameras differ.")

    @Option(help: "A setting to compare; may be given many times. Those of taking pictures unless some are named.")
    var only: [String] = []

    @OptionGroup var bodies: NamedBodies
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let widgets = try await connection.compareCameras(
                CompareCamerasArguments(
                    target: try await bodies.target(in: connection), widgets: only.isEmpty ? nil : only))
            if output.json { return try await Output.json(Comparison(widgets: widgets)) }
            guard !widgets.isEmpty else { return try await Output.line("They do not differ.") }
            try await Output.differences(widgets, try await CameraNames(in: connection))
        }
    }
}
