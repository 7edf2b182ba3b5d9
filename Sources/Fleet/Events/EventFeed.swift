public import FleetModel
public import PacketProtocol
import NIOConcurrencyHelpers

/// Hands every event of the fleet to everybody who listens. Nobody's slowness holds anybody else up: a listener that
/// does not take its events loses the newest, and learns how many.
public final class EventFeed: Sendable {
    private struct State {
        var nextListener: UInt64 = 0
        var listeners: [UInt64: EventListener] = [:]
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int

    /// A feed whose listeners may each leave `capacity` events untaken.
    public init(capacity: Int = FleetLimits().waitingEvents) {
        self.capacity = capacity
    }

    /// What the listener wants of all that happens from now on, until it is cancelled. It may leave `capacity` events
    /// untaken, where that is not the feed's.
    public func listen(capacity: Int? = nil) -> EventListener {
        state.withLockedValue { state in
            state.nextListener += 1
            let id = state.nextListener
            let listener = EventListener(capacity: capacity ?? self.capacity) { [weak self] in self?.forget(id) }
            state.listeners[id] = listener
            return listener
        }
    }

    /// Tells everybody.
    public func publish(_ event: FleetEvent) {
        // Under the lock, so that every listener hears the same order; handing over never waits.
        state.withLockedValue { state in
            for listener in state.listeners.values { listener.take(event) }
        }
    }

    private func forget(_ id: UInt64) {
        state.withLockedValue { _ = $0.listeners.removeValue(forKey: id) }
    }
}

/// One listener's events, in order, and how many it lost.
public final class EventListener: Sendable {
    /// What happened; ends when the listener is cancelled. For one reader.
    public let events: AsyncStream<FleetEvent>
    private let continuation: AsyncStream<FleetEvent>.Continuation
    private let state = NIOLockedValueBox(State())
    private let onCancel: @Sendable () -> Void

    private struct State {
        var wanted: Set<EventCode> = []
        /// How many events were put into the stream, and how many of those were taken out.
        var put = 0
        var taken = 0
        /// Where events are missing: behind so many that were put, that many. No more than events wait.
        var gaps: [(behind: Int, count: Int)] = []
    }

    init(capacity: Int, onCancel: @escaping @Sendable () -> Void) {
        (events, continuation) = AsyncStream.makeStream(
            of: FleetEvent.self, bufferingPolicy: .bufferingOldest(capacity))
        self.onCancel = onCancel
    }

    /// Which events are wanted from now on; none until this is said.
    public func want(_ codes: Set<EventCode>) {
        state.withLockedValue { $0.wanted = codes }
    }

    /// Whether an event that was taken is still wanted.
    public func wants(_ event: FleetEvent) -> Bool {
        state.withLockedValue { $0.wanted.contains(event.code) }
    }

    /// Whether any are wanted.
    public var wantsAny: Bool { state.withLockedValue { !$0.wanted.isEmpty } }

    func take(_ event: FleetEvent) {
        state.withLockedValue { state in
            guard state.wanted.contains(event.code) else { return }
            guard case .dropped = continuation.yield(event) else { return state.put += 1 }
            if state.gaps.last?.behind == state.put {
                state.gaps[state.gaps.count - 1].count += 1
            } else {
                state.gaps.append((state.put, 1))
            }
        }
    }

    /// How many events were lost since this was asked last, wherever.
    public func takeLost() -> Int {
        state.withLockedValue { state in
            defer { state.gaps = [] }
            return state.gaps.reduce(0) { $0 + $1.count }
        }
    }

    /// How many events were lost between the one that was taken last and the next, for a listener that asks after each event:
    /// what is looked at anew on that account is newer than all that was told before.
    public func takeGap() -> Int {
        state.withLockedValue { state in
            state.taken += 1
            let reached = state.gaps.prefix { $0.behind <= state.taken }
            state.gaps.removeFirst(reached.count)
            return reached.reduce(0) { $0 + $1.count }
        }
    }

    /// Ends the events.
    public func cancel() {
        continuation.finish()
        onCancel()
    }
}
