import Glibc
import NIOCore

// The properties of Canon's EOS bodies, as far as libgphoto2 has a widget for them, and what hangs on them.

extension CanonPersonality {
    /// Values of CaptureDestination.
    static let toCard: Int64 = 2
    static let toHost: Int64 = 4

    func properties(_ description: VirtualBodyDescription) -> [DeviceProperty] {
        exposureProperties + pictureProperties + bodyProperties(description) + destinationProperties
    }

    private var exposureProperties: [DeviceProperty] {
        [
            .choices(.canonAperture, .uint16, CanonScales.apertures.map(\.code), 0x30),
            .choices(
                .canonShutterSpeed, .uint16, [CanonScales.bulb] + CanonScales.shutterSpeeds.map(\.code), 0x70),
            .choices(
                .canonISOSpeed, .uint16, [CanonScales.automatic] + CanonScales.isoSpeeds.map(\.code), 0x48),
            .choices(.canonExpCompensation, .uint8, CanonScales.compensations.map(\.code).reversed(), 0),
            // The dial of modes: P, Tv, Av, M, B. No body says which there are.
            DeviceProperty(.canonAutoExposureMode, .uint16, .range(0...4, step: 1), 3),
            DeviceProperty(.canonAEModeDial, .uint16, .any, 3, isWritable: false),
            .choices(.canonDriveMode, .uint16, [0x00, 0x01, 0x13, 0x14, 0x10, 0x11], 0),
            .choices(.canonMeteringMode, .uint8, [3, 4, 1, 5], 3),
            .choices(.canonFocusMode, .uint16, [0, 1, 2, 3], 0),
            .choices(.canonAEB, .uint16, [0x00, 0x03, 0x05, 0x08, 0x0B, 0x0D, 0x10, 0x13, 0x15, 0x18], 0),
            .choices(.canonContinuousAFMode, .uint32, [0, 1], 0),
        ]
    }

    private var pictureProperties: [DeviceProperty] {
        let formats = CanonImageFormat.choices.map { Int64($0.rawValue) }
        return [
            .choices(.canonImageFormat, .uint16, formats, 0x0300),
            .choices(.canonImageFormatSD, .uint16, formats, 0x0300),
            .choices(.canonWhiteBalance, .uint8, [0, 1, 8, 2, 3, 4, 5, 6, 9], 0),
            DeviceProperty(.canonColorTemperature, .uint32, .range(2500...10_000, step: 100), 5200),
            .choices(.canonWhiteBalanceAdjustA, .int32, Array(-9...9), 0),
            .choices(.canonWhiteBalanceAdjustB, .int32, Array(-9...9), 0),
            .fixed(.canonWhiteBalanceXA, .uint32, 0),
            .fixed(.canonWhiteBalanceXB, .uint32, 0),
            .choices(.canonColorSpace, .uint16, [1, 2], 1),
            .choices(
                .canonPictureStyle, .uint8, [0x87, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x21, 0x22, 0x23], 0x81),
            .choices(.canonHighISONoiseReduction, .uint16, [0, 1, 2, 3, 4], 2),
            .choices(.canonMultiAspect, .uint16, [0, 1, 2, 7], 0),
            .choices(.canonAloMode, .uint32, [0x10000, 0x10101, 0x10202, 0x10303], 0x10000),
        ]
    }

    private func bodyProperties(_ description: VirtualBodyDescription) -> [DeviceProperty] {
        [
            .fixed(.canonBatteryPower, .uint16, .number(Self.battery(description.batteryLevel))),
            DeviceProperty(.canonCameraTime, .uint32, .any, 0),
            DeviceProperty(.canonUTCTime, .uint32, .any, 0),
            DeviceProperty(.canonAutoPowerOff, .uint32, .range(0...3600, step: 1), 60),
            DeviceProperty(.canonOwner, .text, .any, ""),
            DeviceProperty(.canonArtist, .text, .any, ""),
            DeviceProperty(.canonCopyright, .text, .any, ""),
            DeviceProperty(.canonCameraNickname, .text, .any, .text(description.name)),
            .fixed(.canonModelID, .uint32, 0x8000_0302),
            .fixed(.canonPTPExtensionVersion, .uint16, 0x0100),
            .fixed(.canonDPOFVersion, .uint16, 0x0101),
            .fixed(.canonSerialNumber, .text, .text(description.serialNumber)),
            .fixed(.canonLensName, .text, .text(description.lens.name ?? "EF50mm f/1.8 STM")),
            .fixed(.canonShutterCounter, .uint32, 0),
            .fixed(.canonStroboFiring, .uint32, 0),
            // A 6D's version of the records that OLCInfoChanged brings.
            .fixed(.canonOLCInfoVersion, .uint32, 7),
            .choices(.canonQuickReviewTime, .uint16, [0, 2, 4, 8, 0xFF], 2),
            DeviceProperty(.friendlyName, .text, .any, .text(description.name)),
        ]
    }

