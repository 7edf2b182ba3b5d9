import NIOConcurrencyHelpers

/// A pulse that was scheduled, for whoever may take it back.
public struct ScheduledPulse: Sendable {
    private let action: @Sendable () -> Void

    /// A pulse, and what takes it back.
    public init(cancel action: @escaping @Sendable () -> Void) { self.action = action }

    /// Takes it back, with `TriggerError.cancelled` for its scheduler; nothing happens where it is too late for that.
    public func cancel() { action() }
}

/// Brings a task's cancellation, which may come first, to its pulse.
final class PulseCancelling: Sendable {
    private enum State {
        case nothing
        case cancelled
        case scheduled(ScheduledPulse)
    }

    private let state = NIOLockedValueBox(State.nothing)

    func take(_ pulse: ScheduledPulse) {
        let isCancelled = state.withLockedValue { state in
            if case .cancelled = state { return true }
            state = .scheduled(pulse)
            return false
        }
        if isCancelled { pulse.cancel() }
    }

    func cancel() {
        let before = state.withLockedValue { state in
            defer { state = .cancelled }
            return state
        }
        if case .scheduled(let pulse) = before { pulse.cancel() }
    }
}
