import Glibc
import NIOConcurrencyHelpers

/// The pulses that wait for their time, and the word that ends their thread.
///
/// Bounded: so many pulses may wait, one more is refused; so many may ask how the device is, the others get what is known.
final class PulseQueue: Sendable {
    /// A pulse, and who is told of it.
    struct Pulse {
        let number: UInt64
        let time: Int64
        let tell: @Sendable (Result<Int64, TriggerError>) -> Void
    }

    /// What the thread does next.
    enum Step {
        case pulse(Pulse)
        case look
        case wait(until: Int64)
        case end
    }

    private struct State {
        var isStopped = false
        var isLookWanted = true
        var last: UInt64 = 0
        /// In the order of their times.
        var pulses: [Pulse] = []
        var problem: TriggerError?
        var askers: [CheckedContinuation<TriggerError?, Never>] = []
    }

    /// How long before its time a pulse is taken up, and cannot be taken back any more, in nanoseconds.
    static let ahead: Int64 = 5_000_000
    /// Nobody looks at the device when a pulse is as near as that.
    private static let quiet: Int64 = 200_000_000

    let capacity: Int
    private let port: String
    private let state = NIOLockedValueBox(State())
    private let waking: Int32
    /// Readable when there is something new; the thread reads it.
    let woken: Int32

    init(port: String, capacity: Int) throws(TriggerError) {
        self.port = port
        self.capacity = capacity
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw TriggerError.system(port: port, doing: "socketpair", errno: errno)
        }
        (woken, waking) = (ends[0], ends[1])
    }

    deinit {
        close(waking)
        close(woken)
    }

    /// A socket that is full has the thread awake already.
    private func wake() {
        var byte: UInt8 = 1
        _ = write(waking, &byte, 1)
    }

    // MARK: Those who want pulses

    func add(
        at time: Int64, then tell: @escaping @Sendable (Result<Int64, TriggerError>) -> Void
    ) -> ScheduledPulse {
        let added = state.withLockedValue { state -> Result<UInt64, TriggerError> in
            guard !state.isStopped else { return .failure(.stopped) }
            guard state.pulses.count < capacity else { return .failure(.tooMany(port: port, limit: capacity)) }
            state.last += 1
            let time = max(0, time)
            let place = state.pulses.firstIndex { $0.time > time } ?? state.pulses.endIndex
            state.pulses.insert(Pulse(number: state.last, time: time, tell: tell), at: place)
            return .success(state.last)
        }
        switch added {
        case .failure(let error):
            tell(.failure(error))
            return ScheduledPulse {}
        case .success(let number):
            wake()
            return ScheduledPulse { [weak self] in self?.remove(number) }
        }
    }

    private func remove(_ number: UInt64) {
        let pulse = state.withLockedValue { state in
            state.pulses.firstIndex { $0.number == number }.map { state.pulses.remove(at: $0) }
        }
        pulse?.tell(.failure(.cancelled))
    }

    /// What is against the device, after a look at it where there is time for one.
    func problem() async -> TriggerError? {
        await withCheckedContinuation { continuation in
            let known = state.withLockedValue { state -> TriggerError?? in
                let isBusy = state.pulses.first.map { $0.time < PulseClock.now() + Self.quiet } ?? false
                guard !state.isStopped, !isBusy, state.askers.count < capacity else { return .some(state.problem) }
                state.askers.append(continuation)
                state.isLookWanted = true
                return nil
            }
            if let known { continuation.resume(returning: known) } else { wake() }
        }
    }

    /// Ends the thread; pulses that wait are not given.
    func stop() {
        let pulses = state.withLockedValue { state in
            state.isStopped = true
            defer { state.pulses = [] }
            return state.pulses
        }
        wake()
        for pulse in pulses { pulse.tell(.failure(.stopped)) }
    }

    // MARK: The thread

    /// What is to be done now.
    func next() -> Step {
        state.withLockedValue { state in
            guard !state.isStopped else { return .end }
            let now = PulseClock.now()
            if let first = state.pulses.first, first.time - Self.ahead <= now {
                return .pulse(state.pulses.removeFirst())
            }
            if state.isLookWanted {
                state.isLookWanted = false
                return .look
            }
            return .wait(until: state.pulses.first.map { $0.time - Self.ahead } ?? .max)
        }
    }

    /// What came of a look or of a pulse.
    func know(_ problem: TriggerError?) {
        let askers = state.withLockedValue { state in
            state.problem = problem
            guard !state.isLookWanted || state.isStopped else {
                return [] as [CheckedContinuation<TriggerError?, Never>]
            }
            defer { state.askers = [] }
            return state.askers
        }
        for asker in askers { asker.resume(returning: problem) }
    }
}
