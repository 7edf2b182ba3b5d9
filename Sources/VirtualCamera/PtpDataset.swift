import NIOCore

// How PTP writes integers, strings and arrays into its datasets (ISO 15740, clause 5).

extension ByteBuffer {
    mutating func writePtp(_ value: some FixedWidthInteger) {
        writeInteger(value, endianness: .little)
    }

    mutating func readPtp<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        readInteger(endianness: .little)
    }

    /// A string: its length in UTF-16 units with the closing zero, in one byte, then those units. Longer strings
    /// than the byte can count are cut.
    mutating func writePtp(_ text: String) {
        guard !text.isEmpty else {
            writeInteger(UInt8(0))
            return
        }
        let units = text.utf16.prefix(254)
        writeInteger(UInt8(units.count + 1))
        for unit in units { writePtp(unit) }
        writePtp(UInt16(0))
    }

    /// The string at the reader, or nil if the bytes end within it.
    mutating func readPtpString() -> String? {
        guard let count = readInteger(as: UInt8.self) else { return nil }
        var units: [UInt16] = []
        units.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let unit = readPtp(UInt16.self) else { return nil }
            units.append(unit)
        }
        if units.last == 0 { units.removeLast() }
        return String(decoding: units, as: UTF16.self)
    }

    mutating func writePtp(array: some Collection<some FixedWidthInteger>) {
        writePtp(UInt32(array.count))
        for element in array { writePtp(element) }
    }
}
