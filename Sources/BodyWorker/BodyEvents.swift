import FleetModel
import GPhoto2
import PacketProtocol

/// What a body tells of itself, passed on: images, deletions, dials.
final class BodyEvents {
    private let body: OpenBody
    private let queue: WorkQueue
    private let reader: LinkReader
    private let writer: LinkWriter
    private let known: KnownObjects
    /// Whether the body had more to tell when it was listened to last.
    private(set) var hasMore = false
    /// The value of each widget that was told last.
    private var told: [String: WidgetValue] = [:]
    /// The widgets that changed and were not told yet, each once: there are no more than the body has.
    private var changed: [String] = []
    /// Whether an object went whose name the driver did not say.
    private(set) var isMissing = false
    /// How many images are to come of releases that were not waited for, how many of the last of them, and until when.
    private var late: (images: Int, ofLast: Int, end: Int64) = (0, 0, 0)
    /// Whether the body said since `forgetFullCard` that a card is full, or that something became of one.
    private(set) var hasToldOfFullCard = false
    /// What a body says first is how it is, not what changed.
    private var isQuiet = true
    /// How often it had been opened anew when it was listened to last.
    private var openings = 0

    init(body: OpenBody, queue: WorkQueue, reader: LinkReader, writer: LinkWriter, known: KnownObjects) {
        self.body = body
        self.queue = queue
        self.reader = reader
        self.writer = writer
        self.known = known
    }

    /// Takes what the body tells, unless all is wanted no longer than `longestDrain` while anything waits, and not at all while
    /// a release does. Events that come one by one without end are left for the next time. `isAwaited` where work that was
    /// taken from the queue already waits for this.
    func drain(untilQuiet: Bool = false, isAwaited: Bool = false) throws {
        let start = MonotonicClock.now()
        hasMore = false
        if body.card.openings != openings { (openings, isQuiet) = (body.card.openings, true) }
        for _ in 0..<512 {
            guard let event = try next(.other, within: 1) else {
                hasMore = true
                return
            }
            if event == .timeout { return try settle() }
            _ = try take(event)
            reader.read()
            let isLong = MonotonicClock.now() - start > Self.longestDrain
            if !untilQuiet, isAwaited && isLong || queue.hasWork(isLong ? .frame : .release) { break }
        }
        hasMore = true
    }

    /// What the body tells next, or that it tells nothing for so many milliseconds; nil where it is busy, and will tell later.
    func next(_ task: DriverFailure.Task, within milliseconds: Int32) throws(Doubt) -> CameraEvent? {
        do throws(Doubt) {
            return try Doubt.or(task) { () throws(GPhotoError) in
                try body.camera.waitForEvent(milliseconds: milliseconds)
            }
        } catch {
            guard error.isBusy else { throw error }
            return nil
        }
    }

    /// Some drivers take an event out of what they have heard by asking the body for more: a Canon EOS that tells of each
    /// setting would never be done while settings are made, and a live view that it has much to tell of stood for seconds.
    private static let longestDrain: Int64 = 10_000_000

    /// A release was made whose images may come when nobody waits for them, of an exposure of so many nanoseconds. After a long
    /// one some bodies take as long again to find the sensor's noise.
    func expectLate(_ images: Int, exposure: Int64 = 0) {
        let now = MonotonicClock.now()
        let before = now < late.end ? late : (images: 0, ofLast: 0, end: 0)
        late = (before.images + images, images, max(before.end, now + 2 * exposure + Self.lateness))
    }

    /// Before another release: lets the images of one that was not waited for come, so that they are not taken for the next
    /// one's. Where none comes in time, there is none.
    ///
    /// Throws Device_Busy where they may come later than `limit`, and Transaction_Cancelled after a stop.
    func awaitLate(until limit: Int64) throws {
        try drain(untilQuiet: true)
        while late.images > 0, MonotonicClock.now() < late.end {
            guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            guard MonotonicClock.now() < limit else {
                throw FleetError(
                    .deviceBusy,
                    "The image of the release before is still to come: wait until the exposure is over and written.")
            }
            MonotonicClock.pause(milliseconds: 5)
            try drain(untilQuiet: true)
        }
        late.images = 0
    }

    /// Whether images of a release that was not waited for are to come.
    var awaitsLate: Bool { late.images > 0 && MonotonicClock.now() < late.end }

    /// How long after its exposure an image is waited for that nobody asked to wait for.
    private static let lateness: Int64 = 3_000_000_000

    /// Passes an event on; gives the image when it is one.
    func take(_ event: CameraEvent) throws -> CapturedImage? {
        switch event {
        case .fileAdded(let folder, let name):
            if known.takeUpload(ObjectPath(folder: folder, name: name)) { return nil }
            return try note(folder, name)
        case .captureComplete: writer.tell(EventCode.captureComplete.rawValue, Nothing())
        case .unknown(let words): try take(DriverWords(words))
        case .timeout, .folderAdded, .fileChanged: break
        }
        return nil
    }

    private func take(_ words: DriverWords) throws {
        switch words {
        case .widgetChanged(let name) where !isQuiet:
            if !changed.contains(name) { changed.append(name) }
        case .objectRemoved: isMissing = true
        case .storeFull: hasToldOfFullCard = true
        case .storeWent: forgetCard()
        case .storeCame:
            forgetCard()
            // An event that ptpip.c reads within a transaction leaves the driver with what it knew of the card before.
            if body.isNetwork { writer.tell(LinkEvent.outdated.rawValue, Nothing()) }
        case .storeWentUnnoticed:
            forgetCard()
            body.isCardAway = true
        case .storeCameUnnoticed:
            forgetCard()
            writer.tell(LinkEvent.outdated.rawValue, Nothing())
        case .widgetChanged, .other: break
        }
    }

