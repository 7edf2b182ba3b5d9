import NIOCore

// Live view, as far as it is the same on all bodies that have it.

extension BodyState {
    /// Live view begins, if it has not.
    mutating func startLiveView(_ now: NIODeadline) {
        if liveView == nil { liveView = LiveView(started: now, lastFrame: -1) }
    }

    /// The next frame after a header: at once if the sensor has one that was not given yet, else when it will have.
    mutating func liveViewImage(header: ByteBuffer, _ now: NIODeadline) -> TransactionOutcome {
        guard exposure == nil, var view = liveView else { return .reply(.failed(.deviceBusy)) }
        let rate = description.liveViewFramesPerSecond
        if rate > 0 {
            let interval = 1_000_000_000 / rate
            let frame = Int64(Double((now - view.started).nanoseconds) / interval)
            guard frame > view.lastFrame else {
                let next = (Double(view.lastFrame + 1) * interval).rounded(.up)
                return .waitUntil(view.started + .nanoseconds(Int64(next) + 1))
            }
            view.lastFrame = frame
            liveView = view
        }
        liveViewFrames += 1
        let moment = clock.now()
        do {
            return .reply(
                .data(
                    try painter.frame(
                        number: liveViewFrames, time: CameraClock.timeText(moment.seconds, moment.milliseconds),
                        header: header)))
        } catch {
            return .reply(.failed(.generalError))
        }
    }
}
