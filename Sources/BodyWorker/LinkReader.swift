import CDriverLog
import Dispatch
import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Reads the link: puts commands into the queue, and ends the process when the server is gone, whatever the driver is
/// doing. Nothing is released then: the kernel does that.
///
/// The body's thread reads for itself whenever it has nothing else to do, so that a command wakes one thread alone. While
/// that thread is in the driver, the watching thread reads in its stead.
final class LinkReader: Sendable {
    private struct Input {
        var decoder = PacketDecoder(limits: .onLink)
        var bytes = ByteBuffer()
    }

    private struct Watch {
        /// Since when the body's thread is in the driver, if it is.
        var busySince: Int64?
        var lastCommand: Int64 = 0
        var isDozing = false
        /// Whether the body's thread has something to undo when the link ends.
        var isEndHeld = false
        /// Since when the link is at its end, where that is held.
        var ended: Int64?
    }

    private let descriptor: Int32
    private let queue: WorkQueue
    private let writer: LinkWriter
    private let opening: Opening?
    private let input = NIOLockedValueBox(Input())
    private let state = NIOLockedValueBox(Watch())
    private let commandBegan = DispatchSemaphore(value: 0)
    /// Wakes the body's thread when the watching thread put work into the queue for it.
    private let wakening: (reader: Int32, writer: Int32)

    /// How long the body's thread is in the driver before the watching thread reads in its stead.
    private static let shortWork: Int64 = 10_000_000
    /// How often the watching thread looks: while commands come, and when nobody wants anything.
    private static let watchInterval = DispatchTimeInterval.milliseconds(10)
    private static let dozeInterval = DispatchTimeInterval.milliseconds(500)
    private static let restlessTime: Int64 = 1_000_000_000
    private static let longestRead = 65_536
    /// How long the body's thread has for what it undoes at the end of the link.
    private static let endTime: Int64 = 1_000_000_000

    /// `opening` is watched while it lasts: a silent body must not hold up what its driver waits for.
    init(descriptor: Int32, queue: WorkQueue, writer: LinkWriter, opening: Opening?) {
        self.descriptor = descriptor
        self.queue = queue
        self.writer = writer
        self.opening = opening
        var ends: [Int32] = [-1, -1]
        let kind = [SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC].reduce(0) { $0 | Int32($1.rawValue) }
        // Where there is none, the body's thread finds the work when it next looks.
        _ = socketpair(AF_UNIX, kind, 0, &ends)
        wakening = (ends[0], ends[1])
    }

    deinit {
        close(wakening.reader)
        close(wakening.writer)
    }

    // MARK: The body's thread

    /// Reads what is there, and waits so long for something if the queue is empty.
    func read(waiting milliseconds: Int32) {
        guard queue.isEmpty else { return read() }
        wait(milliseconds: milliseconds)
    }

