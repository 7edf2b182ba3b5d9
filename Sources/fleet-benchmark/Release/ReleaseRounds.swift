/// One release of many bodies, in the words of who released.
struct ReleaseRound: Sendable {
    /// When they were to be released, or began to be: in nanoseconds since 1970.
    let decision: Int64
    /// The spread that was reported, in nanoseconds.
    var reportedSpread: Int64?
    /// When each body's request is said to have left, by the body's number: in nanoseconds since 1970.
    var departures: [Int: Int64] = [:]
}

/// What the bodies saw of releases, beside what was said of them. Times are in microseconds.
struct ReleaseRounds: Sendable {
    /// From the first body's release to the last one's, of each round in which every body was released.
    private(set) var spreads: [Double] = []
    /// The spreads that were reported, and by how much they are off, of the same rounds.
    private(set) var reported: [Double] = []
    private(set) var differences: [Double] = []
    /// Of each round, how much later than it should the last request is said to have left.
    private(set) var lateness: [Double] = []
    /// Of each body and round, from where the request is said to have left to its arrival.
    private(set) var journeys: [Double] = []
    /// Of each body and round, how many other transactions came between the decision and the release.
    private(set) var transactionsBetween: [Double] = []
    /// How often a body was not released, and how often it was more than once.
    private(set) var missed = 0
    private(set) var repeated = 0
    /// How many arrivals the kernel did not note.
    private(set) var unstamped = 0

    /// The widest of all, and what they are made of; at most a few.
    private(set) var widest: [Wide] = []

    /// A round whose spread was wide, in the times of the body that was released last.
    struct Wide: Sendable {
        /// In microseconds.
        let spread: Double
        let body: Int
        /// From the decision to where its request is said to have left; nil where nobody said. In microseconds.
        let lateness: Double?
        /// From the decision to its release's arrival, and to the answer of what it was asked before that. In microseconds.
        let arrival: Double
        let answerBefore: Double?
        /// What it was asked before the release: an operation's code.
        let operationBefore: String?
    }

    private static let mostWide = 3

    /// How long before a decision other transactions belong to its round, at most: a driver asks some things before. A
    /// release cannot come before it, but for what two readings of a clock differ. In nanoseconds.
    private static let slackOfOthers: Int64 = 20_000_000
    private static let slack: Int64 = 100_000

    /// Adds rounds, in order, and what the bodies of these numbers saw meanwhile.
    mutating func add(_ rounds: [ReleaseRound], bodies: some Sequence<Int>, seen: [SeenTransaction]) {
        let bodies = Set(bodies)
        let beginnings = rounds.map { $0.decision - Self.slack }
        let beginningsOfOthers = rounds.indices.map { index in
            let gap = index > 0 ? rounds[index].decision - rounds[index - 1].decision : .max
            return rounds[index].decision - min(Self.slackOfOthers, gap / 2)
        }
        var arrivals: [[Int: [SeenTransaction]]] = Array(repeating: [:], count: rounds.count)
        for transaction in seen where bodies.contains(transaction.body) {
            let beginnings = transaction.isRelease ? beginnings : beginningsOfOthers
            guard let round = Self.last(of: beginnings, notAfter: transaction.arrival) else { continue }
            arrivals[round][transaction.body, default: []].append(transaction)
        }
        for (round, arrivals) in zip(rounds, arrivals) { add(round, bodies, arrivals) }
    }

    private mutating func add(_ round: ReleaseRound, _ bodies: Set<Int>, _ arrivals: [Int: [SeenTransaction]]) {
        var times: [Int64] = []
        var latest: SeenTransaction?
        for body in bodies {
            let transactions = arrivals[body] ?? []
            let releases = transactions.filter(\.isRelease)
            guard let release = releases.min(by: { $0.arrival < $1.arrival }) else {
                missed += 1
                continue
            }
            repeated += releases.count - 1
            if !release.isArrivalByKernel { unstamped += 1 }
            times.append(release.arrival)
            if release.arrival > latest?.arrival ?? 0 { latest = release }
            transactionsBetween.append(
                Double(transactions.count { $0.arrival > round.decision && $0.arrival < release.arrival }))
            if let departure = round.departures[body] {
                journeys.append(Double(release.arrival - departure) / 1000)
            }
        }
        if let last = round.departures.values.max() { lateness.append(Double(last - round.decision) / 1000) }
        guard times.count == bodies.count, let first = times.min(), let last = times.max() else { return }
        spreads.append(Double(last - first) / 1000)
        if let latest { note(round, spread: Double(last - first) / 1000, latest, arrivals[latest.body] ?? []) }
        guard let reportedSpread = round.reportedSpread else { return }
        reported.append(Double(reportedSpread) / 1000)
        differences.append(abs(Double(last - first - reportedSpread)) / 1000)
    }

    private mutating func note(
        _ round: ReleaseRound, spread: Double, _ latest: SeenTransaction, _ transactions: [SeenTransaction]
    ) {
        guard widest.count < Self.mostWide || spread > widest.last?.spread ?? 0 else { return }
        func sinceDecision(_ time: Int64) -> Double { Double(time - round.decision) / 1000 }
        let before = transactions.last { $0.arrival < latest.arrival }
        widest.append(
            Wide(
                spread: spread, body: latest.body, lateness: round.departures[latest.body].map(sinceDecision),
                arrival: sinceDecision(latest.arrival), answerBefore: before?.answer.map(sinceDecision),
                operationBefore: before?.operation))
        widest.sort { $0.spread > $1.spread }
        if widest.count > Self.mostWide { widest.removeLast() }
    }

    /// The place of the last of some times, in order, that is not after another; nil where all are.
    private static func last(of times: [Int64], notAfter time: Int64) -> Int? {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }
}
