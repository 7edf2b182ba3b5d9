/// Settings that were saved by name (protocol.md, section 3, 0x0950 to 0x0953).
public struct Preset: Codable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The model of the body that it was saved from.
    public var model: String
    /// Values by the widget's name.
    public var widgets: [String: WidgetValue]

    /// Settings of a model.
    public init(name: String, model: String, widgets: [String: WidgetValue]) {
        self.name = name
        self.model = model
        self.widgets = widgets
    }

    enum CodingKeys: String, CodingKey { case name = "preset", model, widgets }
}
