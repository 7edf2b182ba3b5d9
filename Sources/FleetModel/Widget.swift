/// The kinds of widgets that libgphoto2 has, by the numbers of protocol.md, section 3.
public enum WidgetType: UInt16, Sendable, Codable {
    /// Seconds since 1970.
    case date = 0x0101
    /// On, off, or neither.
    case toggle = 0x0102
    /// Pressed by being set.
    case button = 0x0103
    /// A number between two others.
    case range = 0x0104
    /// One of some texts.
    case menu = 0x0105
    /// One of some texts.
    case radio = 0x0106
    /// Any text.
    case text = 0x0107
    /// A folder of widgets.
    case section = 0x0108
}

/// A widget's value: a JSON string (menu, radio, text), number (range; date), boolean (toggle) or null (a button; a
/// toggle in neither state).
public enum WidgetValue: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Of a menu, a radio or a text.
    case text(String)
    /// Of a range, as libgphoto2 holds it.
    case number(Float)
    /// Of a date, in seconds since 1970; also any whole number that came as JSON.
    case integer(Int64)
    /// Of a toggle.
    case toggle(Bool)
    /// Of a button, of a toggle in neither state, and of a range that is not a number.
    case none

    /// Reads a JSON string, number, boolean or null; never one for another.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .none
        } else if let toggle = try? container.decode(Bool.self) {
            self = .toggle(toggle)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else {
            let number = try container.decode(Double.self)
            guard Float(number).isFinite else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "The number is too large.")
            }
            self = .number(Float(number))
        }
    }

    /// Writes a JSON string, number, boolean or null. A number is the shortest decimal that gives the same 32-bit float.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try number.isFinite ? container.encode(number) : container.encodeNil()
        case .integer(let integer): try container.encode(integer)
        case .toggle(let toggle): try container.encode(toggle)
        case .none: try container.encodeNil()
        }
    }

    /// The value as a number, whole or not; nil for texts, toggles and nothing.
    public var asNumber: Float? {
        switch self {
        case .number(let number): number
        case .integer(let integer): Float(integer)
        case .text, .toggle, .none: nil
        }
    }

    /// The value as a person reads it.
    public var description: String {
        switch self {
        case .text(let text): text
        case .number(let number):
            number.rounded() == number && abs(number) < 1e9 ? "\(Int64(number))" : "\(number)"
        case .integer(let integer): "\(integer)"
        case .toggle(let toggle): toggle ? "on" : "off"
        case .none: "-"
        }
    }
}

/// The limits of a range widget.
public struct WidgetRange: Sendable, Hashable, Codable {
    /// The least value.
    public var min: Float
    /// The greatest value.
    public var max: Float
    /// The distance between two values; 0 when any is allowed.
    public var step: Float

    /// Limits of a range.
    public init(min: Float, max: Float, step: Float) {
        self.min = min
        self.max = max
        self.step = step
    }

    /// Writes the shortest decimals; a limit that is no number becomes 0, as JSON has none for it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(min.isFinite ? min : 0, forKey: .min)
        try container.encode(max.isFinite ? max : 0, forKey: .max)
        try container.encode(step.isFinite ? step : 0, forKey: .step)
    }
}

/// A widget as the wire shows it (protocol.md, 0x0007, 0x0008 and 0x000A): which of the optional fields are there
/// depends on what was asked for.
public struct Widget: Sendable, Codable, Hashable {
    /// Its place in the tree, such as `/main/imgsettings/iso`; in LIST_WIDGETS only.
    public var path: String?
    /// Its name, such as `iso`.
    public var name: String
    /// Its kind.
    public var type: WidgetType
    /// Its label, for a person.
    public var label: String
    /// Its value; nil where no value was asked for.
    public var value: WidgetValue?
    /// Whether the body refuses to have it set.
    public var readonly: Bool
    /// The texts to choose from, of a menu or a radio.
    public var choices: [String]?
    /// The limits, of a range.
    public var range: WidgetRange?

    /// A widget with what was asked for.
    public init(
        path: String? = nil, name: String, type: WidgetType, label: String, value: WidgetValue? = nil,
        readonly: Bool, choices: [String]? = nil, range: WidgetRange? = nil
    ) {
        self.path = path
        self.name = name
        self.type = type
        self.label = label
        self.value = value
        self.readonly = readonly
        self.choices = choices
        self.range = range
    }

    enum CodingKeys: String, CodingKey {
        case path, name = "widget_id", type = "widget_type", label, value = "widget_value", readonly, choices, range
    }

    /// Reads a widget; a `widget_value` that is null is a value, and one that is not there is none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        path = try container.decodeIfPresent(String.self, forKey: .path)
        name = try container.decode(String.self, forKey: .name)
        type = try container.decode(WidgetType.self, forKey: .type)
        label = try container.decode(String.self, forKey: .label)
        value = container.contains(.value) ? try container.decode(WidgetValue.self, forKey: .value) : nil
        readonly = try container.decode(Bool.self, forKey: .readonly)
        choices = try container.decodeIfPresent([String].self, forKey: .choices)
        range = try container.decodeIfPresent(WidgetRange.self, forKey: .range)
    }
}
