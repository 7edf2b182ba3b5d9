import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// One body's part in a shot: whether it is armed, when it was released, and what it brought.
final class ShotPart: Sendable {
    private struct State {
        var camera: ShotCamera
        var armed: ArmedBody?
        /// Whether FIRE was sent: from then on it is the answer that says what became of it.
        var isFired = false
        /// When it is to be released, in nanoseconds of CLOCK_MONOTONIC: what comes before is of no release of this shot.
        var due: Int64 = .min
        var hasCaptureEnded = false
        var isOtherRelease = false
        /// Whether no more images are to be waited for.
        var isOver = false
        /// When the last thing happened, in nanoseconds of CLOCK_MONOTONIC.
        var lastChange: Int64 = 0
    }

    /// How long a body is waited for that told all that it should, so that one image more is noticed: after its word that
    /// it is done, and without that.
    private static let completeQuiet: Int64 = 100_000_000
    private static let silentQuiet: Int64 = 500_000_000
    /// How long the second image of a pair is waited for after the first.
    private static let pairTime: Int64 = 3_000_000_000

    /// The shot.
    let shot: Int64
    let body: CameraBody
    private let state: NIOLockedValueBox<State>
    private let news = Announcement()

    init(shot: Int64, body: CameraBody) {
        self.shot = shot
        self.body = body
        let info = body.info
        state = NIOLockedValueBox(
            State(camera: ShotCamera(id: info.id, cameraNumber: info.cameraNumber, state: .armed)))
    }

    /// The part as SHOT shows it.
    var camera: ShotCamera { state.withLockedValue { $0.camera } }

    /// What the worker said of the armed body; nil while it is not armed.
    var armed: ArmedBody? {
        state.withLockedValue { $0.camera.state == .armed ? $0.armed : nil }
    }

    /// Whether it waits for its release.
    var isArmed: Bool { armed != nil }

    /// Whether it was released, and has not brought all that it should.
    var expectsImages: Bool {
        state.withLockedValue { state in
            guard !state.isOver, state.camera.state == .released, let armed = state.armed else { return false }
            return state.camera.images.count < armed.expectedImages
        }
    }

    /// Whether its images are taken, whoever releases it.
    var isWatched: Bool {
        state.withLockedValue { !$0.isOver && $0.camera.state == .released && $0.armed == nil }
    }

    // MARK: Before

    /// The body is armed, unless it was lost meanwhile.
    func arm(_ armed: ArmedBody) {
        state.withLockedValue { state in
            state.armed = armed
            state.camera.isRealtime = armed.realtime ? nil : false
        }
    }

    /// It is to be released so much later than the shot's time, in nanoseconds.
    func delay(by offset: Int64) {
        state.withLockedValue { $0.camera.offset = offset == 0 ? nil : offset }
    }

    /// It will not be released, for this reason, unless FIRE was sent.
    func fail(_ error: FleetError) {
        state.withLockedValue { state in
            guard state.camera.state == .armed, !state.isFired else { return }
            state.camera.state = .failed
            state.camera.error = ErrorDescription(error)
            state.isOver = true
        }
        news.announce()
    }

    // MARK: The release

    /// Waits until a time in nanoseconds of CLOCK_MONOTONIC, unless it is armed no more, `isOver` says that it is not needed
    /// (which `look` has it ask again), or the task is cancelled.
    func wait(until time: Int64, unless isOver: () -> Bool) async {
        while isArmed, !isOver(), !Task.isCancelled {
            let rest = time - MonotonicTime.now()
            guard rest > 0 else { return }
            await news.wait(for: .nanoseconds(rest))
        }
    }

    func look() { news.announce() }

    /// FIRE is sent, for that time in nanoseconds of CLOCK_MONOTONIC; false where the body is armed no more.
    func beginFire(at due: Int64) -> Bool {
        state.withLockedValue { state in
            guard state.camera.state == .armed, state.armed != nil else { return false }
            state.isFired = true
            state.due = due
            return true
        }
    }

    /// It was released at that time, in nanoseconds since 1970.
    func release(at time: Int64, isLate: Bool, error: ErrorDescription?) {
        state.withLockedValue { state in
            state.camera.state = .released
            state.camera.releasedAt = time
            state.camera.isLate = isLate ? true : nil
            state.camera.error = error
            state.lastChange = MonotonicTime.now()
        }
        news.announce()
    }

