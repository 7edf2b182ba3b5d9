public import FleetModel
import FoundationEssentials
public import NIOCore

/// Reads the JSON of packets into values.
public enum PacketJSON {
    /// The arguments of a client's command. No bytes mean `{}`.
    ///
    /// Throws Invalid_Parameter for what is no JSON object of RFC 8259, and for arguments that are missing or have
    /// another JSON type.
    public static func arguments<Arguments: Decodable>(
        _ type: Arguments.Type = Arguments.self, of content: ByteBuffer
    ) throws(FleetError) -> Arguments {
        guard content.readableBytes > 0 else { return try decode(type, from: ByteBuffer(string: "{}")) }
        do throws(JSONSyntaxError) {
            try content.withUnsafeReadableBytes { bytes throws(JSONSyntaxError) in try StrictJSONScanner.check(bytes) }
        } catch {
            throw FleetError(.invalidParameter, "Bad JSON at byte \(error.offset): \(error.message)")
        }
        return try decode(type, from: content)
    }

    /// A value that a process of the fleet wrote: the link's messages, and what a client reads from the server.
    public static func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, from content: ByteBuffer
    ) throws(FleetError) -> Value {
        do {
            return try content.withUnsafeReadableBytes { bytes in
                try JSONDecoder().decode(type, from: Data(bytes))
            }
        } catch let error as DecodingError {
            throw FleetError(.invalidParameter, sentence(for: error))
        } catch {
            throw FleetError(.invalidParameter, "The JSON cannot be read.")
        }
    }

    private static func sentence(for error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "The argument \(name(context.codingPath + [key])) is missing."
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "The argument \(name(context.codingPath)) has the wrong type."
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "The argument \(name(context.codingPath)) has a value that it cannot have."
        case .dataCorrupted: "The JSON cannot be read."
        @unknown default: "The JSON cannot be read."
        }
    }

    private static func name(_ path: [any CodingKey]) -> String {
        path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
