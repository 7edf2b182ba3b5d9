import Glibc

/// Watches devices on USB come and go, by libudev, on a thread of its own.
///
/// ```swift
/// let monitor = UdevMonitor(models: models)
/// for try await event in monitor.events { … }
/// ```
///
/// It subscribes first and enumerates then, so that no device is missed, and drops what is told twice. What is not
/// taken waits as the difference between what is there and what was told (`DeviceLedger`): however slow the taker,
/// memory stays bounded, and in the end it knows what is there. The same when the kernel loses events because its
/// buffer is full: then it enumerates again.
public final class UdevMonitor: Sendable {
    /// Who tells what happens.
    public enum Group: String, Sendable {
        /// udev, after its rules made device nodes and set permissions.
        case udev
        /// The kernel itself: where udev does not run, as in containers.
        case kernel

        /// udev where it runs (`control` is there), else the kernel.
        public static func running(control: String = "/run/udev/control") -> Group {
            access(control, F_OK) == 0 ? .udev : .kernel
        }
    }

    private let state: MonitorState

    /// A monitor, which starts at once. What goes wrong, `events` says.
    ///
    /// - Parameters:
    ///   - models: What libgphoto2 knows.
    ///   - tellsOthers: Whether devices that are no cameras are told, too.
    ///   - group: Who tells what happens.
    ///   - bufferSize: How many bytes of events the kernel shall keep. For more than `net.core.rmem_max` one needs
    ///     CAP_NET_ADMIN; without it, it is that.
    public convenience init(
        models: UsbModels, tellsOthers: Bool = false, group: Group = .running(), bufferSize: Int32 = 128 << 20
    ) {
        self.init(models: models, tellsOthers: tellsOthers) { () throws(HotplugError) in
            try UdevSource(group: group, bufferSize: bufferSize)
        }
    }

    /// A monitor of another source, which is made, used and freed on the monitor's thread.
    package init(
        models: UsbModels, tellsOthers: Bool = false,
        source: @escaping @Sendable () throws(HotplugError) -> any DeviceSource
    ) {
        var ends: [Int32] = [-1, -1]
        let result = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        let problem = errno
        let ledger = DeviceLedger(models: models, tellsOthers: tellsOthers)
        guard result == 0 else {
            state = MonitorState(ledger: ledger, stopper: nil)
            state.end(HotplugError.udev(doing: "socketpair", errno: problem))
            return
        }
        state = MonitorState(ledger: ledger, stopper: ends[0])
        WatchThread(state: state, stopped: ends[1], source: source).start()
    }

    deinit { state.stop() }

    /// What happens, from what is there at first. For one taker: a second one who waits at the same time is refused.
    ///
    /// It ends after `stop`, or when the taker's task is cancelled, once all that the monitor had open is closed; it
    /// throws when devices cannot be watched any more.
    public var events: HotplugEvents { HotplugEvents(monitor: self, state: state) }

    /// Ends it. It is over when `events` has ended.
    public func stop() { state.stop() }
}

/// The events of one monitor.
public struct HotplugEvents: AsyncSequence, Sendable {
    /// What happens.
    public typealias Element = HotplugEvent
    /// Why devices cannot be watched any more.
    public typealias Failure = HotplugError

    // Kept, since the monitor ends with its last reference.
    fileprivate let monitor: UdevMonitor
    fileprivate let state: MonitorState

    /// Takes the events; for one taker.
    public func makeAsyncIterator() -> Iterator { Iterator(monitor: monitor, state: state) }

    /// Takes one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let monitor: UdevMonitor
        fileprivate let state: MonitorState

        /// The next event, as soon as there is one; nil once the monitor has ended.
        public mutating func next() async throws(HotplugError) -> HotplugEvent? {
            try await state.next().get()
        }

        /// The next event, as soon as there is one; nil once the monitor has ended.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(HotplugError) -> HotplugEvent? {
            try await state.next().get()
        }
    }
}
