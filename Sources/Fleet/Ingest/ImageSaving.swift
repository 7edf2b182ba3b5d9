import Archive
import FleetModel
import NIOConcurrencyHelpers

/// One image on its way from a body to the disk, and who waits for that.
final class ImageSaving: Sendable {
    private struct State {
        /// What the journal has of it.
        var entry: Result<WantedImage, FleetError>?
        var entryWaiters: [CheckedContinuation<Result<WantedImage, FleetError>, Never>] = []
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
    private let state: NIOLockedValueBox<State>

    /// `wanted` is what the journal has of it already.
    init(_ path: ObjectPath, of body: CameraBody, at time: Int64, shot: Int64?, wanted: WantedImage? = nil) {
        self.path = path
        self.body = body
        self.time = time
        self.shot = shot
        state = NIOLockedValueBox(State(entry: wanted.map { .success($0) }))
    }

    /// Whether the journal has it.
    var isJournaled: Bool { state.withLockedValue { $0.entry != nil } }

    /// The journal has it, or could not take it.
    func note(_ entry: Result<WantedImage, FleetError>) {
        let waiters = state.withLockedValue { state in
            state.entry = entry
            defer { state.entryWaiters = [] }
            return state.entryWaiters
        }
        for waiter in waiters { waiter.resume(returning: entry) }
    }

    /// Waits until the journal has it.
    ///
    /// Throws why it has not.
    func wanted() async throws(FleetError) -> WantedImage {
        let entry = await withCheckedContinuation { continuation in
            let entry = state.withLockedValue { state in
                if state.entry == nil { state.entryWaiters.append(continuation) }
                return state.entry
            }
            if let entry { continuation.resume(returning: entry) }
        }
        return try entry.get()
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
