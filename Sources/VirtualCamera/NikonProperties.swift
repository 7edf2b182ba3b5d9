// The properties of Nikon's D series, and what hangs on them.

extension NikonPersonality {
    private static let bulb: Int64 = 0xFFFF_FFFF

    /// Nikon's exposure time: numerator in the upper half, denominator in the lower.
    private static func fraction(_ numerator: Int64, _ denominator: Int64) -> Int64 { numerator << 16 | denominator }

    func properties(_ description: VirtualBodyDescription) -> [DeviceProperty] {
        let fractions = ExposureScales.shutterSpeeds.map { Self.fraction($0.numerator, $0.denominator) }
        return StandardProperties.common(description) + [
            .choices(.compressionSetting, .uint8, [0, 1, 2, 4, 5, 6, 7], 2),
            .choices(
                .whiteBalance, .uint16, [2, 4, 5, 6, 7, 0x8010, 0x8011, 0x8012, 0x8013, 0x8016], 2),
            .choices(.focusMode, .uint16, [1, 0x8010, 0x8011, 0x8012], 0x8010),
            .choices(.exposureMeteringMode, .uint16, [2, 3, 4], 3),
            .choices(.flashMode, .uint16, [2, 4, 0x8010, 0x8011, 0x8012, 0x8013], 0x8010),
            .choices(.exposureTime, .uint32, ExposureScales.exposureTimes + [Self.bulb], 80),
            .choices(.exposureProgramMode, .uint16, [1, 2, 3, 4, 0x8010], 1),
            .choices(.stillCaptureMode, .uint16, [1, 0x8010, 0x8011, 0x8012, 0x8016], 1),
            .choices(.focusMeteringMode, .uint16, [2, 0x8010, 0x8011, 0x8012], 0x8010),
            DeviceProperty(.nikonIsoAuto, .uint8, .choices([0, 1]), 0),
            .choices(.nikonMonitorOff, .uint8, [0, 1, 2, 3, 4], 2),
            DeviceProperty(.nikonLongExposureNoiseReduction, .uint8, .choices([0, 1]), 0),
            DeviceProperty(.nikonArtistName, .text, .any, ""),
            DeviceProperty(.nikonCopyrightInfo, .text, .any, ""),
            DeviceProperty(.nikonImageComment, .text, .any, ""),
            DeviceProperty(.nikonImageCommentEnable, .uint8, .choices([0, 1]), 0),
            .fixed(.nikonFocalLengthMin, .uint32, .number(description.lens.focalLengthRange.lowerBound)),
            .fixed(.nikonFocalLengthMax, .uint32, .number(description.lens.focalLengthRange.upperBound)),
            .fixed(.nikonApertureAtMin, .uint16, .number(DescribedLens.hundredths(description.lens.fNumberAtShortest))),
            .fixed(.nikonApertureAtMax, .uint16, .number(DescribedLens.hundredths(description.lens.fNumberAtLongest))),
            .choices(.nikonExposureTime, .uint32, fractions + [Self.bulb], Self.fraction(1, 125)),
            .fixed(.nikonACPower, .uint8, 0),
            DeviceProperty(.nikonRecordingMedia, .uint8, .choices([0, 1]), 0),
            .fixed(.nikonCameraOrientation, .uint8, 0),
            DeviceProperty(.nikonBeepOff, .uint8, .choices([0, 1]), 1),
            .fixed(.nikonLiveViewStatus, .uint8, 0),
            .choices(.nikonLiveViewImageZoomRatio, .uint8, [0, 1, 2, 3, 4, 5], 0),
            .fixed(.nikonLiveViewProhibitCondition, .uint32, 0),
            .choices(.nikonLiveViewImageSize, .uint8, [2], 2),
            .fixed(.nikonExposureRemaining, .uint32, 0),
        ]
    }

    /// The exposure time stands in two properties, in the standard's unit and as Nikon's fraction: whichever is set, the
    /// other follows.
    func propertyChanged(_ property: PropertyCode, in body: inout BodyState) -> [PropertyCode] {
        switch property {
        case .exposureTime:
            let time = body.properties.number(.exposureTime)
            let current = body.properties.number(.nikonExposureTime)
            guard Self.standardTime(current) != time else { return [] }
            let speed = ExposureScales.shutterSpeeds.first {
                ExposureScales.tenThousandths($0.numerator, $0.denominator) == time
            }
            let value = speed.map { Self.fraction($0.numerator, $0.denominator) } ?? Self.bulb
            body.properties.assign(.number(value), to: .nikonExposureTime)
            return [.nikonExposureTime]
        case .nikonExposureTime:
            let time = Self.standardTime(body.properties.number(.nikonExposureTime))
            guard body.properties.number(.exposureTime) != time else { return [] }
            body.properties.assign(.number(time), to: .exposureTime)
            return [.exposureTime]
        default:
            return []
        }
    }

    private static func standardTime(_ fraction: Int64) -> Int64 {
        fraction == bulb ? bulb : ExposureScales.tenThousandths(fraction >> 16, max(1, fraction & 0xFFFF))
    }

    func refresh(_ property: PropertyCode, in body: inout BodyState) {
        switch property {
        case .nikonLiveViewStatus:
            body.properties.assign(body.liveView == nil ? 0 : 1, to: property)
        case .nikonLiveViewProhibitCondition:
            // Bit 15: a picture is being taken.
            body.properties.assign(body.exposure == nil ? 0 : 0x8000, to: property)
        case .nikonExposureRemaining:
            body.properties.assign(.number(Int64(body.freeImages)), to: property)
        default:
            break
        }
    }

    /// CompressionSetting is 0 to 2 for a JPEG from basic to fine, 4 for a RAW file, and 5 to 7 for both.
    func exposureSettings(_ body: BodyState) -> ExposureSettings {
        let fraction = body.properties.number(.nikonExposureTime)
        let setting = body.properties.number(.compressionSetting)
        let quality = [70, 85, 95]
        var settings = body.exposureSettings(
            exposureTime: fraction == Self.bulb ? (0, 1) : (fraction >> 16, max(1, fraction & 0xFFFF)),
            quality: quality[Int(setting < 4 ? min(setting, 2) : max(0, setting - 5))])
        settings.recording = setting < 4 ? .jpeg : setting == 4 ? .raw : .rawAndJpeg
        settings.artist = body.properties.text(.nikonArtistName)
        settings.copyright = body.properties.text(.nikonCopyrightInfo)
        return settings
    }
}
