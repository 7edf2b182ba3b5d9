import Glibc

/// The thread of one monitor: all that waits, and all of libudev, is on it.
struct WatchThread: Sendable {
    let state: MonitorState
    /// Readable when the thread shall end; the thread closes it.
    let stopped: Int32
    let source: @Sendable () throws(HotplugError) -> any DeviceSource

    /// How many events are thrown away in one go before a fresh enumeration, which knows better.
    private static let longestDrain = 65_536

    /// Starts it.
    func start() {
        let box = Unmanaged.passRetained(Start(self))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().thread.run()
                return nil
            }, box.toOpaque())
        guard result == 0 else {
            box.release()
            close(stopped)
            state.end(.udev(doing: "pthread_create", errno: result))
            return
        }
        pthread_detach(thread)
    }

    /// What the new thread takes over.
    private final class Start: Sendable {
        let thread: WatchThread
        init(_ thread: WatchThread) { self.thread = thread }
    }

    private func run() {
        // Signals are for threads that expect them.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        var failure: HotplugError?
        do throws(HotplugError) {
            try watch()
        } catch {
            failure = error
        }
        close(stopped)
        state.end(failure)
    }

    /// Returns when it shall end; the source is freed then.
    private func watch() throws(HotplugError) {
        let source = try source()
        let found = try source.enumerate()
        state.update { $0.find(found) }
        while !state.isStopping {
            var waits = [
                pollfd(fd: stopped, events: Int16(POLLIN), revents: 0),
                pollfd(fd: source.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&waits, nfds_t(waits.count), -1) < 0, errno != EINTR {
                throw HotplugError.udev(doing: "poll", errno: errno)
            }
            let seen = Int32(waits[1].revents)
            if seen != 0 { try take(from: source, mayBeEmpty: seen & (POLLIN | POLLERR) != 0) }
        }
    }

    /// Takes what the source has now.
    private func take(from source: any DeviceSource, mayBeEmpty: Bool) throws(HotplugError) {
        guard mayBeEmpty else { throw HotplugError.udev(doing: "poll", errno: EPIPE) }
        while !state.isStopping {
            switch source.receive() {
            case .added(let sighting): state.update { $0.add(sighting) }
            case .changed(let sighting): state.update { $0.change(sighting) }
            case .removed(let path, let number): state.update { $0.remove(path, deviceNumber: number) }
            case .nothing: continue
            case .empty: return
            case .overrun:
                drain(source)
                let found = try source.enumerate()
                state.update { $0.find(found) }
            case .failed(let error): throw error
            }
        }
    }

    private func drain(_ source: any DeviceSource) {
        for _ in 0..<Self.longestDrain {
            switch source.receive() {
            case .empty, .failed: return
            default: continue
            }
        }
    }
}
