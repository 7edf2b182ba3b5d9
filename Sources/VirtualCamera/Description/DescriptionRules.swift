// What a description may say.

extension VirtualBodyDescription {
    /// Sizes of objects and cards as far as PTP and the machine reach.
    static let objectSizes = 0...4_294_967_294
    static let cardSizes = 0...(1 << 50)
    static let times = Duration.zero...Duration.seconds(600)

    /// Whether there can be such a body.
    ///
    /// - Throws: `DescriptionError` that names the body and the key of a rig's file that is wrong.
    func check() throws(DescriptionError) {
        for (key, text) in [("manufacturer", manufacturer), ("model", model), ("serial", serialNumber), ("name", name)]
        {
            guard 1...64 ~= text.utf16.count, !text.contains(where: \.isNewline) else {
                throw wrong(key, "must be a line of 1 to 64 characters")
            }
        }
        try check("battery_percent", batteryLevel, 0...100, "percent")
        try check("clock_offset_s", clockOffset, -1_000_000_000...1_000_000_000, "seconds")
        guard liveViewFramesPerSecond >= 0, liveViewFramesPerSecond <= 1000 else {
            throw wrong("live_view.rate", "must be 0 to 1000 frames a second")
        }
        try check("live_view.width", liveViewWidth, 64...4096, "pixels")
        try check("live_view.height", liveViewHeight, 64...4096, "pixels")
        if let liveViewFrameBytes {
            try check("live_view.frame_bytes", liveViewFrameBytes, 1000...16_777_216, "bytes")
        }
        if let linkBytesPerSecond {
            try check("link_bytes_per_second", linkBytesPerSecond, 1000...10_000_000_000, "bytes a second")
        }
        let durations = [
            ("transaction_ms", transactionTime), ("shutter_lag_ms", shutterLag), ("autofocus_ms", autofocusTime),
            ("buffer.writing_ms", writingTime),
        ]
        for (key, time) in durations where !Self.times.contains(time) {
            throw wrong(key, "must be 0 to 600000 milliseconds")
        }
        if let bufferDepth { try check("buffer.depth", bufferDepth, 1...10_000, "pictures") }
        try check("raw_bytes", rawSize, 10_000...4_294_967_294, "bytes")
        if let port { try check("port", port, 0...65535, nil) }
        try check("log", transactionLogLength, 0...1_000_000, "transactions")
        try checkCard()
        try checkLens()
    }

    /// Whether the body's properties can begin as described.
    ///
    /// - Throws: `DescriptionError` that names the body and the property.
    func checkProperties() throws(DescriptionError) {
        var beginning = DeviceProperties(dialect.personality.properties(self))
        try begin(&beginning)
    }

