public import FleetModel

/// What became of one body's settings.
public struct CameraSettings: Codable, Sendable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// What was set, as it was read back.
    public var set: [String: WidgetValue]
    /// What was not, and why.
    public var errors: [String: ErrorDescription]

    /// A body's outcome.
    public init(id: BodyID, set: [String: WidgetValue] = [:], errors: [String: ErrorDescription] = [:]) {
        self.id = id
        self.set = set
        self.errors = errors
    }
}

/// Result of SET_GROUP_WIDGETS, COPY_WIDGETS and APPLY_PRESET.
public struct GroupSettings: Codable, Sendable {
    /// In order of camera_number.
    public var cameras: [CameraSettings]

    /// Outcomes in order.
    public init(cameras: [CameraSettings]) { self.cameras = cameras }
}

/// Result of SAVE_PRESET.
public struct SavedPreset: Codable, Sendable {
    /// Its name.
    public var preset: String
    /// Values by the widget's name.
    public var widgets: [String: WidgetValue]

    /// What was saved.
    public init(preset: String, widgets: [String: WidgetValue]) {
        self.preset = preset
        self.widgets = widgets
    }
}

/// Result of LIST_PRESETS.
public struct PresetList: Codable, Sendable {
    /// In order of name.
    public var presets: [Preset]

    /// Presets in order.
    public init(presets: [Preset]) { self.presets = presets }
}

/// A setting in which bodies differ.
public struct ComparedWidget: Codable, Sendable, Hashable {
    /// The widget's name.
    public var name: String
    /// Its label, for a person.
    public var label: String
    /// Its values by the id of the body; a body that has no such widget is not there.
    public var values: [String: WidgetValue]

    /// Values of bodies.
    public init(name: String, label: String, values: [String: WidgetValue]) {
        self.name = name
        self.label = label
        self.values = values
    }

    enum CodingKeys: String, CodingKey { case name = "widget_id", label, values }
}

/// Result of COMPARE_CAMERAS.
public struct Comparison: Codable, Sendable {
    /// Those in which the bodies differ.
    public var widgets: [ComparedWidget]

    /// Differences.
    public init(widgets: [ComparedWidget]) { self.widgets = widgets }
}

/// How far a body's clock was off.
public struct SyncedClock: Codable, Sendable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// By how many seconds it was ahead of the server's before it was set; nil where it cannot be read.
    public var offBySeconds: Double?
    /// Why it was not set.
    public var error: ErrorDescription?

    /// A clock.
    public init(id: BodyID, offBySeconds: Double? = nil, error: ErrorDescription? = nil) {
        self.id = id
        self.offBySeconds = offBySeconds
        self.error = error
    }

    enum CodingKeys: String, CodingKey { case id, offBySeconds = "off_by_seconds", error }

    /// Writes the clock, with null for what is not known.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(offBySeconds, forKey: .offBySeconds)
        try container.encodeIfPresent(error, forKey: .error)
    }
}

/// Result of SYNC_CLOCKS.
public struct SyncedClocks: Codable, Sendable {
    /// In order of camera_number.
    public var cameras: [SyncedClock]

    /// Clocks in order.
    public init(cameras: [SyncedClock]) { self.cameras = cameras }
}
