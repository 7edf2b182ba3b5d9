import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// One body's live view: asks the body for each frame once, however many watch, and for none when nobody does.
///
/// Each stream holds one frame at most that its viewer has not taken; a newer one takes its place, so a viewer that is
/// slow misses frames and holds nobody up.
final class LiveViewFeed: Sendable {
    private struct State {
        var nextStream: UInt64 = 0
        var streams: [UInt64: LiveViewStream] = [:]
        var waiter: CheckedContinuation<Void, Never>?
        var isRunning = false
    }

    private let state = NIOLockedValueBox(State())
    private let frames = NIOLockedValueBox<UInt32>(0)
    private let limits: FleetLimits

    init(limits: FleetLimits) {
        self.limits = limits
    }

    /// Adds a stream; frames come as soon as the body gives them.
    func add(_ stream: LiveViewStream) {
        let (id, waiter) = state.withLockedValue { state in
            state.nextStream += 1
            state.streams[state.nextStream] = stream
            defer { state.waiter = nil }
            return (state.nextStream, state.waiter)
        }
        // Not under the lock: a stream that has ended already is removed at once.
        stream.onEnd { [weak self] in self?.remove(id) }
        waiter?.resume()
    }

    private func remove(_ id: UInt64) {
        state.withLockedValue { _ = $0.streams.removeValue(forKey: id) }
    }

    /// Ends every stream with the reason.
    func end(_ error: FleetError) {
        let streams = state.withLockedValue { Array($0.streams.values) }
        for stream in streams { stream.end(error) }
    }

    private var isWatched: Bool { state.withLockedValue { !$0.streams.isEmpty } }

    /// The time from frame to frame that the fastest viewers want, and the moment before which they take none; nil when one
    /// wants all.
    private var wantedBeat: (interval: Duration, next: ContinuousClock.Instant?)? {
        let streams = state.withLockedValue { Array($0.streams.values) }
        guard !streams.contains(where: { $0.maximumFramesPerSecond == nil }),
            let fastest = streams.compactMap(\.maximumFramesPerSecond).max(), fastest > 0
        else { return nil }
        let next = streams.filter { $0.maximumFramesPerSecond == fastest }.compactMap(\.nextFrame).max()
        return (.seconds(1 / fastest), next)
    }

    /// Asks the worker for frames while somebody watches, until the task is cancelled.
    func run(on body: CameraBody, link: WorkerLink) async {
        let clock = ContinuousClock()
        var last = clock.now
        var failingSince: ContinuousClock.Instant?
        while await waitForViewer() {
            body.note(liveView: true)
            await body.seat.beginFrame()
            do throws(FleetError) {
                defer { body.seat.endFrame() }
                let answer = try await link.ask(request(.startLiveView))
                let (arrived, instant) = (WallClock.now(), clock.now)
                failingSince = nil
                if let jpeg = answer.data, jpeg.readableBytes > 0 { publish(jpeg, arrived: arrived, instant) }
            } catch {
                let since = failingSince ?? clock.now
                failingSince = since
                let isFinal = error.kind != .deviceBusy && error.kind != .generalError && error.kind != .timedOut
                if isFinal || clock.now - since > limits.previewPatience { end(error) }
                try? await clock.sleep(for: .milliseconds(100))
            }
            last = await waitForBeat(after: last)
            guard !isWatched else { continue }
            body.note(liveView: false)
            failingSince = nil
            // The mirror goes down and the sensor cools; a body that cannot be told so goes on as it likes.
            _ = try? await link.ask(request(.stopLiveView))
        }
        body.note(liveView: false)
    }

    /// Waits for as long as no viewer wants another frame, looking often enough that one who comes or goes is noticed.
    private func waitForBeat(after last: ContinuousClock.Instant) async -> ContinuousClock.Instant {
        let clock = ContinuousClock()
        while isWatched, !Task.isCancelled, let (interval, next) = wantedBeat {
            // After a frame that came late, the next one would be asked for in vain.
            let due = max(last + interval, next ?? last)
            let now = clock.now
            // A beat that was missed by more than its length is not made up for.
            guard due > now else { return max(due, now - interval) }
            try? await clock.sleep(until: min(due, now + .milliseconds(50)), tolerance: .zero)
        }
        return clock.now
    }

    private func request(_ code: CommandCode) -> LinkRequest {
        LinkRequest(
            code: code.rawValue, arguments: PacketEncoder.json(Nothing()), kind: .background,
            limit: limits.commandTime)
    }

    private func publish(_ jpeg: ByteBuffer, arrived: Int64, _ instant: ContinuousClock.Instant) {
        let number = frames.withLockedValue { frames in
            frames &+= 1
            return frames
        }
        let frame = LiveViewFrame(number: number, arrived: arrived, instant: instant, jpeg: jpeg)
        let streams = state.withLockedValue { Array($0.streams.values) }
        for stream in streams { stream.offer(frame) }
    }

    /// Waits until somebody watches; false when the task is cancelled.
    private func waitForViewer() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLockedValue { state in
                    if Task.isCancelled || !state.streams.isEmpty { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLockedValue { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        return !Task.isCancelled
    }
}
