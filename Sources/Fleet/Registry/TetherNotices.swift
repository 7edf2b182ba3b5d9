import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What a tether is told from outside while it works or waits: that its device is gone, or that something about it has
/// changed and it may be tried again.
final class TetherNotices: Sendable {
    private struct State {
        var isRemoved = false
        var link: WorkerLink?
        var pause: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())

    /// Whether the device is gone.
    var isRemoved: Bool { state.withLockedValue { $0.isRemoved } }

    /// The device is gone: what runs ends with `error`, and nothing is begun any more.
    func remove(_ error: FleetError) {
        let (link, pause) = state.withLockedValue { state in
            state.isRemoved = true
            defer { state.pause = nil }
            return (state.link, state.pause)
        }
        link?.abandon(error)
        pause?.succeed()
    }

    /// Something has changed: a pause ends now.
    func nudge() {
        let pause = state.withLockedValue { state in
            defer { state.pause = nil }
            return state.pause
        }
        pause?.succeed()
    }

    /// The link that ends when the device goes; at once where it went already.
    func watch(_ link: WorkerLink?, or error: FleetError) {
        let isRemoved = state.withLockedValue { state in
            state.link = link
            return state.isRemoved
        }
        if isRemoved { link?.abandon(error) }
    }

    /// Waits for so long, or until there is news, or the task is cancelled.
    func pause(for time: Duration) async {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Void.self)
        let isRemoved = state.withLockedValue { state in
            state.pause = promise
            return state.isRemoved
        }
        if isRemoved { promise.succeed() }
        let timer = loop.scheduleTask(in: TimeAmount(time)) { promise.succeed() }
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            promise.succeed()
        }
        timer.cancel()
    }
}
