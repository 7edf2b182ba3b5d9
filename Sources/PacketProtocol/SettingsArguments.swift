public import FleetModel

/// Arguments of SET_GROUP_WIDGETS.
public struct SetGroupWidgetsArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// Values by widget_id.
    public var widgets: [String: WidgetValue]

    /// Values for bodies.
    public init(target: GroupTarget = .ready, widgets: [String: WidgetValue]) {
        self.target = target
        self.widgets = widgets
    }

    enum CodingKeys: String, CodingKey { case widgets }

    /// Reads the arguments.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        widgets = try decoder.container(keyedBy: CodingKeys.self).decode([String: WidgetValue].self, forKey: .widgets)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(widgets, forKey: .widgets)
    }
}

/// Arguments of COPY_WIDGETS.
public struct CopyWidgetsArguments: Codable, Sendable {
    /// Whose settings.
    public var from: CameraReference
    /// Which bodies get them.
    public var target: GroupTarget
    /// Which of them; those of taking pictures when nil.
    public var widgets: [String]?

    /// Settings of a body for others.
    public init(from: CameraReference, target: GroupTarget = .ready, widgets: [String]? = nil) {
        self.from = from
        self.target = target
        self.widgets = widgets
    }

    enum CodingKeys: String, CodingKey { case from, widgets }

    /// Reads the arguments; null is no list.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        from = try container.decode(CameraReference.self, forKey: .from)
        widgets = try container.optional(.widgets)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(from, forKey: .from)
        try container.encodeIfPresent(widgets, forKey: .widgets)
    }
}

/// Arguments of SAVE_PRESET.
public struct SavePresetArguments: Codable, Sendable {
    /// Its name; one of that name is replaced.
    public var preset: String
    /// Whose settings.
    public var from: CameraReference
    /// Which of them; those of taking pictures when nil.
    public var widgets: [String]?

    /// Settings of a body under a name.
    public init(preset: String, from: CameraReference, widgets: [String]? = nil) {
        self.preset = preset
        self.from = from
        self.widgets = widgets
    }

    /// Reads the arguments; null is no list.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        preset = try container.decode(String.self, forKey: .preset)
        from = try container.decode(CameraReference.self, forKey: .from)
        widgets = try container.optional(.widgets)
    }
}

/// Arguments of APPLY_PRESET.
public struct ApplyPresetArguments: Codable, Sendable {
    /// Its name.
    public var preset: String
    /// Which bodies get it.
    public var target: GroupTarget

    /// A preset for bodies.
    public init(preset: String, target: GroupTarget = .ready) {
        self.preset = preset
        self.target = target
    }

    enum CodingKeys: String, CodingKey { case preset }

    /// Reads the arguments.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        preset = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .preset)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(preset, forKey: .preset)
    }
}

/// Arguments of DELETE_PRESET.
public struct PresetArguments: Codable, Sendable {
    /// Its name.
    public var preset: String

    /// A preset.
    public init(preset: String) { self.preset = preset }
}

/// Arguments of COMPARE_CAMERAS.
public struct CompareCamerasArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// Which settings; those of taking pictures when nil.
    public var widgets: [String]?

    /// Bodies and their settings.
    public init(target: GroupTarget = .ready, widgets: [String]? = nil) {
        self.target = target
        self.widgets = widgets
    }

    enum CodingKeys: String, CodingKey { case widgets }

    /// Reads the arguments; null is no list.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        widgets = try decoder.container(keyedBy: CodingKeys.self).optional(.widgets)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(widgets, forKey: .widgets)
    }
}
