import NIOConcurrencyHelpers
import Trigger

/// What pulses came to, as their scheduler is told.
final class Told: Sendable {
    private let box = NIOLockedValueBox<[Result<Int64, TriggerError>]>([])

    var results: [Result<Int64, TriggerError>] { box.withLockedValue { $0 } }

    func take(_ result: Result<Int64, TriggerError>) { box.withLockedValue { $0.append(result) } }
}
