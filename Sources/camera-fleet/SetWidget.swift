import ArgumentParser
import FleetModel
import PacketClient

/// Sets a widget.
struct SetWidget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change a setting of a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: "The setting by name (iso) or path (/main/imgsettings/iso).")
    var widget: String

    @Argument(help: "Its new value; on or off for a switch, now or a time for a date, nothing for a button.")
    var value: String?

    @Flag(help: "Set it even to a value that is not among its choices.")
    var force = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let kind = try await session.widgetWithChoices(widget)
            let wanted = try WidgetText.value(of: value, for: kind)
            let result = try await session.setWidget(widget, to: wanted, force: force)
            if output.json { return try await Output.json(result) }
            guard kind.type != .button else { return try await Output.line(printable("\(result.name) was pressed")) }
            try await Output.line(printable("\(result.name) is \(result.value ?? WidgetValue.none)"))
        }
    }
}
