import Foundation

/// What a benchmark found: figures of each side, and the ratios that count.
struct Finding: Encodable {
    /// One side's figure.
    struct Figure: Encodable {
        let who: String
        let unit: String
        let median: Double
        let lowest: Double
        let highest: Double
        let p99: Double
        let samples: Int
        /// Percent of one processor, by who used it.
        let processor: [String: Double]

        init(_ who: String, _ unit: String, _ samples: Samples, processor: [String: Double] = [:]) {
            self.who = who
            self.unit = unit
            median = samples.median
            lowest = samples.lowest
            highest = samples.highest
            p99 = samples.percentile(0.99)
            self.samples = samples.count
            self.processor = processor
        }
    }

    /// A number that must hold, and one that is aimed at.
    struct Bound: Encodable {
        enum Direction: String, Encodable { case atLeast, atMost }

        let what: String
        let value: Double
        let direction: Direction
        let bound: Double?
        let aim: Double?

        static func atLeast(_ bound: Double?, aim: Double? = nil, _ what: String, _ value: Double) -> Bound {
            Bound(what: what, value: value, direction: .atLeast, bound: bound, aim: aim)
        }

        static func atMost(_ bound: Double?, aim: Double? = nil, _ what: String, _ value: Double) -> Bound {
            Bound(what: what, value: value, direction: .atMost, bound: bound, aim: aim)
        }

        var holds: Bool { bound.map(meets) ?? true }

        private func meets(_ limit: Double) -> Bool {
            direction == .atLeast ? value >= limit : value <= limit
        }

        fileprivate var text: String {
            let word = direction == .atLeast ? "at least" : "at most"
            var limits: [String] = []
            if let bound { limits.append("\(word) \(number(bound))") }
            if let aim { limits.append("aim \(number(aim))\(meets(aim) ? ", reached" : "")") }
            let verdict = bound == nil ? "" : holds ? "  ok" : "  MISSED"
            return "  \(what): \(number(value))" + (limits.isEmpty ? "" : " (\(limits.joined(separator: "; ")))")
                + verdict
        }
    }

    /// Which benchmark, and under what conditions.
    let title: String
    var figures: [Figure] = []
    var bounds: [Bound] = []
    /// What is to be known beside the numbers.
    var notes: [String] = []

    init(_ title: String, figures: [Figure] = [], bounds: [Bound] = []) {
        self.title = title
        self.figures = figures
        self.bounds = bounds
    }

    var holds: Bool { bounds.allSatisfy(\.holds) }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        var lines = [title]
        let width = figures.map(\.who.count).max() ?? 0
        for figure in figures {
            let name = figure.who + String(repeating: " ", count: width - figure.who.count)
            var line = "  \(name)  \(number(figure.median)) \(figure.unit)"
            if figure.samples > 1 {
                line += "  (\(number(figure.lowest)) to \(number(figure.highest)), p99 \(number(figure.p99)),"
                line += " \(figure.samples) samples)"
            }
            let shares = figure.processor.sorted { $0.key < $1.key }.map { "\($0.key) \(number($0.value))%" }
            if !shares.isEmpty { line += "  CPU: \(shares.joined(separator: ", "))" }
            lines.append(line)
        }
        lines += bounds.map(\.text) + notes.map { "  \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A number with three digits that count.
private func number(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    let digits = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : abs(value) >= 1 ? 2 : 3
    return String(format: "%.\(digits)f", value)
}
