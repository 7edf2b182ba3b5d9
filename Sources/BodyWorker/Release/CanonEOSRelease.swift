import FleetModel
import GPhoto2

/// A Canon EOS: held at half press while it is armed, released by one press (9128(3, 1), widget `eosremoterelease`).
final class CanonEOSRelease: ReleasePersonality {
    let method = "Canon EOS: half press while armed, then Press Full, held at its request"
    /// The driver looks for events before (9116), which were taken while arming.
    let transactionsBefore = 1

    private static let widget = "eosremoterelease"
    /// How long a body seeks focus, and how long it takes where there is nothing to seek.
    private static let focusTime: Int64 = 2_000_000_000
    private static let manualTime: Int64 = 100_000_000

    private let camera: Camera
    private let events: BodyEvents
    private let isStopped: () -> Bool
    /// Made while arming, and given to the driver as it is.
    private let full: WidgetTree

    /// Nil where the body has no such widget.
    init?(body: OpenBody, events: BodyEvents, isStopped: @escaping () -> Bool) {
        guard body.isCanon, let full = try? body.camera.widget(named: Self.widget), let root = full.root,
            root.choices.contains("Press Full"), (try? root.set(.text("Press Full"))) != nil
        else { return nil }
        camera = body.camera
        self.events = events
        self.isStopped = isStopped
        self.full = full
    }

    /// Half press, until the body says that it has focus.
    ///
    /// Throws General_Error where it says that it has none.
    func press() throws {
        var isManual = false
        if case .text(let mode)? = try? camera.widget(named: "focusmode").root?.value { isManual = mode == "Manual" }
        try Doubt.or(.release) { () throws(GPhotoError) in try set("Press Half") }
        let deadline = MonotonicClock.now() + (isManual ? Self.manualTime : Self.focusTime)
        while MonotonicClock.now() < deadline {
            guard !isStopped() else { throw FleetError(.transactionCancelled, "The command was stopped.") }
            guard let event = try events.next(.release, within: 1) else {
                MonotonicClock.pause(milliseconds: Releasing.busyPause)
                continue
            }
            _ = try events.take(event)
            if case .unknown(let words) = event, words.hasPrefix("Focus Info") {
                // What the driver itself takes for a lens that found nothing.
                guard words.contains("0000200") else { return }
                throw FleetError(
                    .generalError, "The body finds no focus: focus by hand, or give it something to focus on.")
            }
            if event == .timeout { MonotonicClock.pause(milliseconds: 2) }
        }
    }

    func release() throws(GPhotoError) { try camera.set(full, named: Self.widget) }

    func letGo() throws(GPhotoError) { try set("Release Full") }

    func undo() throws(GPhotoError) { try set("Release Half") }

    private func set(_ word: String) throws(GPhotoError) { try Self.set(word, of: camera) }

    private static func set(_ word: String, of camera: Camera) throws(GPhotoError) {
        let tree = try camera.widget(named: widget)
        try tree.root?.set(.text(word))
        try camera.set(tree, named: widget)
    }

    /// Lets go of the shutter of a body whose driver may have left it pressed, half or full, when the body refused what came
    /// next (ptp2, library.c: camera_trigger_canon_eos_capture). A busy body is asked for a second.
    static func letGo(of camera: Camera) {
        let deadline = MonotonicClock.now() + lettingGoTime
        while MonotonicClock.now() < deadline {
            do throws(GPhotoError) {
                return try set("Release Full", of: camera)
            } catch {
                guard Doubt(failure: error, task: .release).isBusy else { return }
            }
            MonotonicClock.pause(milliseconds: Releasing.busyPause)
        }
    }

    private static let lettingGoTime: Int64 = 1_000_000_000
}
