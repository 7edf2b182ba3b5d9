public import FleetModel

/// When a command is to be run that may bring a body back (a relay, a smart plug, `uhubctl`). A value: it is told what
/// happens and what time it is, and says what is due.
public struct RescuePolicy: Sendable {
    private struct Record {
        /// Since when it has not worked; nil while it does.
        var faultBegan: ContinuousClock.Instant?
        var lastRun: ContinuousClock.Instant?
        var isRunning = false
    }

    /// How many bodies are remembered; further ones are not rescued until others work again.
    private static let most = 4096

    /// How long a body stays in fault before it is rescued.
    public var after: Duration
    /// How long a body is left alone after the beginning of a rescue.
    public var every: Duration
    /// How many rescues may run at once.
    public var atOnce: Int

    private var records: [BodyID: Record] = [:]

    /// A policy that knows of no body yet.
    public init(after: Duration = .seconds(30), every: Duration = .seconds(300), atOnce: Int = 2) {
        self.after = after
        self.every = every
        self.atOnce = atOnce
    }

    /// A body is in that state now. A body that is tried again and fails again has been in fault all the time.
    public mutating func note(_ body: BodyID, _ state: BodyState, at now: ContinuousClock.Instant) {
        switch state {
        case .fault:
            if records[body] == nil {
                forgetWhatIsOver(at: now)
                guard records.count < Self.most else { return }
            }
            var record = records[body] ?? Record()
            record.faultBegan = record.faultBegan ?? now
            records[body] = record
        case .connecting: break
        case .ready, .busy, .unplugged: records[body]?.faultBegan = nil
        }
    }

    /// These are all bodies that there are, after something may have been missed.
    public mutating func note(all bodies: [(id: BodyID, state: BodyState)], at now: ContinuousClock.Instant) {
        let listed = Set(bodies.map(\.id))
        for body in records.keys where !listed.contains(body) { note(body, .unplugged, at: now) }
        for body in bodies { note(body.id, body.state, at: now) }
    }

    /// The bodies that are to be rescued now, the one that waits longest first. Their rescues count as begun; `ended` is to
    /// be called for each.
    public mutating func due(at now: ContinuousClock.Instant) -> [BodyID] {
        let running = records.values.count { $0.isRunning }
        let waiting = records.compactMap { body, record -> (BodyID, ContinuousClock.Instant)? in
            guard !record.isRunning, let time = dueTime(of: record), time <= now else { return nil }
            return (body, time)
        }.sorted { ($0.1, $0.0.rawValue) < ($1.1, $1.0.rawValue) }.prefix(max(0, atOnce - running)).map(\.0)
        for body in waiting {
            records[body]?.isRunning = true
            records[body]?.lastRun = now
        }
        return waiting
    }

    /// A rescue is over.
    public mutating func ended(_ body: BodyID) {
        records[body]?.isRunning = false
    }

    /// A rescue that was due and is not run after all: the body is no longer in fault.
    public mutating func called(off body: BodyID) {
        records[body]?.isRunning = false
        records[body]?.faultBegan = nil
    }

    private func dueTime(of record: Record) -> ContinuousClock.Instant? {
        guard let began = record.faultBegan else { return nil }
        guard let lastRun = record.lastRun else { return began + after }
        return max(began + after, lastRun + every)
    }

    private mutating func forgetWhatIsOver(at now: ContinuousClock.Instant) {
        records = records.filter { _, record in
            record.faultBegan != nil || record.isRunning || record.lastRun.map { $0 + every > now } ?? false
        }
    }
}
