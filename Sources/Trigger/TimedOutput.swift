/// A trigger whose pulses are given by a thread of its own, so that nothing else of the program holds them up.
///
/// The device is opened at once, so that a line is at rest from then on, and anew after it failed. Its thread ends, and frees
/// it, when the output is not used any more.
public final class TimedOutput: TriggerOutput {
    /// What it is made of.
    public let kind: TriggerKind
    /// Where it is, for a person.
    public let port: String
    private let queue: PulseQueue

    /// How many pulses may wait for their time unless another number is given.
    public static let usualCapacity = 64

    /// A trigger of pulses on a line, each so long. `open` is called on the thread.
    ///
    /// Throws `system` where the process has no descriptors left.
    public convenience init(
        kind: TriggerKind, port: String, pulseLength: Duration, capacity: Int = usualCapacity,
        line open: @escaping @Sendable () throws(TriggerError) -> any PulseLine
    ) throws(TriggerError) {
        let length = Int64(pulseLength / .nanoseconds(1))
        try self.init(kind: kind, port: port, capacity: capacity) { () throws(TriggerError) in
            LinePulses(line: try open(), length: length)
        }
    }

    /// A trigger of any device. `open` is called on the thread; `capacity` pulses may wait, one more is refused.
    ///
    /// Throws `system` where the process has no descriptors left.
    public init(
        kind: TriggerKind, port: String, capacity: Int = usualCapacity,
        device open: @escaping @Sendable () throws(TriggerError) -> any PulseDevice
    ) throws(TriggerError) {
        self.kind = kind
        self.port = port
        queue = try PulseQueue(port: port, capacity: capacity)
        PulseThread(queue: queue, open: open).start()
    }

    deinit { queue.stop() }

    /// Has one pulse given at a time. With `tooMany` where as many wait as may, `stopped` where the output is not used any
    /// more.
    public func schedule(
        at time: Int64, then tell: @escaping @Sendable (Result<Int64, TriggerError>) -> Void
    ) -> ScheduledPulse {
        queue.add(at: time, then: tell)
    }

    /// Why it gives no pulse now. Nobody looks while a pulse is near: then it is what was known last.
    public func problem() async -> TriggerError? {
        await queue.problem()
    }
}
