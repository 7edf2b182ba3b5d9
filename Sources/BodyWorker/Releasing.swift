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

    init(body: OpenBody, queue: WorkQueue, writer: LinkWriter) {
        self.body = body
        self.queue = queue
        self.writer = writer
    }

    /// CAPTURE_IMAGE.
    func capture(_ arguments: CaptureImageArguments) throws -> CapturedImages {
        guard arguments.bulbSeconds == nil else {
            throw FleetError(.operationNotSupported, "The body cannot expose for a given time through its driver.")
        }
        let limit = Int64((arguments.timeLimitSeconds ?? 30) * 1e9)
        let deadline = MonotonicClock.now() + limit
        let expected = expectedImages()
        // What was released before belongs to that release.
        try drain()
        guard try trigger(until: deadline) else {
            let (folder, name) = try call(.release) { () throws(GPhotoError) in try body.camera.captureImage() }
            let image = try note(folder, name)
            writer.tell(EventCode.captureComplete.rawValue, Nothing())
            return CapturedImages(images: [image])
        }
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
        return CapturedImages(images: progress.images)
    }

    /// What the body tells of itself; stops when a command waits. Events that come one by one without end are left for
    /// the next time.
    func drain() throws {
        for _ in 0..<512 {
            switch try call(.other, { () throws(GPhotoError) in try body.camera.waitForEvent(milliseconds: 1) }) {
            case .timeout: return
            case .fileAdded(let folder, let name): _ = try note(folder, name)
            case .captureComplete: writer.tell(EventCode.captureComplete.rawValue, Nothing())
            case .unknown, .folderAdded, .fileChanged: break
            }
            if queue.hasCommands { return }
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
                guard error.code == .cameraBusy, MonotonicClock.now() < deadline, !queue.isStopped else {
                    throw Doubt(failure: error, task: .release)
                }
                // The body's answer to this is what ends its being busy, on some bodies.
                _ = try call(.release) { () throws(GPhotoError) in try body.camera.waitForEvent(milliseconds: 20) }
            }
        }
    }

    /// Tells that an object is there, and keeps it where it is in the body's memory alone.
    private func note(_ folder: String, _ name: String) throws -> CapturedImage {
        let object = ObjectPath(folder: folder, name: name)
        let size: Int64
        if folder == "/" {
            size = try body.memory.keep(object, of: body.camera).size
        } else {
            let known = try call(.object(name)) { () throws(GPhotoError) in
                try body.camera.information(folder: folder, name: name)
            }
            size = Int64(clamping: known.size ?? 0)
        }
        let image = CapturedImage(folder: folder, name: name, size: size)
        writer.tell(EventCode.objectAdded.rawValue, image)
        return image
    }

    /// Two where the body's quality names a RAW and a JPEG, else one.
    private func expectedImages() -> Int {
        let names = qualityWidgets ?? ["imagequality", "imageformat"]
        var present: [String] = []
        var expected = 1
        for name in names {
            guard let root = try? body.camera.widget(named: name).root, case .text(let quality) = root.value else {
                continue
            }
            present.append(name)
            let lowercased = quality.lowercased()
            if lowercased.contains("+"), lowercased.contains("raw") || lowercased.contains("nef") { expected = 2 }
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

/// CLOCK_MONOTONIC.
enum MonotonicClock {
    /// In nanoseconds.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
