import Foundation

extension ReleaseSides {
    /// What was found. `idle` are the same bodies without busy loops, where this is with them.
    func finding(idle: ReleaseSides?) -> Finding {
        let spread = Samples(fleet.spreads)
        var finding = Finding(title)
        finding.figures = [
            .init("fleet, seen by the bodies", "µs", spread),
            .init("fleet, reported", "µs", Samples(fleet.reported)),
            .init("fleet, of that the last departure after its time", "µs", Samples(fleet.lateness)),
            .init("fleet, from a departure to its arrival", "µs", Samples(fleet.journeys)),
            .init("fleet, other transactions before the release", "of a body", Samples(fleet.transactionsBetween)),
        ]
        finding.bounds = [
            .atMost(0, "releases that did not come", Double(fleet.missed)),
            .atMost(0, "releases that came twice", Double(fleet.repeated)),
            .atMost(nil, aim: 0, "shots that did not end complete", Double(incomplete)),
            .atMost(nil, aim: 0, "releases of a body that the server called late", Double(late)),
            .atMost(nil, aim: 0, "arrivals that the kernel did not note", Double(fleet.unstamped)),
            .atMost(
                nil, aim: 100, "p99 of reported against seen, in µs", Samples(fleet.differences).percentile(0.99)),
        ]
        for side in personality.bareSides {
            guard let rounds = bare[side] else { continue }
            let other = Samples(rounds.spreads)
            finding.figures += [
                .init(side.name, "µs", other),
                .init(
                    "\(side.name), other transactions before the release", "of a body",
                    Samples(rounds.transactionsBetween)),
            ]
            let isBound = side.build == .stock
            finding.bounds += [
                .atMost(isBound ? 1.2 : nil, "p50, fleet / \(side.name)", spread.median / other.median),
                .atMost(
                    isBound && isRealtime ? 1 : nil, "p99, fleet / \(side.name)",
                    spread.percentile(0.99) / other.percentile(0.99)),
            ]
        }
        if !sleepSpreads.isEmpty {
            let machine = Samples(sleepSpreads)
            finding.figures += [
                .init("threads that only sleep", "µs", machine),
                .init("threads that only sleep, the last after its time", "µs", Samples(sleepLateness)),
            ]
            finding.bounds.append(
                .atMost(
                    nil, "p99, fleet / threads that only sleep",
                    spread.percentile(0.99) / machine.percentile(0.99)))
        }
        if !processes.spreads.isEmpty {
            let other = Samples(processes.spreads)
            finding.figures.append(.init("gphoto2 processes", "µs", other))
            finding.bounds.append(.atLeast(50, "p50, gphoto2 processes / fleet", other.median / spread.median))
        }
        if let idle {
            let before = Samples(idle.fleet.spreads).percentile(0.99)
            finding.bounds.append(
                .atMost(isRealtime ? 1.5 : nil, "p99, busy / idle", spread.percentile(0.99) / before))
        }
        finding.notes = fleet.widest.map(\.words)
        return finding
    }

    /// How near the server comes to half a millisecond.
    var aimFinding: Finding {
        let spread = Samples(fleet.spreads)
        var finding = finding(idle: nil)
        finding.bounds += [
            .atMost(nil, aim: 500, "p99 of the spread, in µs", spread.percentile(0.99)),
            .atMost(nil, aim: 1000, "the widest spread, in µs", spread.highest),
            .atMost(nil, aim: 0, "spreads above 0.5 ms of \(spread.count)", above(500)),
            .atMost(nil, aim: 0, "spreads above 1 ms of \(spread.count)", above(1000)),
        ]
        return finding
    }

    /// How many spreads are more than so many microseconds.
    private func above(_ limit: Double) -> Double { Double(fleet.spreads.count { $0 > limit }) }

    private var title: String {
        "\(count) \(personality.rawValue) bodies released together, \(isBusy ? "busy loops on all processors" : "idle"); "
            + "SCHED_FIFO \(isRealtime ? "allowed" : "NOT allowed") for the workers, "
            + "\(areBodiesRealtime ? "allowed" : "NOT allowed") for the virtual bodies"
    }

    // MARK: One table of all

    /// The lines of a table of all that was found, in microseconds.
    static func table(_ all: [ReleaseSides]) -> [String] {
        let head = [
            "bodies", "load", "released by", "releases", "p50", "p99", "max", "reported p50", "reported p99", "max",
            "off by p99", "p50 / fleet", "p99 / fleet", "between",
        ]
        return aligned([head] + all.flatMap(\.rows))
    }

    private var rows: [[String]] {
        var sides = [("fleet", fleet)]
        for side in personality.bareSides { if let rounds = bare[side] { sides.append((side.name, rounds)) } }
        if !processes.spreads.isEmpty { sides.append(("gphoto2 processes", processes)) }
        let own = Samples(fleet.spreads)
        return sides.map { name, rounds in
            let spread = Samples(rounds.spreads)
            let reported = Samples(rounds.reported)
            return [
                "\(count) \(personality.rawValue)", isBusy ? "busy" : "idle", name, "\(spread.count)",
                Self.whole(spread.median), Self.whole(spread.percentile(0.99)), Self.whole(spread.highest),
                Self.whole(reported.median), Self.whole(reported.percentile(0.99)), Self.whole(reported.highest),
                Self.whole(Samples(rounds.differences).percentile(0.99)),
                Self.ratio(spread.median / own.median),
                Self.ratio(spread.percentile(0.99) / own.percentile(0.99)),
                name == "gphoto2 processes" ? "" : Self.whole(Samples(rounds.transactionsBetween).highest),
            ]
        }
    }

    private static func whole(_ value: Double) -> String { value.isFinite ? String(format: "%.0f", value) : "" }

    private static func ratio(_ value: Double) -> String { value.isFinite ? String(format: "%.2f", value) : "" }

    /// Rows whose columns stand one below the other: words to the left, numbers to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 3 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
    }
}

extension ReleaseRounds.Wide {
    /// What it is made of, in words.
    fileprivate var words: String {
        func whole(_ value: Double) -> String { String(format: "%.0f µs", value) }
        var words = "spread \(whole(spread)): body \(body) was last, \(whole(arrival)) after the decision"
        if let lateness { words += "; its request left after \(whole(lateness))" }
        if let operationBefore, let answerBefore {
            words += "; it had answered the \(operationBefore) before at \(whole(answerBefore))"
        }
        return words
    }
}
