import CDriverLog
import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Reads the link on a thread of its own: puts commands into the queue, and ends the process when the server is gone,
/// whatever the driver is doing. Nothing is released then: the kernel does that.
final class LinkReader: Sendable {
    private let descriptor: Int32
    private let queue: WorkQueue
    private let writer: LinkWriter
    private let opening: Opening?

    /// `opening` is watched while it lasts: a silent body must not hold up what its driver waits for.
    init(descriptor: Int32, queue: WorkQueue, writer: LinkWriter, opening: Opening?) {
        self.descriptor = descriptor
        self.queue = queue
        self.writer = writer
        self.opening = opening
    }

    /// Reads until the link ends, which ends the process.
    func run() -> Never {
        let processor = NIOSingleStepByteToMessageProcessor(PacketDecoder(limits: .onLink))
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let isWatching = opening?.isUnderWay ?? false
            guard poll(&ready, 1, isWatching ? 50 : -1) > 0 else {
                opening?.endIfSilent()
                continue
            }
            let count = read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { _exit(0) }
            do {
                try processor.process(buffer: ByteBuffer(bytes: bytes[..<count])) { packet in take(packet) }
            } catch {
                _exit(70)
            }
        }
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