    /// Gives properties the values, choices and writability that are described.
    func begin(_ beginning: inout DeviceProperties) throws(DescriptionError) {
        for (code, described) in properties.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            do {
                try beginning.begin(code, as: described)
            } catch {
                throw wrong("properties.\(hexadecimal(code.rawValue))", error.description)
            }
        }
    }

    private func checkCard() throws(DescriptionError) {
        try check("card.pictures", pictures, 0...1000, nil)
        try check("card.free", cardSpace, Self.cardSizes, "bytes")
        if let cardSize { try check("card.size", cardSize, Self.cardSizes, "bytes") }
        guard objects.count + extraObjects.count <= 1000 else { throw wrong("card.objects", "are at most 1000") }
        for size in extraObjects { try check("card.objects", size, 1...Self.objectSizes.upperBound, "bytes each") }
        var names: Set<String> = []
        for object in objects {
            guard 1...200 ~= object.name.utf16.count, !object.name.contains("/"), !object.name.hasPrefix(".") else {
                throw wrong(
                    "card.objects", "have names of 1 to 200 characters without a slash, and \(object.name) is none")
            }
            guard names.insert(object.name.lowercased()).inserted else {
                throw wrong("card.objects", "have names of their own, and \(object.name) is there twice")
            }
            guard Self.objectSizes.contains(object.size) else {
                throw wrong(
                    "card.objects",
                    "have 0 to 4294967294 bytes, as far as PTP's 32 bits reach, and \(object.name) has \(object.size)")
            }
        }
    }

    private func checkLens() throws(DescriptionError) {
        if let name = lens.name, !(1...64 ~= name.utf16.count) {
            throw wrong("lens.name", "must have 1 to 64 characters")
        }
        guard lens.focalLengths.lowerBound >= 1, lens.focalLengths.upperBound <= 5000 else {
            throw wrong("lens.focal_mm", "must be two lengths from 1 to 5000 millimetres, the shorter one first")
        }
        guard lens.focalLengths.contains(lens.focalLength) else {
            throw wrong("lens.at_mm", "must lie within lens.focal_mm")
        }
        for widest in [lens.fNumberAtShortest, lens.fNumberAtLongest] where !(0.7...16 ~= widest) {
            throw wrong("lens.f_numbers", "must be two f-numbers from 0.7 to 16")
        }
    }

    private func check(_ key: String, _ value: Int, _ range: ClosedRange<Int>, _ unit: String?) throws(DescriptionError)
    {
        guard !range.contains(value) else { return }
        let unit = unit.map { " " + $0 } ?? ""
        throw wrong(key, "must be \(range.lowerBound) to \(range.upperBound)\(unit), not \(value)")
    }

    /// The error that a key of this body is wrong.
    func wrong(_ key: String, _ what: String) -> DescriptionError {
        DescriptionError("Body \"\(name)\": \(key) \(what).")
    }
}

extension DescribedLens {
    /// The f-numbers times 100 that the dial has with it.
    var fNumbers: [Int64] {
        let widest = Int64((min(fNumberAtShortest, fNumberAtLongest) * 100).rounded())
        return ExposureScales.fNumbers.filter { $0 >= widest }
    }

    /// In hundredths of a millimetre.
    var focalLengthRange: ClosedRange<Int64> {
        Self.hundredths(focalLengths.lowerBound)...Self.hundredths(focalLengths.upperBound)
    }

    /// A length or f-number in PTP's hundredths.
    static func hundredths(_ value: Double) -> Int64 { Int64((value * 100).rounded()) }
}

extension DeviceProperties {
    /// Gives a property the beginning that a description wants it to have.
    ///
    /// - Throws: `DescriptionError` with the rest of a sentence that begins with the property.
    mutating func begin(_ code: PropertyCode, as described: DescribedProperty) throws(DescriptionError) {
        guard let property = self[code] else { throw DescriptionError("is none that this body has") }
        if let choices = described.choices {
            guard 1...65_535 ~= choices.count, choices.allSatisfy(property.type.holds) else {
                throw DescriptionError("must have choices, each \(property.type.inWords)")
            }
        }
        if let value = described.value, !property.type.holds(value) {
            throw DescriptionError("must have a value that is \(property.type.inWords)")
        }
        let form = described.choices.map { PropertyForm.choices($0) } ?? property.form
        var value = described.value ?? property.current
        if described.value == nil, let first = described.choices?.first, !form.allows(value) { value = first }
        guard form.allows(value) else { throw DescriptionError("cannot have the value \(value.inWords)") }
        replace(
            DeviceProperty(
                code, property.type, form, value, isWritable: described.isReadOnly.map { !$0 } ?? property.isWritable))
    }
}

extension PropertyType {
    /// Whether it has room for a value.
    func holds(_ value: PropertyValue) -> Bool {
        switch value {
        case .text(let text): self == .text && text.utf16.count <= 254
        case .number(let number): self != .text && range.contains(number)
        }
    }

    private var range: ClosedRange<Int64> {
        switch self {
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .uint8: 0...Int64(UInt8.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .uint16: 0...Int64(UInt16.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint32: 0...Int64(UInt32.max)
        case .text: 0...0
        }
    }

    var inWords: String {
        self == .text ? "a text" : "a number from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension PropertyValue {
    var inWords: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): "\"\(text)\""
        }
    }
}
