public import FleetModel
import NIOConcurrencyHelpers

/// One viewer's stream of a body's live view (protocol.md, section 4).
///
/// Whoever writes to the viewer sets `onFrame`, is called for each frame from the feed's task, and must not wait there;
/// it asks `countFrame` before it writes one.
public final class LiveViewStream: Sendable {
    private struct State {
        var sink: (@Sendable (LiveViewFrame) -> Void)?
        var enders: [@Sendable () -> Void] = []
        var onEnd: (@Sendable (FleetError) -> Void)?
        var end: FleetError?
        var sent = 0
        var due: ContinuousClock.Instant?
    }

    /// The session that it belongs to.
    public let session: UInt32
    /// The most frames a second; nil for as many as there are.
    public let maximumFramesPerSecond: Double?
    private let state = NIOLockedValueBox(State())

    init(session: UInt32, maximumFramesPerSecond: Double?) {
        self.session = session
        self.maximumFramesPerSecond = maximumFramesPerSecond
    }

    /// How many frames were sent.
    public var framesSent: Int { state.withLockedValue { $0.sent } }

    /// Counts a frame that is written to the viewer now; false when the stream has ended, and nothing is to be written.
    public func countFrame() -> Bool {
        state.withLockedValue { state in
            guard state.end == nil else { return false }
            state.sent += 1
            return true
        }
    }

    /// Has frames delivered to `frame`, and the reason of the end, at most once, to `end`.
    public func deliver(
        frame: @escaping @Sendable (LiveViewFrame) -> Void, end: @escaping @Sendable (FleetError) -> Void
    ) {
        let ended = state.withLockedValue { state -> FleetError? in
            if state.end == nil {
                state.sink = frame
                state.onEnd = end
            }
            return state.end
        }
        if let ended { end(ended) }
    }

    /// Ends the stream; the first reason counts.
    public func end(_ error: FleetError) {
        let (enders, onEnd) = state.withLockedValue { state in
            guard state.end == nil else { return ([@Sendable () -> Void](), (@Sendable (FleetError) -> Void)?.none) }
            state.end = error
            defer {
                state.enders = []
                state.onEnd = nil
                state.sink = nil
            }
            return (state.enders, state.onEnd)
        }
        for ender in enders { ender() }
        onEnd?(error)
    }

    /// Calls `action` when the stream ends, or now if it has.
    func onEnd(_ action: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLockedValue { state in
            if state.end == nil { state.enders.append(action) }
            return state.end != nil
        }
        if hasEnded { action() }
    }

    /// Before that the viewer takes no further frame; nil where it takes the next one.
    var nextFrame: ContinuousClock.Instant? {
        guard let rate = maximumFramesPerSecond else { return nil }
        return state.withLockedValue { $0.due }.map { $0 - .seconds(1 / rate) * Self.earliness }
    }

    /// The part of the interval by which a frame may be early.
    private static let earliness = 0.25

    /// Gives the viewer a frame, unless it wants fewer.
    func offer(_ frame: LiveViewFrame) {
        let sink = state.withLockedValue { state -> (@Sendable (LiveViewFrame) -> Void)? in
            guard let rate = maximumFramesPerSecond else { return state.sink }
            let now = frame.instant
            let interval = Duration.seconds(1 / rate)
            if let due = state.due {
                // A frame a little early counts as in time: the feed keeps the same beat.
                guard now + interval * Self.earliness >= due else { return nil }
                // The beat is kept, but what came late is not made up for: two frames are half an interval apart at least.
                state.due = max(due + interval, now + interval * 0.75)
            } else {
                state.due = now + interval
            }
            return state.sink
        }
        sink?(frame)
    }
}
