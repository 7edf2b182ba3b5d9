public import FleetModel

/// A setting that goes through values, one for each shot of a sequence.
public struct SequenceBracket: Codable, Sendable, Hashable {
    /// The widget's name or path.
    public var widgetID: String
    /// What it is set to, one after the other, and from the beginning again.
    public var values: [WidgetValue]

    /// Values of a widget.
    public init(widgetID: String, values: [WidgetValue]) {
        self.widgetID = widgetID
        self.values = values
    }

    enum CodingKeys: String, CodingKey { case widgetID = "widget_id", values }
}

/// Arguments of START_GROUP_SEQUENCE.
public struct StartGroupSequenceArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// How many shots.
    public var count: Int
    /// From one release to the next, in seconds.
    public var intervalSeconds: Double
    /// How long each exposes, in seconds, with the bodies in bulb mode.
    public var bulbSeconds: Double?
    /// Whether to save the images on the server.
    public var download: Bool?
    /// A setting that changes from shot to shot.
    public var bracket: SequenceBracket?
    /// Whether it goes on when the client that started it is gone.
    public var keep: Bool?

    /// Shots of bodies.
    public init(
        target: GroupTarget = .ready, count: Int, intervalSeconds: Double, bulbSeconds: Double? = nil,
        download: Bool? = nil, bracket: SequenceBracket? = nil, keep: Bool? = nil
    ) {
        self.target = target
        self.count = count
        self.intervalSeconds = intervalSeconds
        self.bulbSeconds = bulbSeconds
        self.download = download
        self.bracket = bracket
        self.keep = keep
    }

    enum CodingKeys: String, CodingKey {
        case count, intervalSeconds = "interval_seconds", bulbSeconds = "bulb_seconds", download, bracket, keep
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        count = try container.decode(Int.self, forKey: .count)
        intervalSeconds = try container.decode(Double.self, forKey: .intervalSeconds)
        bulbSeconds = try container.optional(.bulbSeconds)
        download = try container.optional(.download)
        bracket = try container.optional(.bracket)
        keep = try container.optional(.keep)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(count, forKey: .count)
        try container.encode(intervalSeconds, forKey: .intervalSeconds)
        try container.encodeIfPresent(bulbSeconds, forKey: .bulbSeconds)
        try container.encodeIfPresent(download, forKey: .download)
        try container.encodeIfPresent(bracket, forKey: .bracket)
        try container.encodeIfPresent(keep, forKey: .keep)
    }
}
