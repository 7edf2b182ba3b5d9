import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows the widgets of a body.
struct Widgets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the settings of a camera.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Flag(help: "Print their values too, which the camera is asked for one by one.")
    var values = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let widgets = try await session.widgets(values: values)
            if output.json { return try await Output.json(WidgetList(widgets: widgets)) }
            for widget in widgets {
                var line = widget.path ?? widget.name
                if values { line += " = \(widget.value ?? WidgetValue.none)" }
                if widget.readonly { line += " (read only)" }
                try await Output.line(printable(line))
            }
        }
    }
}
