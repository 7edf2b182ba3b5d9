/// What names a body for good: made of maker, model and serial number, so that it is the same after a replug or a
/// restart (protocol.md, CAMERA_INFO). At most 100 characters of `[a-z0-9.-]`.
public struct BodyID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The id as it stands on the wire.
    public let rawValue: String

    /// Takes an id that was made before, from the roster or the wire.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes an id of words such as maker, model and serial number: lower case, everything but `[a-z0-9.]` becomes one
    /// hyphen, and the end, where the serial number stands, is what stays of an id that is too long.
    public init(of words: [String]) {
        var characters: [UInt8] = []
        for byte in words.joined(separator: "-").lowercased().utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
                characters.append(byte)
            default:
                if characters.last != UInt8(ascii: "-"), !characters.isEmpty { characters.append(UInt8(ascii: "-")) }
            }
        }
        while characters.last == UInt8(ascii: "-") { characters.removeLast() }
        if characters.isEmpty { characters = Array("camera".utf8) }
        self.rawValue = String(decoding: characters.suffix(Self.longest), as: UTF8.self)
    }

    /// The most characters that an id can have.
    public static let longest = 100

    /// The id as it stands on the wire.
    public var description: String { rawValue }

    /// Reads the id from a JSON string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the id as a JSON string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
