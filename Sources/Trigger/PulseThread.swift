import CDriverLog
import Foundation
import Glibc

/// The thread of one trigger: the device is made, used and freed here, and here the pulses' times are waited for. It goes
/// before all other threads (SCHED_FIFO) where that is allowed.
struct PulseThread: Sendable {
    let queue: PulseQueue
    let open: @Sendable () throws(TriggerError) -> any PulseDevice

    /// Starts it. It ends with its queue.
    func start() {
        Thread.detachNewThread { run() }
    }

    private func run() {
        // Signals are for threads that expect them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        _ = driver_thread_set_realtime()
        driver_thread_quicken()
        defer { driver_thread_set_ordinary() }
        var device: (any PulseDevice)?
        // What the box did wrong at its last pulse, which no look can find out.
        var fault: TriggerError?
        while true {
            switch queue.next() {
            case .end:
                device = nil
                return queue.know(.stopped)
            case .look:
                do throws(TriggerError) {
                    _ = try ready(&device)
                    queue.know(fault)
                } catch {
                    queue.know(error)
                }
            case .pulse(let pulse):
                do throws(TriggerError) {
                    let ready = try ready(&device)
                    PulseClock.pause(until: pulse.time)
                    let time = try ready.begin()
                    try ready.finish(begunAt: time)
                    fault = nil
                    queue.know(nil)
                    pulse.tell(.success(time))
                } catch {
                    device = nil
                    fault = error.isOfBox ? error : nil
                    queue.know(error)
                    pulse.tell(.failure(error))
                }
            case .wait(let time): wait(until: time)
            }
        }
    }

    /// The device, open and ready for a pulse. One that was open and fails is freed, and opened once more.
    private func ready(_ device: inout (any PulseDevice)?) throws(TriggerError) -> any PulseDevice {
        if let open = device, (try? open.prepare()) != nil { return open }
        device = nil
        let fresh = try open()
        try fresh.prepare()
        device = fresh
        return fresh
    }

    private func wait(until time: Int64) {
        var entry = pollfd(fd: queue.woken, events: Int16(POLLIN), revents: 0)
        let rest = time == .max ? -1 : PulseClock.milliseconds(until: time)
        guard poll(&entry, 1, rest) > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(queue.woken, &bytes, bytes.count) > 0 {}
    }
}

extension TriggerError {
    /// Whether it is the box that failed, at a port that is there.
    fileprivate var isOfBox: Bool {
        switch self {
        case .noAnswer, .notTaken: true
        default: false
        }
    }
}
