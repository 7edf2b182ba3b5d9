/// The scales that the dials of all personalities share, in third stops.
enum ExposureScales {
    static let isoSpeeds: [Int64] = [
        100, 125, 160, 200, 250, 320, 400, 500, 640, 800, 1000, 1250, 1600, 2000, 2500, 3200, 4000, 5000, 6400, 8000,
        10000, 12800, 16000, 20000, 25600, 32000, 40000, 51200,
    ]

    /// F-numbers times 100.
    static let fNumbers: [Int64] = [
        180, 200, 220, 250, 280, 320, 350, 400, 450, 500, 560, 630, 710, 800, 900, 1000, 1100, 1300, 1400, 1600,
    ]

    /// Shutter speeds as they are engraved: numerator and denominator of seconds.
    static let shutterSpeeds: [(numerator: Int64, denominator: Int64)] =
        [
            8000, 6400, 5000, 4000, 3200, 2500, 2000, 1600, 1250, 1000, 800, 640, 500, 400, 320, 250, 200, 160, 125,
            100, 80, 60, 50, 40, 30, 25, 20, 15, 13, 10, 8, 6, 5, 4, 3,
        ].map { (1, $0) }
        + [(10, 25), (1, 2), (10, 16), (10, 13), (1, 1), (13, 10), (16, 10), (2, 1), (25, 10)]
        + [3, 4, 5, 6, 8, 10, 13, 15, 20, 25, 30].map { ($0, 1) }

    /// A shutter speed in PTP's unit for ExposureTime, a ten thousandth of a second.
    static func tenThousandths(_ numerator: Int64, _ denominator: Int64) -> Int64 {
        max(1, (numerator * 10_000 + denominator / 2) / denominator)
    }

    /// The shutter speeds in PTP's unit, each once.
    static let exposureTimes: [Int64] = shutterSpeeds.reduce(into: []) { times, speed in
        let time = tenThousandths(speed.numerator, speed.denominator)
        if times.last != time { times.append(time) }
    }

    /// Exposure compensation in thousandths of a stop, five stops either way.
    static let compensations: [Int64] = (-15...15).map { third in
        let stops = third / 3
        return Int64(stops * 1000 + [0: 0, 1: 333, 2: 666, -1: -333, -2: -666][third % 3, default: 0])
    }
}

/// How a picture is taken: what the dials stood at when the shutter was released.
struct ExposureSettings: Sendable {
    /// Seconds, as a fraction. A numerator of zero stands for a bulb exposure that has not ended.
    var exposureTime: (numerator: Int64, denominator: Int64)
    /// F-number times 100.
    var fNumber: Int64
    var isoSpeed: Int64
    /// Thousandths of a stop.
    var compensation: Int64
    /// PTP's ExposureProgramMode, 1 manual, 2 program, 3 aperture, 4 shutter.
    var program: Int64
    /// Millimetres times 100.
    var focalLength: Int64
    var width: Int
    var height: Int
    /// libjpeg's quality, 1 to 100.
    var quality: Int
    /// Which files the picture is stored as.
    var recording = Recording.jpeg
    /// Exif's Artist and Copyright, empty if nobody has named any.
    var artist = ""
    var copyright = ""
}
