import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import NIOCore
import PacketProtocol

/// The one thread that calls libgphoto2: opens the body, does the link's work in the queue's order, and between work
/// listens to what the body tells.
final class BodyThread {
    private let queue: WorkQueue
    private let reader: LinkReader
    private let writer: LinkWriter
    private let body: OpenBody
    private let events: BodyEvents
    private let commands: BodyCommands

    private var lastWork = MonotonicClock.now()
    private var lastDrain: Int64 = 0
    private var lastExchange = MonotonicClock.now()
    private var callStart = MonotonicClock.now()
    private var isTrimmed = false
    private var toldBattery: Int?

    /// How often the body's events are looked at: soon after work, and later.
    private static let busyInterval: Int64 = 20_000_000
    private static let idleInterval: Int64 = 50_000_000
    /// How often a body that nobody uses is asked whether it is there.
    private static let exchangeInterval: Int64 = 2_000_000_000
    /// How long a body on the network says nothing when its driver gives up.
    private static let silence = OpenBody.silence
    /// How long a command is tried on a busy body: less than the server waits for any (protocol.md, section 6).
    private static let busyTime: Int64 = 20_000_000_000
    /// After how long without work memory is given back.
    private static let trimTime: Int64 = 2_000_000_000

    init(body: OpenBody, queue: WorkQueue, reader: LinkReader, writer: LinkWriter, pieces: PieceSender) {
        self.body = body
        self.queue = queue
        self.reader = reader
        self.writer = writer
        let known = KnownObjects()
        events = BodyEvents(body: body, queue: queue, reader: reader, writer: writer, known: known)
        commands = BodyCommands(
            body: body, queue: queue, reader: reader, writer: writer, pieces: pieces, events: events, known: known)
    }

    /// Works until the body is lost, which ends the process.
    func run() -> Never {
        let description = body.describe()
        toldBattery = description.battery
        writer.tell(LinkEvent.opened.rawValue, description)
        while true {
            let interval = MonotonicClock.now() - lastWork < 1_000_000_000 ? Self.busyInterval : Self.idleInterval
            reader.read(waiting: Int32(interval / 1_000_000))
            while queue.awaitsNext { reader.wait(milliseconds: 1) }
            commands.arming.look()
            if let work = queue.take() {
                isTrimmed = false
                // A stream of work leaves no idle time: events come between all the same, before a release never.
                let patience = work.priority == .command ? 4 * Self.idleInterval : Self.idleInterval
                let isDue = MonotonicClock.now() - lastDrain > (events.hasMore ? Self.busyInterval : patience)
                if work.priority > .release, isDue { listen(isAwaited: true) }
                reader.begin(isCommand: true)
                serve(work)
                reader.end()
                queue.finish()
                lastWork = MonotonicClock.now()
                lastExchange = lastWork
            } else {
                listen(isAwaited: false)
                reader.begin(isCommand: false)
                rest()
                reader.end()
            }
        }
    }

    private func listen(isAwaited: Bool) {
        callStart = MonotonicClock.now()
        lastDrain = MonotonicClock.now()
        reader.begin(isCommand: false)
        defer { reader.end() }
        do {
            try events.drain(isAwaited: isAwaited)
        } catch {
            _ = judge(error)
        }
    }

    /// What is done when nobody wants anything.
    private func rest() {
        let now = MonotonicClock.now()
        if now - lastExchange > Self.exchangeInterval {
            callStart = now
            lastExchange = now
            do throws(GPhotoError) {
                let status = try body.exchange()
                if let battery = status.battery, battery != toldBattery {
                    toldBattery = battery
                    writer.tell(LinkEvent.status.rawValue, status)
                }
            } catch {
                _ = judge(Doubt(failure: error, task: .other))
            }
        }
        if events.isMissing {
            do {
                try body.card.mend(.other)
            } catch {
                _ = judge(error)
            }
        }
        if !isTrimmed, now - lastWork > Self.trimTime {
            driver_memory_trim()
            isTrimmed = true
        }
    }

