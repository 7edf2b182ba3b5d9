import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// Releases and waits for what they bring.
final class Releasing {
    private let body: OpenBody
    private let queue: WorkQueue
    private let writer: LinkWriter
    private let events: BodyEvents
    /// The widgets that tell what a release writes, of those that the body has; nil until they were looked for.
    private var qualityWidgets: [String]?
    /// How many images a release was expected to bring when that was looked at last: a release that is not waited for does
    /// not take the time to look.
    private var lastExpected = 1

    /// How long a busy body is left alone before it is asked again, in milliseconds.
    static let busyPause: Int32 = 20

    init(body: OpenBody, queue: WorkQueue, writer: LinkWriter, events: BodyEvents) {
        self.body = body
        self.queue = queue
        self.writer = writer
        self.events = events
    }

    /// CAPTURE_IMAGE.
    func capture(_ arguments: CaptureImageArguments) throws -> CapturedImages {
        let limit = MonotonicClock.nanoseconds(arguments.timeLimitSeconds ?? 30)
        let deadline = MonotonicClock.now() + limit
        // Said before the server says only that it took too long.
        let busyDeadline = deadline - min(limit / 10, Self.wayOfRefusal)
        let expected = expectedImages()
        lastExpected = expected
        // What was released before belongs to that release.
        try events.awaitLate(until: busyDeadline)
        events.forgetFullCard()
        let exposure = bulbExposure()
        if let seconds = arguments.bulbSeconds {
            let settings = exposure.settings()
            defer { exposure.restore(settings) }
            let time = MonotonicClock.nanoseconds(seconds)
            let opened = try exposure.expose(nanoseconds: time) { events.expectLate(expected, exposure: time) }
            let images = try images(expected, until: busyDeadline + time)
            return CapturedImages(images: images, releasedAt: MonotonicClock.wallTime(of: opened))
        }
        let time = try exposure.timedExposure()
        writer.tellExposure(time)
        let start = MonotonicClock.now()
        guard try trigger(until: busyDeadline) else {
            let (folder, name) = try Doubt.or(.release) { () throws(GPhotoError) in try body.camera.captureImage() }
            let image = try events.note(folder, name)
            writer.tell(EventCode.captureComplete.rawValue, Nothing())
            return CapturedImages(images: [image], releasedAt: Self.timeOfRelease(since: start))
        }
        let released = Self.timeOfRelease(since: start)
        events.expectLate(expected, exposure: time)
        return CapturedImages(images: try images(expected, until: busyDeadline), releasedAt: released)
    }

    private func bulbExposure() -> BulbExposure {
        BulbExposure(camera: body.camera, maker: body.manufacturer, isStopped: { [queue] in queue.isStopped })
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
            guard let event = try events.next(.release, within: 5) else {
                MonotonicClock.pause(milliseconds: Self.busyPause)
                continue
            }
            if let image = try events.take(event) { progress.add(image, at: MonotonicClock.now()) }
            if event == .captureComplete { progress.complete(at: MonotonicClock.now()) }
            if event == .timeout {
                progress.pause()
                try events.settle()
            }
            if event == .timeout, progress.isComplete, progress.images.isEmpty, events.hasToldOfFullCard {
                throw FleetError(
                    .storeFull, "The card had no room for the image: delete images, or put in another card.")
            }
        }
        return progress.images
    }

    /// TRIGGER_CAPTURE: releases, and says when that left, in nanoseconds since 1970.
    ///
    /// Throws Operation_Not_Supported where the driver can only release and wait.
    func triggerAlone() throws -> ReleaseTime {
        let exposure = try bulbExposure().timedExposure()
        writer.tellExposure(exposure, in: MonotonicClock.nanoseconds(Self.busyTime))
        // How many are to come before the next release of an EOS.
        if body.isCanon { lastExpected = expectedImages() }
        let start = MonotonicClock.now()
        guard try trigger(until: start + MonotonicClock.nanoseconds(Self.busyTime)) else {
            throw FleetError(
                .operationNotSupported,
                "The body's driver releases only with waiting for the image: take pictures instead.")
        }
        events.expectLate(lastExpected, exposure: exposure)
        return ReleaseTime(releasedAt: Self.timeOfRelease(since: start))
    }

    /// When the release left for the body, in nanoseconds since 1970; `start` where that was not seen.
    private static func timeOfRelease(since start: Int64) -> Int64 {
        let sent = driver_log_released(start)
        return MonotonicClock.wallTime(of: sent == 0 ? start : sent)
    }

    /// How long the word that a body stayed busy may take to its client.
    private static let wayOfRefusal: Int64 = 500_000_000

    /// How long a busy body is asked to release, in seconds: less than the server waits for any command.
    private static let busyTime = 20.0

    /// Releases, again and again while the body is busy; false when the driver can only release and wait in one call. What
    /// the driver says of its abilities is no help: for the catch-all models it is too little.
    private func trigger(until deadline: Int64) throws -> Bool {
        var isAsked = false
        do {
            return try trigger(until: deadline, &isAsked)
        } catch {
            let isGone = (error as? Doubt)?.isOfTheLink ?? false
            if isAsked, body.isCanon, !isGone { CanonEOSRelease.letGo(of: body.camera) }
            throw error
        }
    }

    private func trigger(until deadline: Int64, _ isAsked: inout Bool) throws -> Bool {
        while true {
            // trigger_capture throws away what an EOS has told by then, images of earlier releases among it (ptp2, library.c:
            // camera_trigger_canon_eos_capture).
            if body.isCanon { try events.awaitLate(until: deadline) }
            driver_log_forget_refusal()
            isAsked = true
            do {
                if try release() { return true }
                guard MonotonicClock.now() < deadline else {
                    throw FleetError(
                        .deviceBusy, "The body is busy and did not release; try again when it has written its images.")
                }
            } catch let doubt as Doubt {
                if doubt.failure.code == .notSupported, body.camera.abilities.canCapture { return false }
                guard doubt.isBusy, MonotonicClock.now() < deadline else { throw doubt }
            }
            guard !queue.isStopped else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            // What the body tells meanwhile is what ends its being busy, on some bodies.
            try events.drain(untilQuiet: true)
            MonotonicClock.pause(milliseconds: Self.busyPause)
        }
    }

    /// Has the driver release; false where the body refused and the driver says that all went well, as a Nikon's does after it
    /// has tried 201 times. A body that took its release and refused what the driver asks after it is not released again.
    private func release() throws -> Bool {
        driver_release_begin(0, -1, nil, nil)
        defer { driver_release_end() }
        do {
            try Doubt.or(.release) { () throws(GPhotoError) in
                guard !body.isNetwork else { return try body.camera.triggerCapture() }
                // Over USB only what the driver says tells of its requests.
                try Driver.listening(with: { driver_release_words($0) }) { () throws(GPhotoError) in
                    try body.camera.triggerCapture()
                }
            }
        } catch {
            let state = driver_release_state()
            guard error.isBusy, state.sent != 0, state.response == 0x2001 else { throw error }
            if body.isCanon { CanonEOSRelease.letGo(of: body.camera) }
            return true
        }
        let response = driver_release_state().response
        return response == 0 || response == 0x2001
    }

    /// Two where the body's quality names a RAW and a JPEG, else one.
    func expectedImages() -> Int {
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
}