    /// Waits so long for something to come, also while work waits, and reads it.
    func wait(milliseconds: Int32) {
        var ready = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakening.reader, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&ready, 2, milliseconds) > 0 else { return }
        if ready[1].revents != 0 {
            var bytes: UInt64 = 0
            _ = Glibc.read(wakening.reader, &bytes, 8)
        }
        if ready[0].revents != 0 { read() }
    }

    /// The body's thread goes into the driver, for a command or for something that nobody waits for.
    func begin(isCommand: Bool) {
        let now = MonotonicClock.now()
        let isToWake = state.withLockedValue { state in
            state.busySince = now
            guard isCommand else { return false }
            state.lastCommand = now
            defer { state.isDozing = false }
            return state.isDozing
        }
        if isToWake { commandBegan.signal() }
    }

    /// The body's thread is out of the driver.
    func end() {
        state.withLockedValue { $0.busySince = nil }
    }

    /// Has the body's thread end the process when the link ends, soon after `hasEnded`; or, with false, ends it at once again.
    func holdEnd(_ isHeld: Bool) {
        let hasEnded = state.withLockedValue { state in
            state.isEndHeld = isHeld
            return state.ended != nil
        }
        if hasEnded, !isHeld { driver_process_end(0) }
    }

    /// Whether the link has ended, where that is held.
    var hasEnded: Bool { state.withLockedValue { $0.ended != nil } }

    // MARK: The watching thread

    /// Reads while the body is being opened, and whenever its thread is in the driver for long; until the link ends, which
    /// ends the process.
    func watch() -> Never {
        while true {
            if opening?.isUnderWay ?? false {
                readInStead(milliseconds: 50)
                opening?.endIfSilent()
                continue
            }
            let now = MonotonicClock.now()
            if let ended = state.withLockedValue({ $0.ended }) {
                if now - ended > Self.endTime { driver_process_end(0) }
                _ = commandBegan.wait(timeout: .now() + Self.watchInterval)
                continue
            }
            let (isLong, isDozing) = state.withLockedValue { state in
                let isLong = state.busySince.map { now - $0 > Self.shortWork } ?? false
                state.isDozing = !isLong && now - state.lastCommand > Self.restlessTime
                return (isLong, state.isDozing)
            }
            if isLong {
                readInStead(milliseconds: 20)
            } else {
                _ = commandBegan.wait(timeout: .now() + (isDozing ? Self.dozeInterval : Self.watchInterval))
            }
        }
    }

    private func readInStead(milliseconds: Int32) {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return }
        read()
        // Its thread may have come out of the driver meanwhile, and wait.
        _ = write(wakening.writer, "1", 1)
    }

    // MARK: Reading

    /// Reads what is there, if anything is.
    func read() {
        input.withLockedValue { input in
            let count = input.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.longestRead) { bytes in
                while true {
                    let count = recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
                    if count < 0, errno == EINTR { continue }
                    if count < 0, errno == EAGAIN { return 0 }
                    if count <= 0 { end(at: MonotonicClock.now()) }
                    return max(0, count)
                }
            }
            guard count > 0 else { return }
            do {
                while let packet = try input.decoder.decode(buffer: &input.bytes) { take(packet) }
            } catch {
                driver_process_end(70)
            }
            input.bytes.discardReadBytes()
        }
    }

    /// The server is gone.
    private func end(at time: Int64) {
        let isHeld = state.withLockedValue { state in
            if state.isEndHeld, state.ended == nil { state.ended = time }
            return state.isEndHeld
        }
        if !isHeld { driver_process_end(0) }
    }

    /// Does what a packet of the server asks for: puts a command into the queue, or refuses it.
    func take(_ packet: PtpPacket) {
        guard packet.type == .command else { return }
        if packet.code == CommandCode.cancel.rawValue {
            let arguments = try? PacketJSON.decode(CancelArguments.self, from: packet.content)
            if let transaction = arguments?.transactionID, queue.cancel(transaction) {
                writer.refuse(transaction, FleetError(.transactionCancelled, "The command was stopped."))
            }
            writer.answer(packet.transactionID, Nothing())
        } else if !queue.put(LinkWork(packet)) {
            writer.refuse(packet.transactionID, FleetError(.tooMany, "Too much waits for this body already."))
        }
    }
}

/// The opening of a body, as the watching thread sees it.
final class Opening: Sendable {
    private let isNetwork: Bool
    private let patience: Int64
    private let started: Int64
    private let underWay = NIOLockedValueBox(true)
    private let onSilence: @Sendable () -> Never

    /// Starts the clock. `onSilence` ends the process.
    init(isNetwork: Bool, patienceMilliseconds: Int, onSilence: @escaping @Sendable () -> Never) {
        self.isNetwork = isNetwork
        patience = Int64(patienceMilliseconds) * 1_000_000
        started = MonotonicClock.now()
        self.onSilence = onSilence
    }

    /// Whether the driver is still at it.
    var isUnderWay: Bool { underWay.withLockedValue { $0 } }

    /// The driver is done, one way or the other.
    func finish() {
        underWay.withLockedValue { $0 = false }
    }

    /// Ends the process when nothing came from the body for as long as the patience lasts.
    func endIfSilent() {
        guard isNetwork, isUnderWay, MonotonicClock.now() - max(started, driver_log_last_received()) > patience else {
            return
        }
        onSilence()
    }
}