    private func serve(_ work: LinkWork) {
        callStart = MonotonicClock.now()
        do {
            try patiently(work.priority) { try commands.perform(work) }
        } catch let failure as LateFailure {
            judge(failure.doubt)
        } catch is GivingWay {
            guard !queue.giveBack(work) else { return }
            writer.refuse(work.transaction, FleetError(.transactionCancelled, "The command was stopped."))
        } catch {
            judge(error) { self.writer.refuse(work.transaction, $0) }
        }
    }

    /// Tries a command again while the body is busy, after a release that comes meanwhile. A release has its own patience, and
    /// who wants frames or pieces asks again by itself.
    private func patiently(_ priority: LinkWork.Priority, _ action: () throws -> Void) throws {
        let deadline = MonotonicClock.now() + Self.busyTime
        while true {
            // What the body refused before says nothing of this.
            driver_log_forget_refusal()
            do {
                return try action()
            } catch let doubt as Doubt where doubt.isBusy && priority == .command {
                guard MonotonicClock.now() < deadline else { throw doubt }
                guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
                guard !queue.hasWork(.release) else { throw GivingWay() }
            }
            try events.drain(untilQuiet: true)
            commands.arming.look()
            MonotonicClock.pause(milliseconds: Releasing.busyPause)
            callStart = MonotonicClock.now()
        }
    }

    // MARK: Losing the body

    /// The error that a failure means, told by `tell` before anything ends. Where the failure leaves doubt that the body is
    /// still there, and the body is not, the process ends: over PTP/IP a link that lost step is no good any more.
    @discardableResult
    private func judge(_ error: any Error, tell: (FleetError) -> Void = { _ in }) -> FleetError {
        guard let doubt = error as? Doubt else {
            let known = error as? FleetError ?? FleetError(.generalError, "The worker failed: \(error).")
            tell(known)
            return known
        }
        var told = DriverFailure.error(doubt.failure, doubt.task, refusal: doubt.refusal)
        guard DriverFailure.leavesDoubt(doubt.failure.code), let reason = loss(after: doubt.failure) else {
            tell(told)
            return told
        }
        switch reason {
        case .unreachable:
            told = FleetError(
                .cameraUnplugged, "The body is gone: check its cable and power.", driver: told.driver)
        case .silent where told.kind == .timedOut: break
        case .silent:
            told = FleetError(
                .cameraFault, "The body answers no more; it is being opened again.", driver: told.driver)
        default:
            told = FleetError(
                .cameraFault, "The link to the body was lost; it is being opened again.", driver: told.driver)
        }
        tell(told)
        Ending.fail(writer, WorkerFailure(reason: reason, error: told))
    }

    /// Whether the body is lost, and how.
    private func loss(after failure: GPhotoError) -> WorkerFailure.Reason? {
        if failure.code == .usbNotFound { return .unreachable }
        // Over PTP/IP the driver waits 2.5 s for an answer, and then says anything: that the widget is not there, too.
        let isSilent = MonotonicClock.now() - max(callStart, driver_log_last_received()) > Self.silence
        if !(body.isNetwork && (failure.code == .timeout || isSilent)) {
            do throws(GPhotoError) {
                _ = try body.exchange()
                return nil
            } catch {
                if error.code == .usbNotFound { return .unreachable }
                guard body.isNetwork else { return .lost }
                return Reachability.listens(at: body.port) ? (error.code == .timeout ? .silent : .lost) : .unreachable
            }
        }
        return Reachability.listens(at: body.port) ? .silent : .unreachable
    }
}

/// What runs can be begun anew, and a release waits: that goes first.
struct GivingWay: Error {}

/// How a worker ends by itself.
enum Ending {
    /// Says why, and ends the process without calling the driver again.
    static func fail(_ writer: LinkWriter, _ failure: WorkerFailure) -> Never {
        writer.tell(LinkEvent.failed.rawValue, failure)
        driver_process_end(1)
    }
}
