import NIOCore

/// The value of a device property.
public enum PropertyValue: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A value of any of PTP's integer types.
    case number(Int64)
    /// A string.
    case text(String)

    /// A number, written as such.
    public init(integerLiteral value: Int64) { self = .number(value) }

    /// A string, written as such.
    public init(stringLiteral value: String) { self = .text(value) }

    var number: Int64? {
        if case .number(let number) = self { number } else { nil }
    }
}

/// PTP's types of property values (ISO 15740, table 3), as far as bodies use them.
enum PropertyType: UInt16, Sendable {
    case int8 = 0x0001
    case uint8 = 0x0002
    case int16 = 0x0003
    case uint16 = 0x0004
    case int32 = 0x0005
    case uint32 = 0x0006
    case text = 0xFFFF

    func write(_ value: PropertyValue, into buffer: inout ByteBuffer) {
        switch (self, value) {
        case (.int8, .number(let number)): buffer.writePtp(Int8(truncatingIfNeeded: number))
        case (.uint8, .number(let number)): buffer.writePtp(UInt8(truncatingIfNeeded: number))
        case (.int16, .number(let number)): buffer.writePtp(Int16(truncatingIfNeeded: number))
        case (.uint16, .number(let number)): buffer.writePtp(UInt16(truncatingIfNeeded: number))
        case (.int32, .number(let number)): buffer.writePtp(Int32(truncatingIfNeeded: number))
        case (.uint32, .number(let number)): buffer.writePtp(UInt32(truncatingIfNeeded: number))
        case (.text, .text(let text)): buffer.writePtp(text)
        case (.text, .number(let number)): buffer.writePtp(String(number))
        case (_, .text): write(.number(0), into: &buffer)
        }
    }

    /// The value that the whole of some bytes is, or nil if they are none of this type.
    func read(_ bytes: ByteBuffer) -> PropertyValue? {
        var bytes = bytes
        let value: PropertyValue? =
            switch self {
            case .int8: bytes.readPtp(Int8.self).map { .number(Int64($0)) }
            case .uint8: bytes.readPtp(UInt8.self).map { .number(Int64($0)) }
            case .int16: bytes.readPtp(Int16.self).map { .number(Int64($0)) }
            case .uint16: bytes.readPtp(UInt16.self).map { .number(Int64($0)) }
            case .int32: bytes.readPtp(Int32.self).map { .number(Int64($0)) }
            case .uint32: bytes.readPtp(UInt32.self).map { .number(Int64($0)) }
            case .text: bytes.readPtpString().map { .text($0) }
            }
        return bytes.readableBytes == 0 ? value : nil
    }
}

/// Which values a property can take.
enum PropertyForm: Sendable {
    case any
    case range(ClosedRange<Int64>, step: Int64)
    case choices([PropertyValue])

    func allows(_ value: PropertyValue) -> Bool {
        switch self {
        case .any:
            true
        case .choices(let choices):
            choices.contains(value)
        case .range(let range, let step):
            value.number.map { range.contains($0) && (step <= 0 || ($0 - range.lowerBound) % step == 0) } ?? false
        }
    }
}

/// One property of a body: its type, the values it can take, and the one it has.
struct DeviceProperty: Sendable {
    let code: PropertyCode
    let type: PropertyType
    let form: PropertyForm
    let isWritable: Bool
    let factoryDefault: PropertyValue
    var current: PropertyValue

    static func choices(_ code: PropertyCode, _ type: PropertyType, _ values: [Int64], _ value: Int64) -> Self {
        Self(code, type, .choices(values.map { .number($0) }), .number(value))
    }

    static func fixed(_ code: PropertyCode, _ type: PropertyType, _ value: PropertyValue) -> Self {
        Self(code, type, .any, value, isWritable: false)
    }

    init(
        _ code: PropertyCode, _ type: PropertyType, _ form: PropertyForm, _ value: PropertyValue,
        isWritable: Bool = true
    ) {
        self.code = code
        self.type = type
        self.form = form
        self.isWritable = isWritable
        factoryDefault = value
        current = value
    }

    /// The dataset that GetDevicePropDesc answers (ISO 15740, 13.3.3).
    var description: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writePtp(code.rawValue)
        buffer.writePtp(type.rawValue)
        buffer.writePtp(UInt8(isWritable ? 1 : 0))
        type.write(factoryDefault, into: &buffer)
        type.write(current, into: &buffer)
        switch form {
        case .any:
            buffer.writePtp(UInt8(0))
        case .range(let range, let step):
            buffer.writePtp(UInt8(1))
            for bound in [range.lowerBound, range.upperBound, step] { type.write(.number(bound), into: &buffer) }
        case .choices(let choices):
            buffer.writePtp(UInt8(2))
            buffer.writePtp(UInt16(choices.count))
            for choice in choices { type.write(choice, into: &buffer) }
        }
        return buffer
    }
}

/// The properties of a body, in the order in which it lists them.
struct DeviceProperties: Sendable {
    private(set) var codes: [PropertyCode] = []
    private var properties: [PropertyCode: DeviceProperty] = [:]

    init(_ list: [DeviceProperty]) {
        for property in list where properties.updateValue(property, forKey: property.code) == nil {
            codes.append(property.code)
        }
    }

    subscript(code: PropertyCode) -> DeviceProperty? { properties[code] }

    /// Puts a property in the place of the one of its code. Nothing if there is none.
    mutating func replace(_ property: DeviceProperty) {
        if properties[property.code] != nil { properties[property.code] = property }
    }

    /// The current value as a number; zero if there is no such property or it is a string.
    func number(_ code: PropertyCode) -> Int64 { properties[code]?.current.number ?? 0 }

    /// The current value as a string; empty if there is no such property or it is a number.
    func text(_ code: PropertyCode) -> String {
        if case .text(let text)? = properties[code]?.current { text } else { "" }
    }

    /// Gives a property a value without asking whether the initiator could. False if there is no such property.
    @discardableResult
    mutating func assign(_ value: PropertyValue, to code: PropertyCode) -> Bool {
        guard properties[code] != nil else { return false }
        properties[code]?.current = value
        return true
    }

    /// Gives a property the value in the data of a SetDevicePropValue, or says why not.
    mutating func set(_ code: PropertyCode, from data: ByteBuffer) -> ResponseCode {
        guard let property = properties[code] else { return .devicePropNotSupported }
        guard property.isWritable else { return .accessDenied }
        guard let value = property.type.read(data) else { return .invalidDevicePropFormat }
        guard property.form.allows(value) else { return .invalidDevicePropValue }
        properties[code]?.current = value
        return .ok
    }

    /// Gives a property the value that it left the factory with.
    mutating func reset(_ code: PropertyCode) -> ResponseCode {
        guard let property = properties[code] else { return .devicePropNotSupported }
        guard property.isWritable else { return .accessDenied }
        properties[code]?.current = property.factoryDefault
        return .ok
    }

    mutating func resetAll() {
        for code in codes where properties[code]?.isWritable == true { _ = reset(code) }
    }
}
