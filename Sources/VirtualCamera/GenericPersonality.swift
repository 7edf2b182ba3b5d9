import NIOCore

/// A body that speaks standard PTP and nothing else: no live view, events on the event connection.
struct GenericPersonality: Personality {
    let extensionIdentifier: UInt32 = 0
    let extensionVersion: UInt16 = 0
    let extensionDescription = ""
    let deviceVersion = "1.0"
    let folderSuffix = "VIRTU"
    let rawKind = RawKind.dng
    let operations = OperationCode.standard
    let events: [EventCode] = [
        .objectAdded, .objectRemoved, .storeAdded, .storeRemoved, .devicePropChanged, .storeFull, .deviceReset,
        .storageInfoChanged, .captureComplete,
    ]

    func properties(_ description: VirtualBodyDescription) -> [DeviceProperty] {
        StandardProperties.common(description) + [
            DeviceProperty(.imageQuality, .text, .choices(Self.qualities.map { .text($0.name) }), "JPEG Fine"),
            .choices(.whiteBalance, .uint16, [1, 2, 3, 4, 5, 6, 7], 2),
            .choices(.focusMode, .uint16, [1, 2, 3], 2),
            .choices(.exposureMeteringMode, .uint16, [1, 2, 3, 4], 2),
            .choices(.flashMode, .uint16, [1, 2, 3, 4, 5, 6], 2),
            .choices(.exposureTime, .uint32, ExposureScales.exposureTimes, 80),
            .choices(.exposureProgramMode, .uint16, [1, 2, 3, 4], 1),
            .choices(.stillCaptureMode, .uint16, [1], 1),
            .choices(.focusMeteringMode, .uint16, [1, 2], 1),
            DeviceProperty(.focusDistance, .uint16, .range(30...10_000, step: 1), 250),
            DeviceProperty(.captureDelay, .uint32, .range(0...10_000, step: 500), 0),
            DeviceProperty(.artist, .text, .any, ""),
            DeviceProperty(.copyrightInfo, .text, .any, ""),
        ]
    }

    func lists(_ property: PropertyCode) -> Bool { true }

    /// The standard's CompressionSetting has numbers for a maker to choose, and no words: this body has a property of
    /// strings instead.
    private static let qualities: [(name: String, quality: Int, recording: Recording)] = [
        ("JPEG Basic", 70, .jpeg), ("JPEG Normal", 85, .jpeg), ("JPEG Fine", 95, .jpeg), ("RAW", 95, .raw),
        ("RAW + JPEG Fine", 95, .rawAndJpeg),
    ]

    func exposureSettings(_ body: BodyState) -> ExposureSettings {
        let name = body.properties.text(.imageQuality)
        let quality = Self.qualities.first { $0.name == name }
        var settings = body.exposureSettings(
            exposureTime: (body.properties.number(.exposureTime), 10_000), quality: quality?.quality ?? 85)
        settings.recording = quality?.recording ?? .jpeg
        settings.artist = body.properties.text(.artist)
        settings.copyright = body.properties.text(.copyrightInfo)
        return settings
    }

    func perform(_ transaction: PtpTransaction, on body: inout BodyState, now: NIODeadline) -> TransactionOutcome? {
        nil
    }

    func propertyChanged(_ property: PropertyCode, in body: inout BodyState) -> [PropertyCode] { [] }

    func refresh(_ property: PropertyCode, in body: inout BodyState) {}

    func announce(_ event: PtpEvent, in body: inout BodyState) {
        body.effects.append(.send(event))
    }

    func sessionChanged(in body: inout BodyState) {}
}

/// What the bodies of all makers have.
enum StandardProperties {
    static func common(_ description: VirtualBodyDescription) -> [DeviceProperty] {
        [
            DeviceProperty(
                .batteryLevel, .uint8, .range(0...100, step: 1), .number(Int64(description.batteryLevel)),
                isWritable: false),
            DeviceProperty(.imageSize, .text, .choices(["1920x1280", "1440x960", "960x640"]), "1920x1280"),
            .choices(.fNumber, .uint16, description.lens.fNumbers, 560),
            DeviceProperty(
                .focalLength, .uint32, .range(description.lens.focalLengthRange, step: 1),
                .number(DescribedLens.hundredths(description.lens.focalLength)), isWritable: false),
            .choices(.exposureIndex, .uint16, ExposureScales.isoSpeeds, 100),
            .choices(.exposureBiasCompensation, .int16, ExposureScales.compensations, 0),
            DeviceProperty(.dateTime, .text, .any, ""),
        ]
    }
}

extension BodyState {
    /// The settings that stand in standard properties, with those that do not.
    func exposureSettings(
        exposureTime: (numerator: Int64, denominator: Int64), quality: Int
    ) -> ExposureSettings {
        var size = (width: 1920, height: 1280)
        if case .text(let text)? = properties[.imageSize]?.current {
            let sides = text.split(separator: "x").compactMap { Int($0) }
            if sides.count == 2 { size = (sides[0], sides[1]) }
        }
        return ExposureSettings(
            exposureTime: exposureTime, fNumber: properties.number(.fNumber),
            isoSpeed: properties.number(.exposureIndex),
            compensation: properties.number(.exposureBiasCompensation),
            program: properties.number(.exposureProgramMode), focalLength: properties.number(.focalLength),
            width: size.width, height: size.height, quality: quality)
    }
}