    /// FIRE was refused, or not answered.
    func failFire(_ error: FleetError) {
        state.withLockedValue { state in
            state.isFired = false
            state.camera.state = .failed
            state.camera.error = ErrorDescription(error)
            state.isOver = true
        }
        news.announce()
    }

    // MARK: After

    /// Only for images: the body is released by somebody else.
    func watch() {
        state.withLockedValue { state in
            state.camera.state = .released
            state.lastChange = MonotonicTime.now()
        }
    }

    /// What was to release it did not, or not as it should. Images that came stay.
    func failCollecting(_ error: FleetError) {
        state.withLockedValue { state in
            guard state.camera.state == .released else { return }
            state.camera.state = .failed
            state.camera.error = ErrorDescription(error)
            state.isOver = true
        }
        news.announce()
    }

    /// This happened to it while it was watched, which matters where no image comes.
    func note(_ error: FleetError) {
        state.withLockedValue { state in
            if state.camera.error == nil { state.camera.error = ErrorDescription(error) }
        }
    }

    /// An image came; false where it is none of the shot's.
    @discardableResult
    func take(_ image: CapturedImage) -> Bool {
        let isTaken = state.withLockedValue { state in
            guard !state.isOver, MonotonicTime.now() >= state.due else { return false }
            let isExtra = state.armed.map { state.camera.images.count >= $0.expectedImages } ?? false
            if isExtra, state.isOtherRelease { return false }
            state.camera.images.append(ShotImage(image, isExtra: isExtra))
            state.lastChange = MonotonicTime.now()
            return true
        }
        news.announce()
        return isTaken
    }

    /// The images that a release is known to have brought: those that were not told of before are added.
    func bring(_ images: [CapturedImage]) {
        let known = Set(camera.images.map { ObjectPath(folder: $0.folder, name: $0.name) })
        for image in images where !known.contains(ObjectPath(folder: image.folder, name: image.name)) { take(image) }
    }

    /// The body says that it is done.
    func completeCapture() {
        state.withLockedValue { state in
            guard MonotonicTime.now() >= state.due else { return }
            state.hasCaptureEnded = true
            state.lastChange = MonotonicTime.now()
        }
        news.announce()
    }

    /// Something else releases the body.
    func beginOtherRelease() {
        state.withLockedValue { $0.isOtherRelease = true }
        news.announce()
    }

    /// It brings no more, for this reason where there is one.
    func end(_ error: FleetError? = nil) {
        state.withLockedValue { state in
            guard !state.isOver, !(state.isFired && state.camera.state == .armed) else { return }
            state.isOver = true
            if let error, state.camera.images.isEmpty, state.camera.error == nil {
                state.camera.error = ErrorDescription(error)
            }
        }
        news.announce()
    }

    /// Waits for what a release brings, until `limit` in nanoseconds of CLOCK_MONOTONIC at most, and longer where the exposure is:
    /// after a long one some bodies take as long again to find the sensor's noise.
    func awaitImages(until limit: Int64) async {
        let deadline = limit + 2 * state.withLockedValue { $0.armed?.exposure ?? 0 }
        while true {
            let now = MonotonicTime.now()
            guard let due = state.withLockedValue({ Self.end(of: $0) }), min(due, deadline) > now,
                !Task.isCancelled
            else { break }
            await news.wait(for: .nanoseconds(min(due, deadline) - now))
        }
        settle()
    }

    /// Until when more may come; nil where nothing is waited for.
    private static func end(of state: State) -> Int64? {
        guard !state.isOver, let armed = state.armed else { return state.isOver ? nil : .max }
        let count = state.camera.images.count
        if count == 0 { return .max }
        if count < armed.expectedImages { return state.lastChange + pairTime }
        if state.isOtherRelease { return nil }
        return state.lastChange + (state.hasCaptureEnded ? completeQuiet : silentQuiet)
    }

    /// Says what became of it.
    private func settle() {
        state.withLockedValue { state in
            state.isOver = true
            guard state.camera.state == .released else { return }
            let isWhole = state.camera.images.count >= max(state.armed?.expectedImages ?? 1, 1)
            state.camera.state = isWhole ? .complete : .missing
            if !isWhole, state.camera.error == nil {
                state.camera.error = ErrorDescription(
                    FleetError(
                        .timedOut,
                        state.camera.images.isEmpty
                            ? "No image came in time; look at the body's card, focus and mode dial."
                            : "Fewer images came in time than its quality setting brings."))
            }
            if isWhole { state.camera.error = nil }
        }
        body.seat.stopCollecting(for: self)
    }
}
