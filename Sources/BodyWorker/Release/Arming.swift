import CDriverLog
import FleetModel
import GPhoto2
import PacketProtocol

/// Brings a body to where one request releases it, and back. On the body's thread only.
final class Arming {
    /// What is armed.
    struct Armed {
        /// The shot that it is for, where the server says so.
        let shot: Int64?
        let personality: any ReleasePersonality
        let expectedImages: Int
        /// How long the shutter is open, in nanoseconds; 0 where that is not known.
        let exposure: Int64
        /// How long before a deadline the driver is called, in nanoseconds.
        let lead: Int64
        let isRealtime: Bool
        /// When it is given up.
        let end: Int64
    }

    private let body: OpenBody
    private let queue: WorkQueue
    private let reader: LinkReader
    private let writer: LinkWriter
    private let events: BodyEvents
    private(set) var armed: Armed?

    /// How long a body stays armed unless another time is given, in seconds.
    private static let holdTime = 60.0
    /// How long before a deadline the thread goes to the driver: more where others may go before it.
    private static let realtimeLead: Int64 = 3_000_000
    private static let ordinaryLead: Int64 = 5_000_000
    /// What is added where the driver has things to ask before.
    private static let askingLead: Int64 = 7_000_000
    /// How long the images of the release before are waited for: less than the server waits for a body to be armed.
    private static let patience: Int64 = 10_000_000_000
    /// How long a body that is busy is asked to let go.
    private static let undoTime: Int64 = 2_000_000_000

    init(body: OpenBody, queue: WorkQueue, reader: LinkReader, writer: LinkWriter, events: BodyEvents) {
        self.body = body
        self.queue = queue
        self.reader = reader
        self.writer = writer
        self.events = events
    }

    /// ARM. Live view is ended before.
    ///
    /// Throws why the body cannot be released: it has no way to, no card, no room, a shutter that would stay open, no focus.
    func arm(_ arguments: ArmArguments, expecting expectedImages: () -> Int) throws -> ArmedBody {
        undo()
        guard body.canArm else {
            throw FleetError(
                .operationNotSupported, "The body's driver cannot release it without waiting for the image.")
        }
        let hold = arguments.holdSeconds ?? Self.holdTime
        guard hold > 0 else { throw FleetError(.invalidParameter, "hold_seconds must be more than 0.") }
        try events.awaitLate(until: MonotonicClock.now() + Self.patience)
        events.forgetFullCard()
        let exposure = try ShutterSpeed.timed(
            of: body.camera, remedy: "choose a shutter speed before it is armed")
        try requireRoom()
        let images = expectedImages()
        let personality = choose()
        reader.holdEnd(true)
        do {
            try personality.press()
            try events.drain(untilQuiet: true)
            let exchangeTime = try exchangeTime()
            guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            let isRealtime = driver_thread_set_realtime() == 0
            driver_thread_quicken()
            let asking = Int64(personality.transactionsBefore) * 3 * exchangeTime
            armed = Armed(
                shot: arguments.shot, personality: personality, expectedImages: images, exposure: exposure,
                lead: (isRealtime ? Self.realtimeLead : Self.ordinaryLead)
                    + (asking > 0 ? Self.askingLead + asking : 0),
                isRealtime: isRealtime, end: MonotonicClock.now() + MonotonicClock.nanoseconds(hold))
        } catch {
            letGo { () throws(GPhotoError) in try personality.undo() }
            reader.holdEnd(false)
            throw error
        }
        guard let armed else { throw FleetError(.generalError, "The body was disarmed as it was armed.") }
        return ArmedBody(
            method: armed.personality.method, realtime: armed.isRealtime, expectedImages: armed.expectedImages,
            lead: armed.lead, exposure: armed.exposure)
    }

    /// DISARM: undoes what arming did for a shot, or whatever it did; nothing where another's is armed, or none.
    func undo(of shot: Int64? = nil) {
        guard let armed, shot == nil || shot == armed.shot else { return }
        calm()
        self.armed = nil
        letGo { () throws(GPhotoError) in try armed.personality.undo() }
        reader.holdEnd(false)
    }

    /// Undoes it and tells: something came between.
    func giveUp() {
        guard armed != nil else { return }
        undo()
        writer.tell(LinkEvent.disarmed.rawValue, Nothing())
    }

    /// Undoes it when its time is over, or the server is gone.
    func look() {
        lookForEnd()
        if let armed, MonotonicClock.now() > armed.end { giveUp() }
    }

    /// Undoes it when the server is gone, and ends the process.
    func lookForEnd() {
        guard reader.hasEnded else { return }
        undo()
        driver_process_end(0)
    }

    /// The release has left, or did not: the thread is one of many again.
    func calm() {
        if armed != nil { driver_thread_set_ordinary() }
    }

    /// The body was released: lets go of its shutter.
    ///
    /// Throws what the driver says of a body that does not answer.
    func finish() throws {
        guard let armed else { return }
        calm()
        self.armed = nil
        defer { reader.holdEnd(false) }
        if let failure = letGo({ () throws(GPhotoError) in try armed.personality.letGo() }) {
            throw Doubt(failure: failure, task: .release)
        }
    }

    /// A body that is busy is asked again: its shutter must not stay pressed.
    @discardableResult
    private func letGo(_ action: () throws(GPhotoError) -> Void) -> GPhotoError? {
        let deadline = MonotonicClock.now() + Self.undoTime
        while true {
            do throws(GPhotoError) {
                try action()
                return nil
            } catch {
                guard error.code == .cameraBusy, MonotonicClock.now() < deadline else { return error }
            }
            MonotonicClock.pause(milliseconds: Releasing.busyPause)
        }
    }

    private func choose() -> any ReleasePersonality {
        let isStopped: () -> Bool = { [queue] in queue.isStopped }
        if let canon = CanonEOSRelease(body: body, events: events, isStopped: isStopped) { return canon }
        if let sony = SonyRelease(body: body) { return sony }
        return TriggeredRelease(body: body)
    }

    // MARK: What stands against it

    /// Where images go to the card there must be one, with room.
    private func requireRoom() throws {
        if case .text(let target)? = try? body.camera.widget(named: "capturetarget").root?.value,
            CaptureTarget(choice: target) == .memory || target.contains("PC")
        {
            return
        }
        let storages: [Storage]
        do throws(GPhotoError) {
            storages = try body.camera.storages()
        } catch {
            guard error.code == .notSupported else { throw Doubt(failure: error, task: .other) }
            return
        }
        guard !storages.isEmpty else { throw FleetError(.storeNotAvailable, "The body has no card: put one in.") }
        let isFull = storages.allSatisfy { $0.free == 0 || $0.freeImages == 0 }
        guard !isFull else {
            throw FleetError(.storeFull, "The card is full: delete images, or put in another card.")
        }
    }

    /// How long the body takes for something that it is asked, in nanoseconds: the least of a few, since what comes between on
    /// a machine that is busy is no matter of the body's.
    private func exchangeTime() throws -> Int64 {
        var least = Int64.max
        for _ in 0..<3 {
            let start = MonotonicClock.now()
            _ = try Doubt.or(.other) { () throws(GPhotoError) in try body.exchange() }
            least = min(least, MonotonicClock.now() - start)
        }
        return least
    }
}
