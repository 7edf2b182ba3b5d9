import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A body's place in shots: one shot at a time arms it, and what it brings afterwards is that shot's. While it is armed its
/// live view and its downloads wait: a frame would undo the arming, and a piece would hold up the release.
final class ReleaseSeat: Sendable {
    private struct State {
        /// Who arms the body, or has it armed.
        var holder: ShotPart?
        /// Who was released last, and may be brought images still.
        var collector: ShotPart?
        /// Who was released before, where somebody watches the body since: what it is to bring still is the former's.
        var former: ShotPart?
        var isStill = false
        var isFrameUnderWay = false
        /// Those who wait until the body is not armed any more.
        var waiters: [EventLoopPromise<Void>] = []
        /// Who waits until the frame that was asked for has come.
        var frameWaiters: [EventLoopPromise<Void>] = []
    }

    private let state = NIOLockedValueBox(State())

    // MARK: Who has it

    /// Takes the body for a shot; gives the number of the shot that has it already.
    func take(_ part: ShotPart) -> Int64? {
        state.withLockedValue { state in
            if let holder = state.holder { return holder.shot }
            state.holder = part
            state.isStill = true
            return nil
        }
    }

    /// Takes what the body brings for a shot that somebody else releases; gives the number of the shot that has it already.
    /// `leavesRest` where what was released before is brought what it expects still.
    func watch(_ part: ShotPart, leavesRest: Bool) -> Int64? {
        let (other, former) = state.withLockedValue { state -> (Int64?, ShotPart?) in
            if let holder = state.holder { return (holder.shot, nil) }
            state.holder = part
            defer { state.collector = part }
            guard leavesRest, let collector = state.collector, collector.expectsImages else {
                return (nil, state.collector)
            }
            state.former = collector
            return (nil, nil)
        }
        former?.end()
        return other
    }

    /// Whether a shot arms the body, or has it armed.
    var isHeld: Bool { state.withLockedValue { $0.isStill } }

    /// The shot does not have the body armed any more.
    func leave(_ part: ShotPart) {
        let waiters = state.withLockedValue { state -> [EventLoopPromise<Void>] in
            guard state.holder === part else { return [] }
            state.holder = nil
            state.isStill = false
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// Whose the images are that come from now on.
    func collect(for part: ShotPart) {
        let ended = state.withLockedValue { state in
            defer { (state.former, state.collector) = (nil, part) }
            return [state.former, state.collector]
        }
        for former in ended where former !== part { former?.end() }
    }

    /// The body is armed for another shot: what it was released for before has brought all that comes.
    func endCollecting(before part: ShotPart) {
        let ended = state.withLockedValue { state -> [ShotPart?] in
            guard state.collector !== part else { return [] }
            defer { (state.former, state.collector) = (nil, nil) }
            return [state.former, state.collector]
        }
        for former in ended { former?.end() }
    }

    /// The shot wants no more images.
    func stopCollecting(for part: ShotPart) {
        state.withLockedValue { state in
            if state.collector === part { state.collector = nil }
            if state.former === part { state.former = nil }
        }
    }

    // MARK: What the body tells

    /// An image came; gives the number of the shot that it is of.
    func take(_ image: CapturedImage) -> Int64? {
        let (former, collector) = state.withLockedValue { ($0.former, $0.collector) }
        if let former, former.expectsImages, former.take(image) { return former.shot }
        guard let collector, collector.take(image) else { return nil }
        return collector.shot
    }

    /// The body says that its release is done.
    func completeCapture() {
        let (former, collector) = state.withLockedValue { ($0.former, $0.collector) }
        if let former, former.expectsImages { former.completeCapture() } else { collector?.completeCapture() }
    }

    /// The body is released for something else: what comes after what is expected is none of the shot's.
    func beginOtherRelease() {
        state.withLockedValue { $0.collector }?.beginOtherRelease()
    }

    /// The worker undid the arming.
    func disarm() {
        guard let holder = state.withLockedValue({ $0.holder }), holder.isArmed else { return }
        holder.fail(
            FleetError(
                .deviceBusy, "The body was used for something else while it was armed, and is armed no more."))
        leave(holder)
    }

    /// The body is gone, or its worker is.
    func lose(_ error: FleetError) {
        let (holder, former, collector) = state.withLockedValue { ($0.holder, $0.former, $0.collector) }
        former?.end(error)
        // Who is watched is watched also when it is there again.
        if let collector, collector.isWatched { return collector.note(error) }
        collector?.end(error)
        guard let holder else { return }
        holder.fail(error)
        leave(holder)
    }

    // MARK: Live view and downloads

    /// Waits until the body is not armed, or the task is cancelled, or until `ending` comes.
    func waitUntilFree(unless ending: Ending? = nil) async {
        await wait(unless: ending) { state, promise in
            if state.isStill { state.waiters.append(promise) }
            return !state.isStill
        }
    }

    /// The same before a frame is asked for, which `endFrame` has to follow.
    func beginFrame() async {
        while !Task.isCancelled {
            let isFree = state.withLockedValue { state in
                if !state.isStill { state.isFrameUnderWay = true }
                return !state.isStill
            }
            if isFree { return }
            await waitUntilFree()
        }
    }

    /// The frame has come, or will not.
    func endFrame() {
        let waiters = state.withLockedValue { state in
            state.isFrameUnderWay = false
            defer { state.frameWaiters = [] }
            return state.frameWaiters
        }
        for waiter in waiters { waiter.succeed() }
    }

    /// Waits until no frame is on its way, for so long at most.
    func waitForFrame(atMost time: Duration) async {
        await wait(atMost: time) { state, promise in
            if state.isFrameUnderWay { state.frameWaiters.append(promise) }
            return !state.isFrameUnderWay
        }
    }

    private func wait(
        atMost time: Duration? = nil, unless ending: Ending? = nil,
        _ isOver: (inout State, EventLoopPromise<Void>) -> Bool
    ) async {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Void.self)
        if state.withLockedValue({ isOver(&$0, promise) }) { promise.succeed() }
        let listener = ending?.whenOver { _ in promise.succeed() }
        let timer = time.map { loop.scheduleTask(in: TimeAmount($0)) { promise.succeed() } }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            promise.succeed()
        }
        timer?.cancel()
        if let ending, let listener { ending.forget(listener) }
    }
}