    private var destinationProperties: [DeviceProperty] {
        [
            .fixed(.canonAvailableShots, .uint32, 0),
            .choices(.canonCaptureDestination, .uint32, [Self.toCard, Self.toHost], Self.toCard),
            .fixed(.canonCurrentStorage, .uint32, .number(Int64(ObjectStore.storageID))),
            // Bit 0: the body's display; bit 1: the computer.
            .choices(.canonEVFOutputDevice, .uint16, [0, 1, 2, 3], 0),
            .choices(.canonEVFMode, .uint16, [0, 1], 0),
            .choices(.canonMovieServoAF, .uint32, [0, 1], 0),
        ]
    }

    /// BatteryPower for a level in percent: 2 is full, then 4, 1 and 5, and 0 is low.
    private static func battery(_ level: Int) -> Int64 {
        switch level {
        case 88...: 2
        case 63...: 4
        case 38...: 1
        case 13...: 5
        default: 0
        }
    }

    func propertyChanged(_ property: PropertyCode, in body: inout BodyState) -> [PropertyCode] {
        switch property {
        case .canonImageFormat, .canonImageFormatSD:
            return follow(property, property == .canonImageFormat ? .canonImageFormatSD : .canonImageFormat, in: &body)
        case .canonAutoExposureMode:
            return follow(property, .canonAEModeDial, in: &body)
        case .canonCaptureDestination:
            return [.canonAvailableShots]
        case .canonEVFOutputDevice:
            if body.properties.number(property) & 2 == 0 { body.liveView = nil } else { body.startLiveView(.now()) }
            return []
        default:
            return []
        }
    }

    private func follow(
        _ property: PropertyCode, _ follower: PropertyCode, in body: inout BodyState
    ) -> [PropertyCode] {
        guard let value = body.properties[property]?.current, body.properties[follower]?.current != value else {
            return []
        }
        body.properties.assign(value, to: follower)
        return [follower]
    }

    func refresh(_ property: PropertyCode, in body: inout BodyState) {
        let value: Int
        switch property {
        case .canonUTCTime: value = body.clock.now().seconds
        case .canonCameraTime:
            let seconds = body.clock.now().seconds
            value = seconds + CameraClock.secondsEastOfGreenwich(at: seconds)
        case .canonAvailableShots: value = body.canonAvailableShots
        case .canonShutterCounter: value = body.exposures
        default: return
        }
        body.properties.assign(.number(Int64(value)), to: property)
    }

    func exposureSettings(_ body: BodyState) -> ExposureSettings {
        func number(_ code: PropertyCode) -> Int64 { body.properties.number(code) }
        let format = CanonImageFormat(rawValue: UInt16(truncatingIfNeeded: number(.canonImageFormat)))
        let jpeg = format.jpeg
        let mode = number(.canonAutoExposureMode)
        let speed = CanonScales.shutterSpeeds.first { $0.code == number(.canonShutterSpeed) }
        return ExposureSettings(
            exposureTime: mode == 4 ? (0, 1) : speed?.seconds ?? (0, 1),
            fNumber: CanonScales.apertures.first { $0.code == number(.canonAperture) }?.fNumber ?? 560,
            // What an automatic sensitivity would come to.
            isoSpeed: CanonScales.isoSpeeds.first { $0.code == number(.canonISOSpeed) }?.speed ?? 400,
            compensation: CanonScales.compensations.first { $0.code == number(.canonExpCompensation) }?.value ?? 0,
            program: [0: 2, 1: 4, 2: 3][mode, default: 1],
            focalLength: DescribedLens.hundredths(body.description.lens.focalLength), width: jpeg.width,
            height: jpeg.height,
            quality: jpeg.quality, recording: format.recording, artist: body.properties.text(.canonArtist),
            copyright: body.properties.text(.canonCopyright))
    }
}
