public import FleetModel
import NIOConcurrencyHelpers

/// The end of a session or of a connection, for what ends with it.
///
/// Bounded: one listener for each command that runs.
public final class Ending: Sendable {
    /// Who is to be told.
    public struct Listener: Sendable {
        /// Nil where it was told at once.
        fileprivate let number: UInt64?
    }

    private struct State {
        var reason: FleetError?
        var last: UInt64 = 0
        var listeners: [UInt64: @Sendable (FleetError) -> Void] = [:]
    }

    private let state = NIOLockedValueBox(State())

    /// One that is to come.
    public init() {}

    /// Why it is over; nil while it is not.
    var reason: FleetError? { state.withLockedValue { $0.reason } }

    /// Calls `tell` at the end, or now if it is over, unless it is forgotten before.
    public func whenOver(_ tell: @escaping @Sendable (FleetError) -> Void) -> Listener {
        let (number, reason) = state.withLockedValue { state -> (UInt64?, FleetError?) in
            if let reason = state.reason { return (nil, reason) }
            state.last += 1
            state.listeners[state.last] = tell
            return (state.last, nil)
        }
        if let reason { tell(reason) }
        return Listener(number: number)
    }

    /// Who was to be told is not any more.
    public func forget(_ listener: Listener) {
        guard let number = listener.number else { return }
        state.withLockedValue { $0.listeners[number] = nil }
    }

    /// It is over, for this reason; what is said second is not heard.
    public func come(_ reason: FleetError) {
        let listeners = state.withLockedValue { state in
            guard state.reason == nil else { return [@Sendable (FleetError) -> Void]() }
            state.reason = reason
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for tell in listeners { tell(reason) }
    }
}
