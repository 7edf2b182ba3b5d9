/// Why bytes are no JSON object (RFC 8259).
public struct JSONSyntaxError: Error, Sendable, Equatable {
    /// What is wrong, for the author of a client.
    public let message: String
    /// The byte at which it shows.
    public let offset: Int
}

/// Checks that bytes are one JSON object and nothing else, as RFC 8259 has it: UTF-8 without a mark at its start, no
/// trailing comma, no NaN, no number that starts with 0 and goes on, at most 64 levels deep. Foundation's decoder lets
/// some of these pass, so what comes from a client is scanned before it is decoded.
public struct StrictJSONScanner {
    /// The deepest nesting that is taken.
    public static let deepest = 64

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    private init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Passes when the bytes are a JSON object.
    public static func check(_ bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var scanner = StrictJSONScanner(bytes)
        scanner.skipSpace()
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.error("The arguments are not a JSON object.") }
        try scanner.value(depth: 1)
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.error("Bytes follow the JSON object.") }
    }

    private func error(_ message: String) -> JSONSyntaxError {
        JSONSyntaxError(message: message, offset: position)
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) {
        guard let byte = peek() else { throw error("The JSON ends too early.") }
        switch byte {
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) {
        guard depth <= Self.deepest else { throw error("The JSON is nested deeper than \(Self.deepest).") }
        position += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return }
        while true {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw error("A key must be a string.") }
            try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("A colon is missing after a key.") }
            skipSpace()
            try value(depth: depth + 1)
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw error("A comma or a closing brace is missing.") }
            return
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) {
        guard depth <= Self.deepest else { throw error("The JSON is nested deeper than \(Self.deepest).") }
        position += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return }
        while true {
            skipSpace()
            try value(depth: depth + 1)
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw error("A comma or a closing bracket is missing.") }
            return
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONSyntaxError) {
        for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) {
            throw error("A word that JSON does not have.")
        }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        guard isDigit(peek()) else { throw error("A number that JSON does not have.") }
        while isDigit(peek()) { position += 1 }
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func number() throws(JSONSyntaxError) {
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            guard !isDigit(peek()) else { throw error("A number that starts with 0 and goes on.") }
        } else {
            try digits()
        }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            try digits()
        }
    }

    private mutating func string() throws(JSONSyntaxError) {
        position += 1
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try escape()
            case 0..<0x20:
                throw error("A control character inside a string.")
            case 0x20..<0x80:
                position += 1
            default:
                try multibyte(first: byte)
            }
        }
        throw error("A string has no end.")
    }

    private mutating func escape() throws(JSONSyntaxError) {
        guard let byte = peek() else { throw error("A string has no end.") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = peek(), Character(UnicodeScalar(digit)).isHexDigit else {
                    throw error("An escape of less than four hexadecimal digits.")
                }
                position += 1
            }
        default:
            throw error("An escape that JSON does not have.")
        }
    }

    /// One character of two to four bytes, by the table of RFC 3629, section 4: nothing overlong, no surrogate.
    private mutating func multibyte(first: UInt8) throws(JSONSyntaxError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw error("Bytes that are not UTF-8.")
        }
        position += 1
        for index in 1..<length {
            guard let byte = peek(), (index == 1 ? second : 0x80...0xBF).contains(byte) else {
                throw error("Bytes that are not UTF-8.")
            }
            position += 1
        }
    }
}
