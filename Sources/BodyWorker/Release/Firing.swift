import CDriverLog
import FleetModel
import GPhoto2
import PacketProtocol

/// A failure after the command was answered: whether the body is lost is still to be found out.
struct LateFailure: Error {
    let doubt: Doubt
}

/// Releases an armed body at a deadline, once. On the body's thread only.
final class Firing {
    private let body: OpenBody
    private let queue: WorkQueue
    private let reader: LinkReader
    private let writer: LinkWriter
    private let events: BodyEvents
    private let arming: Arming

    /// The body is listened to, and asked for something, while the deadline is farther than this.
    private static let listeningTime: Int64 = 200_000_000
    private static let exchangeTime: Int64 = 1_000_000_000
    private static let listeningInterval: Int64 = 50_000_000
    private static let exchangeInterval: Int64 = 2_000_000_000
    /// For how long after the deadline a busy body is asked again unless another time is given.
    private static let lateLimit: Int64 = 500_000_000
    /// The farthest deadline, from now.
    private static let farthest: Int64 = 86_400_000_000_000

    init(
        body: OpenBody, queue: WorkQueue, reader: LinkReader, writer: LinkWriter, events: BodyEvents, arming: Arming
    ) {
        self.body = body
        self.queue = queue
        self.reader = reader
        self.writer = writer
        self.events = events
        self.arming = arming
    }

    /// FIRE: waits, releases and answers.
    ///
    /// Throws Invalid_Parameter for a body that is not armed and for a deadline that is over, both with nothing changed;
    /// Transaction_Cancelled after CANCEL, which leaves it armed, and after DISARM, with nothing released; and what the body
    /// says to its release.
    func fire(_ arguments: FireArguments, _ transaction: UInt32) throws {
        guard let armed = arming.armed else {
            throw FleetError(.invalidParameter, "The body is not armed: arm it before it is fired.")
        }
        let distance = arguments.deadline.subtractingReportingOverflow(MonotonicClock.now())
        guard !distance.overflow, (0...Self.farthest).contains(distance.partialValue) else {
            throw FleetError(
                .invalidParameter,
                "The deadline is over, or farther than a day: it is a time of CLOCK_MONOTONIC of this machine.")
        }
        writer.tellExposure(armed.exposure, in: distance.partialValue)
        do {
            try wait(until: arguments.deadline - armed.lead)
        } catch let doubt as Doubt {
            arming.undo()
            throw doubt
        }
        try release(armed, arguments, transaction)
    }

    // MARK: Before

    /// Waits, listening to the link and, as long as there is time, to the body.
    private func wait(until commitment: Int64) throws {
        reader.end()
        defer { reader.begin(isCommand: false) }
        var (lastListening, lastExchange) = (MonotonicClock.now(), MonotonicClock.now())
        while true {
            reader.read()
            arming.lookForEnd()
            if let disarm = queue.waiting(.disarm) {
                let arguments: DisarmArguments? = try? PacketJSON.decode(from: disarm.packet.content)
                arming.undo(of: arguments?.shot)
            }
            guard !queue.isStopped, arming.armed != nil else {
                throw FleetError(.transactionCancelled, "The release was called off in time: nothing was released.")
            }
            let now = MonotonicClock.now()
            let rest = commitment - now
            guard rest >= 1_000_000 else { return }
            if rest > Self.exchangeTime, now - lastExchange > Self.exchangeInterval {
                lastExchange = now
                _ = try Doubt.or(.other) { () throws(GPhotoError) in try body.exchange() }
            } else if rest > Self.listeningTime, now - lastListening > Self.listeningInterval {
                lastListening = now
                try events.drain()
            }
            let pause = rest > Self.listeningTime ? Self.listeningInterval : rest
            reader.wait(milliseconds: Int32(clamping: pause / 1_000_000))
        }
    }

    // MARK: The release

