import FleetModel
import NIOConcurrencyHelpers

/// What becomes of something, once, for any number of tasks that wait for it.
final class Outcome<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, FleetError>?
        var waiters: [CheckedContinuation<Result<Value, FleetError>, Never>] = []
    }

    private let state: NIOLockedValueBox<State>

    /// An outcome that is to come, or is known.
    init(_ value: Value? = nil) {
        state = NIOLockedValueBox(State(result: value.map { .success($0) }))
    }

    /// What it is; nil while it is to come.
    var result: Result<Value, FleetError>? { state.withLockedValue { $0.result } }

    /// It has come.
    func become(_ result: Result<Value, FleetError>) {
        let waiters = state.withLockedValue { state in
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Waits for it.
    ///
    /// Throws why there is no value.
    func value() async throws(FleetError) -> Value {
        let result = await withCheckedContinuation { continuation in
            let result = state.withLockedValue { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
        return try result.get()
    }
}
