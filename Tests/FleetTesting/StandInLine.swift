import NIOConcurrencyHelpers
public import Trigger

/// A stand-in for a line: it notes when it is switched, does something when it becomes active, and fails when told to.
public final class StandInLine: Sendable {
    /// When it was switched, in nanoseconds of CLOCK_MONOTONIC.
    public struct Switch: Sendable, Equatable {
        /// Whether it became active.
        public let isActive: Bool
        /// When.
        public let time: Int64
    }

    private struct State {
        var isActive = false
        var switches: [Switch] = []
        var openings = 0
        var frees = 0
        var holders = 0
        var failure: TriggerError?
        var failuresLeft = 0

        /// What goes wrong now, if something does.
        mutating func nextFailure() -> TriggerError? {
            guard let failure, failuresLeft > 0 else { return nil }
            failuresLeft -= 1
            return failure
        }
    }

    private let state = NIOLockedValueBox(State())
    private let action: @Sendable () -> Void

    /// A line that does something whenever it becomes active.
    public init(_ action: @escaping @Sendable () -> Void = {}) { self.action = action }

    /// Each time that it became another than it was.
    public var switches: [Switch] { state.withLockedValue { $0.switches } }
    /// When it became active.
    public var pulses: [Int64] { switches.filter(\.isActive).map(\.time) }
    /// How often it was opened.
    public var openings: Int { state.withLockedValue { $0.openings } }
    /// How often it was freed.
    public var frees: Int { state.withLockedValue { $0.frees } }

    /// From now on it fails so, so many times; no more when nil.
    public func fail(_ error: TriggerError?, times: Int = .max) {
        state.withLockedValue { state in
            state.failure = error
            state.failuresLeft = times
        }
    }

    /// A trigger of pulses on this line.
    public func output(pulse: Duration = .milliseconds(1), capacity: Int = 8) throws -> TimedOutput {
        try TimedOutput(kind: .gpio, port: "stand-in:1", pulseLength: pulse, capacity: capacity) {
            () throws(TriggerError) in
            try self.open()
        }
    }

    private func open() throws(TriggerError) -> any PulseLine {
        let failure = state.withLockedValue { state -> TriggerError? in
            state.openings += 1
            // As with a real one, it has one user at a time.
            guard state.holders == 0 else { return .lineTaken(port: "stand-in:1", consumer: "camera-fleet") }
            let failure = state.nextFailure()
            if failure == nil { state.holders += 1 }
            return failure
        }
        if let failure { throw failure }
        return Opened(self)
    }

    private func set(_ isActive: Bool) throws(TriggerError) {
        let (failure, isPulse) = state.withLockedValue { state -> (TriggerError?, Bool) in
            if let failure = state.nextFailure() { return (failure, false) }
            guard isActive != state.isActive else { return (nil, false) }
            state.isActive = isActive
            state.switches.append(Switch(isActive: isActive, time: PulseClock.now()))
            return (nil, isActive)
        }
        if let failure { throw failure }
        if isPulse { action() }
    }

    /// What a trigger holds of it.
    private final class Opened: PulseLine {
        private let line: StandInLine

        init(_ line: StandInLine) { self.line = line }

        deinit {
            line.state.withLockedValue { state in
                state.frees += 1
                state.holders -= 1
                // What switches a line lets it go.
                state.isActive = false
            }
        }

        func set(isActive: Bool) throws(TriggerError) { try line.set(isActive) }
    }
}
