import Glibc
import NIOConcurrencyHelpers

/// What the thread of a monitor and the one who takes its events share.
final class MonitorState: Sendable {
    typealias Answer = Result<HotplugEvent?, HotplugError>

    private struct Content {
        var ledger: DeviceLedger
        /// A descriptor that is open until the thread shall end, which sees it closed.
        var stopper: Int32?
        var isStopping = false
        /// How it ended.
        var end: Answer?
        /// Who waits for the next event: one at most.
        var waiting: CheckedContinuation<Answer, Never>?

        mutating func close() {
            if let stopper { Glibc.close(stopper) }
            stopper = nil
        }
    }

    private let content: NIOLockedValueBox<Content>

    /// `stopper` is closed when the thread shall end, or has.
    init(ledger: DeviceLedger, stopper: Int32?) {
        content = NIOLockedValueBox(Content(ledger: ledger, stopper: stopper))
    }

    // MARK: The thread's side

    /// Writes down what happened, and tells it if somebody waits.
    func update(_ change: (inout DeviceLedger) -> Void) {
        typealias Delivery = (taker: CheckedContinuation<Answer, Never>, event: HotplugEvent)
        let delivery: Delivery? = content.withLockedValue { content in
            change(&content.ledger)
            guard !content.isStopping, let taker = content.waiting, let event = content.ledger.next() else {
                return nil
            }
            content.waiting = nil
            return (taker, event)
        }
        delivery?.taker.resume(returning: Answer.success(delivery?.event))
    }

    /// Whether the thread shall end.
    var isStopping: Bool { content.withLockedValue { $0.isStopping } }

    /// Nothing of the thread's is open any more.
    func end(_ failure: HotplugError?) {
        let answer = failure.map { Answer.failure($0) } ?? Answer.success(nil)
        let waiting: CheckedContinuation<Answer, Never>? = content.withLockedValue { content in
            content.close()
            content.end = answer
            defer { content.waiting = nil }
            return content.waiting
        }
        waiting?.resume(returning: answer)
    }

    // MARK: The taker's side

    /// The next event; nil once it has ended.
    func next() async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Answer? = content.withLockedValue { content in
                    if let end = content.end { return end }
                    guard content.waiting == nil else { return .failure(.alreadyTaken) }
                    if !content.isStopping, let event = content.ledger.next() { return .success(event) }
                    content.waiting = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            stop()
        }
    }

    /// Tells the thread to end.
    func stop() {
        content.withLockedValue { content in
            content.isStopping = true
            content.close()
        }
    }
}
