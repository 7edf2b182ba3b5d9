/// What a body of a shot was when the shot was over, for the shot's manifest.
public struct ShotBody: Sendable, Codable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// The name that it had.
    public var name: String
    /// The model in the words of the body.
    public var model: String
    /// The body's own serial number, where it has one.
    public var serial: String?
    /// Its settings of exposure by the widget's name; nil where they could not be read.
    public var widgets: [String: WidgetValue]?
    /// When they were read, in nanoseconds since 1970.
    public var widgetsReadAt: Int64?

    /// A body without its settings.
    public init(id: BodyID, name: String, model: String, serial: String?) {
        self.id = id
        self.name = name
        self.model = model
        self.serial = serial
    }

    enum CodingKeys: String, CodingKey {
        case id, name, model, serial, widgets, widgetsReadAt = "widgets_read_at"
    }
}
