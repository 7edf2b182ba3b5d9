import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// START_SEQUENCE: releases of one body at an interval, until as many brought their images as were asked for, it is
/// stopped, its session ends, or the body says that no more will come.
///
/// Release k is due at t0 + k · interval, however long each takes. A beat that was missed altogether is not made up for,
/// and one that failed is tried again at the next.
final class CaptureSequence: Sendable {
    private struct State {
        var taken = 0
        /// Whether those who listen know that it is over.
        var isEndTold = false
        var isStopped = false
        var isFinished = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private static let last = NIOLockedValueBox<UInt64>(0)
    /// How long a body that could not is left alone at least.
    private static let failurePause: Int64 = 1_000_000_000

    let id: UInt64
    private let session: Session
    private let release: BodyWork
    private let count: Int
    private let beats: Beats
    private let isBulb: Bool
    /// Whether the images are saved on the server; the next release does not wait for that.
    private let savesImages: Bool
    private let state = NIOLockedValueBox(State())
    private let stopSignal: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation

    /// Names a sequence.
    static func nextID() -> UInt64 {
        last.withLockedValue { last in
            last += 1
            return last
        }
    }

    init(
        id: UInt64, session: Session, release: BodyWork, isBulb: Bool, savesImages: Bool, count: Int, interval: Duration
    ) {
        self.id = id
        self.session = session
        self.release = release
        self.count = count
        beats = Beats(interval: Int64(interval / .nanoseconds(1)))
        self.isBulb = isBulb
        self.savesImages = savesImages
        (stopSignal, stopping) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether nothing comes of it any more.
    var isFinished: Bool { state.withLockedValue { $0.isFinished } }

    /// Runs to its end.
    func run() async {
        await withTaskGroup { group in
            group.addTask { await self.releases() }
            group.addTask { [stopSignal] in for await _ in stopSignal {} }
            await group.next()
            group.cancelAll()
        }
        tell(nil, isEnd: true)
        let waiters = state.withLockedValue { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Has it end soon.
    func requestStop() {
        state.withLockedValue { $0.isStopped = true }
        stopping.finish()
    }

    /// Ends it; gives how many were taken once nothing is released any more. What has been released may bring its image
    /// for a moment, so that it is counted.
    func stop() async -> Int {
        requestStop()
        let body = session.body
        let isOurs: @Sendable (WorkKey) -> Bool = { [id] in $0.sequence == id }
        await body.cancel(onlyWaiting: !isBulb, where: isOurs)
        await withTaskGroup { group in
            group.addTask { await self.waitUntilFinished() }
            group.addTask {
                guard (try? await Task.sleep(for: Self.stopPatience)) != nil else { return }
                await body.cancel(where: isOurs)
            }
            await group.next()
            group.cancelAll()
            await waitUntilFinished()
        }
        await body.waitUntilSettled(where: isOurs)
        return state.withLockedValue { $0.taken }
    }

    /// How long a release that is under way may go on after the stop.
    private static let stopPatience = Duration.seconds(2)

    private func waitUntilFinished() async {
        await withCheckedContinuation { continuation in
            let isFinished = state.withLockedValue { state in
                if !state.isFinished { state.waiters.append(continuation) }
                return state.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private var isOver: Bool { state.withLockedValue { $0.isStopped || $0.taken >= count } || session.isClosed }

    private func releases() async {
        let start = ContinuousClock.now
        func now() -> Int64 { Int64(start.duration(to: .now) / .nanoseconds(1)) }
        var due: Int64 = 0
        while !isOver, !Task.isCancelled {
            let time = start + .nanoseconds(due)
            guard (try? await Task.sleep(until: time, tolerance: .zero, clock: .continuous)) != nil, !isOver else {
                return
            }
            do throws(FleetError) {
                try session.requireAccess()
                try session.ingest.requireRoom(for: [session.body], isAsked: savesImages)
                let key = WorkKey(session: session.id, sequence: id)
                let body = session.body
                let begun = MonotonicTime.now()
                let answer = try await body.perform(release, for: key) { [self] in isOver }
                if savesImages {
                    for image in try PacketJSON.decode(CapturedImages.self, from: answer.json).images {
                        _ = session.ingest.save(image.path, of: body, since: begun)
                    }
                }
                let isLast = state.withLockedValue { state in
                    state.taken += 1
                    return state.taken >= count
                }
                tell(nil, isEnd: isLast)
                due = beats.next(after: due, now: now())
            } catch {
                guard !isOver else { return }
                tell(error, isEnd: error.endsSequences)
                guard !error.endsSequences else { return }
                due = beats.next(after: due, notBefore: now() + Self.failurePause)
            }
        }
    }

    /// Tells how far it is; that it is over only once.
    private func tell(_ error: FleetError?, isEnd: Bool) {
        let taken = state.withLockedValue { state -> Int? in
            if isEnd, state.isEndTold { return nil }
            state.isEndTold = isEnd
            return state.taken
        }
        guard let taken else { return }
        session.body.face.tell(
            .sequenceProgress(
                camera: session.camera.id, sequence: id, taken: taken, count: count,
                error: error.map { ErrorDescription($0) }, ended: isEnd))
    }
}

extension FleetError {
    /// Whether no later release will fare better without somebody's doing.
    var endsSequences: Bool {
        switch kind {
        case .operationNotSupported, .parameterNotSupported, .invalidParameter, .storeFull, .storeNotAvailable: true
        default: false
        }
    }
}
