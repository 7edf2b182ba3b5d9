import FleetModel
import Foundation
import NIOCore

@testable import PacketProtocol

extension FuzzTarget {
    /// What comes as a command's arguments.
    ///
    /// What the scanner lets pass is UTF-8 and a JSON object of at most 64 levels, which Foundation can read; what it does
    /// not let pass is refused by name.
    static let json = FuzzTarget(name: "json") { bytes in
        do throws(JSONSyntaxError) {
            try StrictJSONScanner.check(bytes)
        } catch {
            try Broken.unless((0...bytes.count).contains(error.offset), "the error is outside the bytes: \(error)")
            let content = ByteBuffer(bytes: bytes)
            guard !bytes.isEmpty else { return }
            do throws(FleetError) {
                _ = try PacketJSON.arguments(Nothing.self, of: content)
            } catch {
                return try Broken.unless(error.kind == .invalidParameter, "refused with \(error.kind)")
            }
            throw Broken("bytes that the scanner refuses were taken")
        }
        try Broken.unless(String(validating: bytes, as: UTF8.self) != nil, "bytes that are not UTF-8 passed")
        try Broken.unless(depth(of: bytes) <= StrictJSONScanner.deepest, "JSON that is too deep passed")
        do {
            _ = try JSONDecoder().decode(Skimmed.self, from: Data(bytes))
        } catch {
            // RFC 8259 lets half of a surrogate pair pass as an escape; Foundation has no such text.
            let isHalfPair = bytes.contains(UInt8(ascii: "\\"))
            try Broken.unless(isHalfPair, "Foundation cannot read what passed: \(error)")
        }
    }

    /// The deepest nesting, counted by brackets outside of strings.
    private static func depth(of bytes: UnsafeRawBufferPointer) -> Int {
        var (depth, deepest, isInString, isEscaped) = (0, 0, false, false)
        for byte in bytes {
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            deepest = max(deepest, depth)
        }
        return deepest
    }
}

/// Any JSON, read to its leaves; numbers beyond a double are let be.
private struct Skimmed: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            for key in object.allKeys { _ = try object.decode(Skimmed.self, forKey: key) }
        } else if var list = try? decoder.unkeyedContainer() {
            while !list.isAtEnd { _ = try list.decode(Skimmed.self) }
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(Double.self)) != nil {
                return
            }
            do {
                _ = try value.decode(String.self)
            } catch DecodingError.typeMismatch(_, _) {
                // A number that no double has.
            }
        }
    }
}
