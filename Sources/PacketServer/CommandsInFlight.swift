import NIOConcurrencyHelpers

/// Counts the commands of a connection that have no answer yet.
final class CommandsInFlight: Sendable {
    private struct State {
        var count = 0
        var waiters: [(most: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Counts a command; false when there are as many as there may be, and the reserve for commands of its kind.
    func begin(reserve: Int) -> Bool {
        state.withLockedValue { state in
            guard state.count - reserve < limit else { return false }
            state.count += 1
            return true
        }
    }

    /// A command was answered.
    func end() {
        let ready = state.withLockedValue { state in
            state.count -= 1
            let ready = state.waiters.filter { $0.most >= state.count }
            state.waiters.removeAll { $0.most >= state.count }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Waits until no more than `most` commands are without an answer.
    func wait(forAtMost most: Int) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLockedValue { state in
                if state.count > most { state.waiters.append((most, continuation)) }
                return state.count <= most
            }
            if isReady { continuation.resume() }
        }
    }
}
