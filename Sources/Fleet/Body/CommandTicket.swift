import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Who waits for a command's answer. It is answered once, by whoever has an answer first.
final class CommandTicket: Sendable {
    private struct State {
        var continuation: CheckedContinuation<CameraBody.Answer, Never>?
        var timer: Scheduled<Void>?
    }

    private let state: NIOLockedValueBox<State>

    init(_ continuation: CheckedContinuation<CameraBody.Answer, Never>) {
        state = NIOLockedValueBox(State(continuation: continuation))
    }

    var isAnswered: Bool { state.withLockedValue { $0.continuation == nil } }

    /// Answers; false where somebody did already.
    @discardableResult
    func answer(_ answer: CameraBody.Answer) -> Bool {
        let (continuation, timer) = state.withLockedValue { state in
            defer { state = State() }
            return (state.continuation, state.timer)
        }
        timer?.cancel()
        continuation?.resume(returning: answer)
        return continuation != nil
    }

    /// Answers with this error when `limit` is over, unless the wait has ended before.
    func limitWait(to limit: Duration, _ error: FleetError) {
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(limit)) {
            _ = self.answer(.failure(error))
        }
        let former = state.withLockedValue { state -> Scheduled<Void>? in
            guard state.continuation != nil else { return timer }
            defer { state.timer = timer }
            return state.timer
        }
        former?.cancel()
    }

    /// What it waited for has come.
    func endWait() {
        state.withLockedValue { state in
            defer { state.timer = nil }
            return state.timer
        }?.cancel()
    }
}
