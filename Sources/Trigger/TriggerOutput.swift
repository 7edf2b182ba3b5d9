/// What a trigger is made of.
public enum TriggerKind: String, Sendable, Codable {
    /// A line of a GPIO chip.
    case gpio
    /// A box at a serial port that takes commands of text.
    case serial
}

/// Something outside of the machine that is given pulses at set times: a line to cameras or flashes, or a box.
///
/// Times are nanoseconds of CLOCK_MONOTONIC.
public protocol TriggerOutput: Sendable {
    /// What it is made of.
    var kind: TriggerKind { get }

    /// Where it is, for a person: `gpiochip0:17`, `/dev/ttyUSB0`.
    var port: String { get }

    /// Has one pulse given at a time, at once where that is over, and returns at once. `tell` is called once, by another
    /// thread: with when the pulse was really given, as soon as it is over, or with why there was none. It must not block.
    func schedule(
        at time: Int64, then tell: @escaping @Sendable (Result<Int64, TriggerError>) -> Void
    ) -> ScheduledPulse

    /// Why it gives no pulse now; nil where nothing is known against it. What is not open is tried to be opened.
    func problem() async -> TriggerError?
}

extension TriggerOutput {
    /// Gives one pulse at a time, at once where that is over, and says when it was really given. A task that is cancelled
    /// before gives none.
    ///
    /// Throws why there was none, or why it did not go as it should: the port, the line or the box.
    public func pulse(at time: Int64) async throws(TriggerError) -> Int64 {
        let cancelling = PulseCancelling()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancelling.take(schedule(at: time) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            cancelling.cancel()
        }
        return try result.get()
    }
}
