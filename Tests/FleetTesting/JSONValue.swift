/// JSON that a test looks into without the types of the code under test.
public enum JSONValue: Sendable, Equatable, Decodable {
    /// `null`, and what is not there.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object([String: JSONValue])

    /// Reads any JSON.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    /// A key's value; null where there is none.
    public subscript(key: String) -> JSONValue {
        if case .object(let object) = self { return object[key] ?? .null }
        return .null
    }

    /// An element; null where there is none.
    public subscript(index: Int) -> JSONValue {
        if case .array(let array) = self, array.indices.contains(index) { return array[index] }
        return .null
    }

    /// The elements of an array.
    public var array: [JSONValue] {
        if case .array(let array) = self { return array }
        return []
    }

    /// The keys of an object.
    public var keys: Set<String> {
        if case .object(let object) = self { return Set(object.keys) }
        return []
    }

    /// The text of a string.
    public var string: String? {
        if case .string(let string) = self { return string }
        return nil
    }

    /// The value of a whole number.
    public var integer: Int? {
        if case .number(let number) = self { return Int(exactly: number) }
        return nil
    }
}
