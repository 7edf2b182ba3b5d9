/// How much later than the quickest each body exposes, from what a clock showed in their pictures.
struct ShutterLags {
    /// What the clock showed in one body's picture of one shot, counted from where its release left: in milliseconds.
    struct Reading: Equatable {
        let shot: Int64
        let camera: String
        let time: Double
    }

    /// One body's. Times are in milliseconds.
    struct Lag: Equatable {
        let camera: String
        /// By how much it exposes later than the quickest, in the mean.
        let mean: Double
        /// The standard deviation of that from shot to shot; nil of one shot.
        let deviation: Double?
        let shots: Int

        /// What to add to its time so that all expose together, in nanoseconds.
        var offset: Int64 { Int64((-mean * 1e6).rounded()) }
    }

    /// The quickest first.
    let lags: [Lag]

    /// How often shots and bodies are fitted to each other where bodies are missing in some shots.
    private static let fits = 200

    /// The clock may show any time in a shot: what counts is how the bodies of one shot differ. Shots in which there is one
    /// body only say nothing, and are left out.
    init(_ readings: [Reading]) {
        let shots = Dictionary(grouping: readings, by: \.shot).filter { $0.value.count > 1 }
        let cameras = Dictionary(grouping: shots.values.joined(), by: \.camera)
        var shotTimes: [Int64: Double] = [:]
        var lags: [String: Double] = [:]
        for _ in 0..<Self.fits {
            shotTimes = shots.mapValues { readings in Self.mean(readings.map { $0.time - (lags[$0.camera] ?? 0) }) }
            lags = cameras.mapValues { readings in Self.mean(readings.map { $0.time - (shotTimes[$0.shot] ?? 0) }) }
        }
        let least = lags.values.min() ?? 0
        self.lags = cameras.map { camera, readings in
            let lag = lags[camera] ?? 0
            let rests = readings.map { $0.time - (shotTimes[$0.shot] ?? 0) - lag }
            return Lag(
                camera: camera, mean: lag - least, deviation: Self.deviation(rests), shots: readings.count)
        }.sorted { ($0.mean, $0.camera) < ($1.mean, $1.camera) }
    }

    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    /// Of values whose mean is 0.
    private static func deviation(_ values: [Double]) -> Double? {
        guard values.count > 1 else { return nil }
        return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count - 1)).squareRoot()
    }
}
