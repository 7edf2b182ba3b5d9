import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Something that a task waits for and others announce. What is announced while nobody waits ends the next wait at once.
///
/// Bounded: one word, however often it is said.
final class Announcement: Sendable {
    private struct State {
        var isAnnounced = false
        var waiter: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())

    /// Ends the wait that is on, or the next one.
    func announce() {
        let waiter = state.withLockedValue { state in
            state.isAnnounced = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.succeed()
    }

    /// Waits for an announcement, for so long at most, or until the task is cancelled. For one waiter at a time.
    func wait(for time: Duration) async {
        guard time > .zero else { return }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Void.self)
        let isAnnounced = state.withLockedValue { state in
            defer { state.isAnnounced = false }
            if !state.isAnnounced { state.waiter = promise }
            return state.isAnnounced
        }
        if isAnnounced { promise.succeed() }
        let timer = loop.scheduleTask(in: TimeAmount(time)) { promise.succeed() }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            promise.succeed()
        }
        timer.cancel()
        state.withLockedValue { $0.waiter = nil }
    }
}