    /// What was on the card is not deleted: it is away.
    private func forgetCard() {
        known.forget()
        body.camera.forgetFiles()
    }

    /// A release begins.
    func forgetFullCard() { hasToldOfFullCard = false }

    /// A client set a widget, and this was read back: it is answered, and everybody told.
    func answer(_ transaction: UInt32, _ widget: Widget) {
        guard let value = widget.value else { return writer.answer(transaction, widget) }
        told[widget.name] = value
        writer.answer(
            transaction, widget, telling: EventCode.widgetChanged.rawValue,
            ChangedWidget(widgetID: widget.name, value: value))
    }

    /// A dial was turned. What a client set comes back like this from some bodies, and was told already.
    private func tellChange(of name: String) throws {
        var value: WidgetValue?
        do {
            value = try body.widgets.get(name, choices: false).value
        } catch let doubt as Doubt where DriverFailure.leavesDoubt(doubt.failure.code) {
            throw doubt
        } catch {
            // It changed all the same.
        }
        if let value, told[name] == value { return }
        told[name] = value
        writer.tell(EventCode.widgetChanged.rawValue, ChangedWidget(widgetID: name, value: value))
    }

    /// The body has told all for now: what changed is read, once, however often it did.
    func settle() throws {
        isQuiet = false
        if !changed.isEmpty { body.widgets.forgetRead() }
        while let name = changed.first {
            changed.removeFirst()
            try tellChange(of: name)
        }
        guard isMissing else { return }
        do throws(Doubt) {
            isMissing = false
            for object in try known.missing(from: body) { writer.tell(EventCode.objectRemoved.rawValue, object) }
        } catch {
            isMissing = error.isBusy
            if error.isOfTheLink { throw error }
        }
    }

    /// Tells that an object is there, and keeps it where it is in the body's memory alone.
    func note(_ folder: String, _ name: String) throws -> CapturedImage {
        let object = ObjectPath(folder: folder, name: name)
        // With no room left for it on the disk, the driver holds it a little longer.
        let copy = folder == "/" ? try? body.memory.keep(object, of: body.camera) : nil
        known.add(object)
        if late.images > 0 {
            late.images -= 1
            // The last exposure is over: the other of a pair follows.
            if late.images < late.ofLast { late.end = min(late.end, MonotonicClock.now() + Self.lateness) }
        }
        let image = CapturedImage(folder: folder, name: name, size: try copy?.size ?? self.size(of: object))
        if let copy {
            writer.tell(LinkEvent.imageHeld.rawValue, HeldImage(image: image, file: copy.path))
        } else {
            writer.tell(EventCode.objectAdded.rawValue, image)
        }
        return image
    }

    /// An image whose size the driver does not say is there all the same: only a body that may be gone is an error.
    private func size(of object: ObjectPath) throws(Doubt) -> Int64 {
        let deadline = MonotonicClock.now() + Self.sizeTime
        while true {
            do throws(Doubt) {
                return Int64(
                    clamping: try Doubt.or(.object(object.name)) { () throws(GPhotoError) in
                        try body.camera.information(folder: object.folder, name: object.name).size ?? 0
                    })
            } catch {
                let code = error.failure.code
                if error.isBusy, MonotonicClock.now() < deadline {
                    MonotonicClock.pause(milliseconds: Releasing.busyPause)
                    continue
                }
                guard DriverFailure.leavesDoubt(code), !DriverFailure.saysMissing(code), !error.isBusy else { return 0 }
                throw error
            }
        }
    }

    /// How long a busy body is asked for the size of what it brought, in nanoseconds.
    private static let sizeTime: Int64 = 2_000_000_000
}

/// What the PTP driver of 2.5.30 says in words alone, of events that libgphoto2 has no type for (ptp2, library.c).
enum DriverWords: Equatable {
    /// `PTP Property 500f changed, "iso" to "200"`; without a name where no widget stands for the property.
    case widgetChanged(String)
    /// `PTP ObjectRemoved, Param1 00000005`, or `ObjectRemoved` of a Canon EOS: the driver has forgotten its name.
    case objectRemoved
    /// `PTP StoreRemoved, …`: the driver has forgotten what was on the card.
    case storeWent
    /// `PTP StoreAdded, …`: the same.
    case storeCame
    /// `StoreRemoved …` of a Canon EOS: the driver says it, and goes on listing what was on the card.
    case storeWentUnnoticed
    /// `StoreAdded …` of a Canon EOS: the driver says it, and lists what was on the card before.
    case storeCameUnnoticed
    /// `PTP Event 400a, …` (ISO 15740, StoreFull), and `StorageStatusChanged …` of a Canon EOS, which also says it.
    case storeFull
    case other

    init(_ words: String) {
        if words.hasPrefix("PTP Property ") {
            let parts = words.split(separator: "\"", maxSplits: 2, omittingEmptySubsequences: false)
            self = parts.count == 3 && !parts[1].isEmpty ? .widgetChanged(String(parts[1])) : .other
        } else if words.hasPrefix("PTP ObjectRemoved") || words == "ObjectRemoved" {
            self = .objectRemoved
        } else if words.hasPrefix("PTP StoreRemoved") {
            self = .storeWent
        } else if words.hasPrefix("PTP StoreAdded") {
            self = .storeCame
        } else if words.hasPrefix("StoreRemoved") {
            self = .storeWentUnnoticed
        } else if words.hasPrefix("StoreAdded") {
            self = .storeCameUnnoticed
        } else if words.hasPrefix("PTP Event 400a") || words.hasPrefix("StorageStatusChanged") {
            self = .storeFull
        } else {
            self = .other
        }
    }
}
