import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// Releases and waits for what they bring.
final class Releasing {
    private let body: OpenBody
    private let queue: WorkQueue
    private let writer: LinkWriter
    /// The widgets that tell what a release writes, of those that the body has; nil until they were looked for.
    private var qualityWidgets: [String]?

    /// How long a busy body is left alone before it is asked again, in milliseconds.
    static let busyPause: Int32 = 20

    init(body: OpenBody, queue: WorkQueue, writer: LinkWriter) {
        self.body = body
        self.queue = queue
        self.writer = writer
    }

    /// CAPTURE_IMAGE.
    func capture(_ arguments: CaptureImageArguments) throws -> CapturedImages {
        let deadline = MonotonicClock.now() + MonotonicClock.nanoseconds(arguments.timeLimitSeconds ?? 30)
        let expected = expectedImages()
        // What was released before belongs to that release.
        try drain(untilQuiet: true)
        if let seconds = arguments.bulbSeconds {
            let exposure = BulbExposure(
                camera: body.camera, maker: body.manufacturer, isStopped: { [queue] in queue.isStopped })
            try exposure.expose(nanoseconds: MonotonicClock.nanoseconds(seconds))
            return CapturedImages(images: try images(expected, until: deadline + MonotonicClock.nanoseconds(seconds)))
        }
        guard try trigger(until: deadline) else {
            let (folder, name) = try call(.release) { () throws(GPhotoError) in try body.camera.captureImage() }
            let image = try note(folder, name)
            writer.tell(EventCode.captureComplete.rawValue, Nothing())
            return CapturedImages(images: [image])
        }
        return CapturedImages(images: try images(expected, until: deadline))
    }

    /// Waits for what a release brings.
    private func images(_ expected: Int, until deadline: Int64) throws -> [CapturedImage] {
        var progress = CaptureProgress(expecting: expected, at: MonotonicClock.now())
        while !progress.isDone(at: MonotonicClock.now()) {
            guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            guard MonotonicClock.now() < deadline else {
                if !progress.images.isEmpty { break }
                throw FleetError(
                    .timedOut, "The body released, but no image came in time; look at its card, focus and mode dial.")
            }
            switch try call(.release, { () throws(GPhotoError) in try body.camera.waitForEvent(milliseconds: 5) }) {
            case .fileAdded(let folder, let name):
                progress.add(try note(folder, name), at: MonotonicClock.now())
            case .captureComplete:
                writer.tell(EventCode.captureComplete.rawValue, Nothing())
                progress.complete(at: MonotonicClock.now())
            case .timeout, .unknown, .folderAdded, .fileChanged: break
            }
        }
        return progress.images
    }

    /// What the body tells of itself; stops when a command waits, unless all is wanted. Events that come one by one without
    /// end are left for the next time.
    func drain(untilQuiet: Bool = false) throws {
        for _ in 0..<512 {
            switch try call(.other, { () throws(GPhotoError) in try body.camera.waitForEvent(milliseconds: 1) }) {
            case .timeout: return
            case .fileAdded(let folder, let name): _ = try note(folder, name)
            case .captureComplete: writer.tell(EventCode.captureComplete.rawValue, Nothing())
            case .unknown, .folderAdded, .fileChanged: break
            }
            if !untilQuiet, queue.hasCommands { return }
        }
    }

    /// Releases, again and again while the body is busy; false when the driver can only release and wait in one call. What
    /// the driver says of its abilities is no help: for the catch-all models it is too little.
    private func trigger(until deadline: Int64) throws -> Bool {
        while true {
            do throws(GPhotoError) {
                try body.camera.triggerCapture()
                return true
            } catch {
                if error.code == .notSupported, body.camera.abilities.canCapture { return false }
                guard error.code == .cameraBusy, MonotonicClock.now() < deadline else {
                    throw Doubt(failure: error, task: .release)
                }
            }
            guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            // What the body tells meanwhile is what ends its being busy, on some bodies.
            try drain(untilQuiet: true)
            MonotonicClock.pause(milliseconds: Self.busyPause)
        }
    }

    /// Tells that an object is there, and keeps it where it is in the body's memory alone.
    private func note(_ folder: String, _ name: String) throws -> CapturedImage {
        let object = ObjectPath(folder: folder, name: name)
        var size: Int64?
        // With no room left for it on the disk, the driver holds it a little longer.
        if folder == "/" { size = try? body.memory.keep(object, of: body.camera).size }
        let image = CapturedImage(folder: folder, name: name, size: try size ?? self.size(of: object))
        writer.tell(EventCode.objectAdded.rawValue, image)
        return image
    }

    /// An image whose size the driver does not say is there all the same: only a body that may be gone is an error.
    private func size(of object: ObjectPath) throws(Doubt) -> Int64 {
        do throws(GPhotoError) {
            return Int64(clamping: try body.camera.information(folder: object.folder, name: object.name).size ?? 0)
        } catch {
            guard DriverFailure.leavesDoubt(error.code) else { return 0 }
            throw Doubt(failure: error, task: .object(object.name))
        }
    }

    /// Two where the body's quality names a RAW and a JPEG, else one.
    private func expectedImages() -> Int {
        let names = qualityWidgets ?? ["imagequality", "imageformat"]
        var present: [String] = []
        var expected = 1
        for name in names {
            do throws(GPhotoError) {
                let root = try body.camera.widget(named: name).root
                present.append(name)
                guard case .text(let quality)? = root?.value else { continue }
                expected = max(expected, CaptureProgress.images(of: quality))
            } catch {
                // One that could not be read this time is asked for again.
                if error.code != .badParameters, error.code != .notSupported { present.append(name) }
            }
        }
        qualityWidgets = present
        return expected
    }

    private func call<Value>(
        _ task: DriverFailure.Task, _ action: () throws(GPhotoError) -> Value
    ) throws(Doubt) -> Value {
        do throws(GPhotoError) {
            return try action()
        } catch {
            throw Doubt(failure: error, task: task)
        }
    }
}
