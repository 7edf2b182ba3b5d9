/// What gives pulses, one after the other. It is made, used and freed on one thread.
///
/// Whatever it throws, it is freed then, and made anew for the next pulse.
public protocol PulseDevice: AnyObject {
    /// Does what can be done before, a few milliseconds ahead of the time, and sees whether it still works.
    func prepare() throws(TriggerError)

    /// Begins the pulse now, and says when it did, in nanoseconds of CLOCK_MONOTONIC.
    func begin() throws(TriggerError) -> Int64

    /// Sees the pulse, which began at that time, to its end.
    func finish(begunAt time: Int64) throws(TriggerError)
}

/// One line that is active or not. It is made, used and freed on one thread.
public protocol PulseLine: AnyObject {
    /// Switches it.
    func set(isActive: Bool) throws(TriggerError)
}

/// Pulses of one length on a line.
final class LinePulses: PulseDevice {
    private let line: any PulseLine
    private let length: Int64

    init(line: any PulseLine, length: Int64) {
        self.line = line
        self.length = length
    }

    /// A line that is gone says so when it is switched, and it is inactive already.
    func prepare() throws(TriggerError) { try line.set(isActive: false) }

    func begin() throws(TriggerError) -> Int64 {
        try line.set(isActive: true)
        return PulseClock.now()
    }

    func finish(begunAt time: Int64) throws(TriggerError) {
        PulseClock.pause(until: time + length)
        try line.set(isActive: false)
    }
}
