import Foundation

/// JSON as it was written, for whoever wants to know what is in it that should not be.
enum JSONTree: Codable, Equatable, Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    /// What some bytes say.
    ///
    /// - Throws: `DescriptionError` with a sentence that says where they are no JSON.
    init(parsing bytes: Data) throws(DescriptionError) {
        do {
            self = try JSONDecoder().decode(JSONTree.self, from: bytes)
        } catch {
            throw DescriptionError("This is not JSON. \(Self.place(of: bytes))")
        }
    }

    /// Where bytes cease to be JSON: the decoder does not say, its elder does.
    private static func place(of bytes: Data) -> String {
        do {
            _ = try JSONSerialization.jsonObject(with: bytes, options: .fragmentsAllowed)
            return "It cannot be read."
        } catch {
            return (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String ?? error.localizedDescription
        }
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let object): try value.encode(object)
        }
    }
}

/// The keys of a JSON object, taken out one after the other, so that what is left is what nobody knows.
struct JSONFields {
    /// What the object is, at the beginning of a sentence about it.
    private let place: String
    /// What leads to the object from there, such as `live_view.`.
    private let prefix: String
    private var fields: [String: JSONTree]
    private var known: [String] = []

    init(_ fields: [String: JSONTree], of place: String, prefix: String = "") {
        self.fields = fields
        self.place = place
        self.prefix = prefix
    }

    /// The error that a key is not as it must be.
    func wrong(_ key: String, _ what: String) -> DescriptionError {
        DescriptionError("\(place): \(prefix)\(key) \(what).")
    }

    mutating func tree(_ key: String) -> JSONTree? {
        known.append(key)
        return fields.removeValue(forKey: key)
    }

    mutating func integer(_ key: String) throws(DescriptionError) -> Int? {
        switch tree(key) {
        case nil: return nil
        case .integer(let integer): return integer
        default: throw wrong(key, "must be a whole number")
        }
    }

    mutating func number(_ key: String) throws(DescriptionError) -> Double? {
        switch tree(key) {
        case nil: return nil
        case .integer(let integer): return Double(integer)
        case .number(let number): return number
        default: throw wrong(key, "must be a number")
        }
    }

    mutating func text(_ key: String) throws(DescriptionError) -> String? {
        switch tree(key) {
        case nil: return nil
        case .text(let text): return text
        default: throw wrong(key, "must be a text")
        }
    }

    mutating func flag(_ key: String) throws(DescriptionError) -> Bool? {
        switch tree(key) {
        case nil: return nil
        case .flag(let flag): return flag
        default: throw wrong(key, "must be true or false")
        }
    }

    mutating func list(_ key: String) throws(DescriptionError) -> [JSONTree]? {
        switch tree(key) {
        case nil: return nil
        case .list(let list): return list
        default: throw wrong(key, "must be a list in brackets")
        }
    }

    mutating func object(_ key: String) throws(DescriptionError) -> JSONFields? {
        switch tree(key) {
        case nil: return nil
        case .object(let fields): return JSONFields(fields, of: place, prefix: "\(prefix)\(key).")
        default: throw wrong(key, "must be an object in braces")
        }
    }

    /// A time in milliseconds.
    mutating func milliseconds(_ key: String) throws(DescriptionError) -> Duration? {
        guard let time = try number(key) else { return nil }
        guard 0...600_000 ~= time else { throw wrong(key, "must be 0 to 600000 milliseconds") }
        return .nanoseconds(Int64(time * 1_000_000))
    }

    /// Two numbers.
    mutating func pair(_ key: String) throws(DescriptionError) -> (Double, Double)? {
        guard let list = try list(key) else { return nil }
        let numbers = list.compactMap { tree -> Double? in
            switch tree {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            default: nil
            }
        }
        guard list.count == 2, numbers.count == 2 else { throw wrong(key, "must be two numbers in brackets") }
        return (numbers[0], numbers[1])
    }

    /// Every key that is left, in order.
    var left: [String] { fields.keys.sorted() }

    /// Refuses what nobody asked for.
    func end() throws(DescriptionError) {
        guard let stranger = left.first else { return }
        let keys = known.sorted().map { prefix + $0 }.joined(separator: ", ")
        throw DescriptionError("\(place): there is no key \(prefix)\(stranger); there are \(keys).")
    }
}
