import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// How many bodies are opened at one time: a hub that is switched on brings thirty at once, and each opening takes a
/// processor's tenth of a second to load the driver, or a second where it is a small one, and more on the bus.
///
/// Who waits is served in order. Once the driver is loaded a turn ends by itself after `time`, so that bodies which do not
/// answer keep nobody out. While drivers are loaded it does not: on a machine that is slow, more at one time would take each
/// other's time, until all of them are too late.
/// Bounded: one waiter a tether.
final class OpeningTurns: Sendable {
    private struct State {
        var free: Int
        var nextTicket: UInt64 = 0
        var waiting: [(ticket: UInt64, promise: EventLoopPromise<Void>)] = []
    }

    /// One turn, to be ended once.
    final class Turn: Sendable {
        private let turns: OpeningTurns
        private let loop: any EventLoop
        private let isOver = NIOLockedValueBox(false)

        fileprivate init(_ turns: OpeningTurns, on loop: any EventLoop) {
            self.turns = turns
            self.loop = loop
        }

        /// The driver is loaded: the turn ends soon, whatever the body does.
        func prepared() {
            loop.scheduleTask(in: turns.time) { self.end() }
        }

        /// Lets the next one begin; the second time it does nothing.
        func end() {
            let wasOver = isOver.withLockedValue { isOver in
                defer { isOver = true }
                return isOver
            }
            if !wasOver { turns.give() }
        }
    }

    private let state: NIOLockedValueBox<State>
    private let time: TimeAmount

    init(atOnce count: Int, time: Duration) {
        state = NIOLockedValueBox(State(free: count))
        self.time = TimeAmount(time)
    }

    /// Waits for a turn; nil when the task is cancelled.
    func next() async -> Turn? {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Void.self)
        let ticket = state.withLockedValue { state -> UInt64? in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            state.nextTicket += 1
            state.waiting.append((state.nextTicket, promise))
            return state.nextTicket
        }
        if let ticket {
            let isGiven = await withTaskCancellationHandler {
                (try? await promise.futureResult.get()) != nil
            } onCancel: {
                withdraw(ticket)
            }
            guard isGiven else { return nil }
        } else {
            promise.succeed()
        }
        return Turn(self, on: loop)
    }

    private func withdraw(_ ticket: UInt64) {
        let promise = state.withLockedValue { state -> EventLoopPromise<Void>? in
            guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
            return state.waiting.remove(at: place).promise
        }
        promise?.fail(CancellationError())
    }

    private func give() {
        let next = state.withLockedValue { state -> EventLoopPromise<Void>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst().promise
        }
        next?.succeed()
    }
}
