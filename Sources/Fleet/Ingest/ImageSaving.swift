import Archive
import FleetModel
import NIOConcurrencyHelpers

/// One image on its way from a body to the disk, and who waits for that.
final class ImageSaving: Sendable {
    private struct State {
        var result: Result<SavedImage, FleetError>?
        var waiters: [CheckedContinuation<Result<SavedImage, FleetError>, Never>] = []
    }

    let body: CameraBody
    let path: ObjectPath
    /// When its body told of it, in nanoseconds since 1970.
    let time: Int64
    /// The same in nanoseconds of CLOCK_MONOTONIC, for an image that came while this server runs.
    let begun = MonotonicTime.now()
    let shot: Int64?
    /// What the journal has of it already.
    let wanted: WantedImage?
    private let state = NIOLockedValueBox(State())

    init(_ path: ObjectPath, of body: CameraBody, at time: Int64, shot: Int64?, wanted: WantedImage? = nil) {
        self.path = path
        self.body = body
        self.time = time
        self.shot = shot
        self.wanted = wanted
    }

    /// Whether it came to its end, good or bad.
    var isOver: Bool { state.withLockedValue { $0.result != nil } }

    /// Whether it could not be saved.
    var hasFailed: Bool {
        if case .failure = state.withLockedValue({ $0.result }) { true } else { false }
    }

    /// It came to its end.
    func finish(_ result: Result<SavedImage, FleetError>) {
        let waiters = state.withLockedValue { state in
            state.result = result
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: result) }
    }

    /// Waits for its end.
    ///
    /// Throws why it was not saved.
    func image() async throws(FleetError) -> SavedImage {
        let result = await withCheckedContinuation { continuation in
            let result = state.withLockedValue { state in
                if state.result == nil { state.waiters.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
        return try result.get()
    }
}
