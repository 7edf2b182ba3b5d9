import FleetTesting

/// PTP's and PTP/IP's layouts, by hand (ISO 15740, CIPA DC-005).
enum Ptp {
    static func string(_ text: String) -> [UInt8] {
        guard !text.isEmpty else { return [0] }
        return [UInt8(text.utf16.count + 1)] + text.utf16.flatMap { [UInt8].little($0) } + [0, 0]
    }

    static func array<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
        .little(UInt32(numbers.count)) + numbers.flatMap { [UInt8].little($0) }
    }

    /// A packet of PTP/IP: u32 length, u32 type, content.
    static func packet(_ type: UInt32, _ content: [UInt8]) -> [UInt8] {
        .little(UInt32(8 + content.count)) + .little(type) + content
    }

    static func response(_ code: UInt16, _ transaction: UInt32, _ parameters: [UInt32] = []) -> [UInt8] {
        packet(7, .little(code) + .little(transaction) + parameters.flatMap { [UInt8].little($0) })
    }

    /// Data to the host: StartData, then everything in EndData.
    static func data(_ bytes: [UInt8], _ transaction: UInt32) -> [UInt8] {
        packet(9, .little(transaction) + .little(UInt64(bytes.count))) + packet(12, .little(transaction) + bytes)
    }

    static func event(_ code: UInt16, _ parameter: UInt32) -> [UInt8] {
        packet(8, .little(code) + .little(UInt32(0)) + .little(parameter))
    }
}

/// A property of the body that the tests play: its bytes as PTP lays out a DevicePropDesc.
struct PlayedProperty: Sendable {
    var type: UInt16
    var isWritable: Bool
    var value: [UInt8]
    var form: [UInt8] = [0]

    static func number<Number: FixedWidthInteger>(
        _ type: UInt16, _ value: Number, among choices: [Number], isWritable: Bool = true
    ) -> PlayedProperty {
        PlayedProperty(
            type: type, isWritable: isWritable, value: .little(value),
            form: [2] + .little(UInt16(choices.count)) + choices.flatMap { [UInt8].little($0) })
    }

    static func number<Number: FixedWidthInteger>(
        _ type: UInt16, _ value: Number, from least: Number, to greatest: Number, step: Number, isWritable: Bool = true
    ) -> PlayedProperty {
        PlayedProperty(
            type: type, isWritable: isWritable, value: .little(value),
            form: [1] + .little(least) + .little(greatest) + .little(step))
    }

    static func text(_ value: String) -> PlayedProperty {
        PlayedProperty(type: 0xFFFF, isWritable: true, value: Ptp.string(value))
    }

    func description(_ code: UInt16) -> [UInt8] {
        .little(code) + .little(type) + [isWritable ? 1 : 0] + value + value + form
    }
}

/// An object of the body that the tests play.
struct PlayedObject: Sendable {
    var parent: UInt32
    var format: UInt16
    var name: String
    var bytes: [UInt8] = []
    var thumbnail: [UInt8] = []
    /// 0 for an object in the body's memory.
    var storage: UInt32 = 0x0001_0001

    var information: [UInt8] {
        .little(storage) + .little(format) + .little(UInt16(0)) + .little(UInt32(bytes.count))
            + .little(UInt16(thumbnail.isEmpty ? 0 : 0x3808)) + .little(UInt32(thumbnail.count))
            + [UInt8](repeating: 0, count: 8) + .little(UInt32(64)) + .little(UInt32(48)) + .little(UInt32(24))
            + .little(parent) + .little(UInt16(format == 0x3001 ? 1 : 0)) + .little(UInt32(0)) + .little(UInt32(0))
            + Ptp.string(name) + Ptp.string("20260102T030405") + Ptp.string("20260102T030405") + Ptp.string("")
    }
}
