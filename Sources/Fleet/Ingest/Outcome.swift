import FleetModel
import NIOConcurrencyHelpers

/// What becomes of something, once, for any number of tasks that wait for it.
final class Outcome<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, FleetError>?
        var waiters: [@Sendable (Result<Value, FleetError>) -> Void] = []
    }

    private let state: NIOLockedValueBox<State>

    /// An outcome that is to come, or is known.
    init(_ value: Value? = nil) {
        state = NIOLockedValueBox(State(result: value.map { .success($0) }))
    }

    /// What it is; nil while it is to come.
    var result: Result<Value, FleetError>? { state.withLockedValue { $0.result } }

    /// It has come. What comes second is not heard.
    func become(_ result: Result<Value, FleetError>) {
        let waiters = state.withLockedValue { state in
            guard state.result == nil else { return [@Sendable (Result<Value, FleetError>) -> Void]() }
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter(result) }
    }

    /// Tells it once, when it is known.
    func whenKnown(_ tell: @escaping @Sendable (Result<Value, FleetError>) -> Void) {
        let result = state.withLockedValue { state in
            if state.result == nil { state.waiters.append(tell) }
            return state.result
        }
        if let result { tell(result) }
    }

    /// Waits for it.
    ///
    /// Throws why there is no value.
    func value() async throws(FleetError) -> Value {
        let result = await withCheckedContinuation { continuation in
            whenKnown { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
