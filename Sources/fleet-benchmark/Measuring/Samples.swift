/// What was measured several times.
struct Samples {
    private(set) var sorted: [Double]

    init(_ values: [Double]) {
        sorted = values.sorted()
    }

    var count: Int { sorted.count }
    var median: Double { percentile(0.5) }
    var lowest: Double { sorted.first ?? .nan }
    var highest: Double { sorted.last ?? .nan }

    /// The value that the given part of all values does not exceed.
    func percentile(_ part: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let place = Int((Double(sorted.count) * part).rounded(.up)) - 1
        return sorted[min(max(place, 0), sorted.count - 1)]
    }
}
