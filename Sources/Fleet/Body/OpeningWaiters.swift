import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Those who wait for a body to be open.
final class OpeningWaiters: Sendable {
    private let waiting = NIOLockedValueBox<[EventLoopPromise<Void>]>([])

    /// Waits from now on, for `limit` at most.
    func begin(limit: Duration) -> EventLoopFuture<Void> {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(FleetError(.timedOut, "The body was not ready again within \(limit.formattedSeconds)."))
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        waiting.withLockedValue { $0.append(promise) }
        return promise.futureResult
    }

    /// Those who wait for this one wait for another.
    func join(_ other: OpeningWaiters) {
        let promises = take()
        other.waiting.withLockedValue { $0 += promises }
    }

    private func take() -> [EventLoopPromise<Void>] {
        waiting.withLockedValue { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    /// The opening has succeeded, or not.
    func finish(_ result: Result<Void, FleetError>) {
        for promise in take() { promise.completeWith(result.mapError { $0 as any Error }) }
    }
}
