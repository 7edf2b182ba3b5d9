import ArgumentParser
import FleetModel
import PacketClient

/// Shows a widget's value, alone on standard output.
struct GetWidget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the value of a camera's setting.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: "The setting by name (iso) or path (/main/imgsettings/iso).")
    var widget: String

    @Flag(help: "Print what it can be set to instead: a choice a line, or the limits.")
    var choices = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let found =
                choices ? try await session.widgetWithChoices(widget) : try await session.widget(widget)
            if output.json { return try await Output.json(found) }
            guard choices else {
                return try await Output.line(printable((found.value ?? WidgetValue.none).description))
            }
            for line in found.possibilities { try await Output.line(printable(line)) }
        }
    }
}

extension Widget {
    /// What it can be set to, a line each.
    var possibilities: [String] {
        if let choices { return choices }
        if let range {
            return [("min", range.min), ("max", range.max), ("step", range.step)].map { name, limit in
                "\(name) \(WidgetValue.number(limit))"
            }
        }
        switch type {
        case .toggle: return ["on", "off"]
        case .date: return ["now, seconds since 1970, or a time like 2026-01-31T12:00:00"]
        case .text, .menu, .radio: return ["any text"]
        case .range: return ["any number"]
        case .button, .section: return []
        }
    }
}