    private func release(_ armed: Arming.Armed, _ arguments: FireArguments, _ transaction: UInt32) throws {
        let answer = FireAnswer(
            writer: writer, transaction: transaction, deadline: arguments.deadline, isRealtime: armed.isRealtime)
        let context = Unmanaged.passRetained(answer)
        defer { context.release() }
        driver_release_begin(
            arguments.deadline, BodyWorker.link,
            { context in
                guard let context else { return }
                Unmanaged<FireAnswer>.fromOpaque(context).takeUnretainedValue().send()
            }, context.toOpaque())
        defer { driver_release_end() }
        let limit = arguments.deadline &+ max(0, min(arguments.lateLimit ?? Self.lateLimit, Self.farthest))
        let failure = attempt(armed.personality, until: limit)
        arming.calm()
        let state = driver_release_state()
        // Nothing was released where the body was not asked to, or refused.
        if let failure, !answer.isSent, state.sent == 0 || state.response != 0 {
            arming.undo()
            throw failure
        }
        // A Nikon's driver tries 201 times, and then says that all went well.
        if failure == nil, !answer.isSent, state.response != 0, state.response != 0x2001 {
            arming.undo()
            throw FleetError(
                .deviceBusy, "The body was busy at its time, and after it: nothing was released.")
        }
        events.expectLate(armed.expectedImages, exposure: armed.exposure)
        if !answer.isSent {
            answer.send(failure.map { Self.error($0, isAnswered: state.response != 0) })
        }
        do {
            try arming.finish()
            if let failure { throw failure }
        } catch let doubt as Doubt {
            throw LateFailure(doubt: doubt)
        }
    }

    private static func error(_ doubt: Doubt, isAnswered: Bool) -> FleetError {
        var error = DriverFailure.error(doubt.failure, .release, refusal: doubt.refusal)
        if !isAnswered {
            error.kind = .cameraFault
            error.message =
                "The body was asked to release and did not answer: whether it did is not known. Look at its cable and power."
        }
        return error
    }

    /// Releases; again and again while the body is busy, which says that it did not.
    private func attempt(_ personality: any ReleasePersonality, until limit: Int64) -> Doubt? {
        while true {
            driver_log_forget_refusal()
            do throws(GPhotoError) {
                try callDriver(personality)
                return nil
            } catch {
                let state = driver_release_state()
                let doubt = Doubt(failure: error, task: .release)
                let isUndone = state.sent == 0 || (state.response != 0 && state.response != 0x2001)
                guard isUndone, doubt.isBusy, MonotonicClock.now() < limit, !queue.isStopped else { return doubt }
            }
            do {
                try events.drain()
            } catch {
                return error as? Doubt
            }
            MonotonicClock.pause(milliseconds: 2)
        }
    }

    private func callDriver(_ personality: any ReleasePersonality) throws(GPhotoError) {
        guard body.camera.abilities.isPTP else {
            driver_release_wait()
            return try personality.release()
        }
        if body.isNetwork { return try personality.release() }
        // Over USB the driver logs a request when it is written, and says before that it will write it.
        try Driver.listening(with: { driver_release_words($0) }) { () throws(GPhotoError) in
            try personality.release()
        }
    }
}

/// The answer to FIRE, sent as soon as the body has answered its release: drivers come back later, some when the exposure is
/// over. On the body's thread only.
private final class FireAnswer {
    private let writer: LinkWriter
    private let transaction: UInt32
    private let deadline: Int64
    private let isRealtime: Bool
    private(set) var isSent = false

    init(writer: LinkWriter, transaction: UInt32, deadline: Int64, isRealtime: Bool) {
        self.writer = writer
        self.transaction = transaction
        self.deadline = deadline
        self.isRealtime = isRealtime
    }

    func send(_ error: FleetError? = nil) {
        guard !isSent else { return }
        isSent = true
        // Other bodies' releases go before this body's answer.
        if isRealtime { driver_thread_set_ordinary() }
        let state = driver_release_state()
        writer.answer(
            transaction,
            FiredBody(
                releasedAtMonotonic: state.sent, releasedAt: MonotonicClock.wallTime(of: state.sent),
                requested: deadline, woken: state.woken == 0 ? nil : state.woken,
                transactions: Int(state.between), transactionsBefore: Int(state.before - state.between),
                attempts: Int(state.releases), error: error))
    }
}
