import CDriverLog
import FleetModel
import GPhoto2

/// Exposures that are as long as one likes: the `bulb` widget that drivers give bodies for it.
struct BulbExposure {
    let camera: Camera
    /// The maker in the body's words.
    let maker: String
    /// Whether the command that exposes is to stop.
    let isStopped: () -> Bool

    /// The makers whose bodies a driver knows to expose like this. Others may have the widget too, since the PTP driver gives
    /// Fujifilm's to every body that can release (libgphoto2 2.5.30, config.c); it must not be touched there.
    private static let makers = ["nikon", "canon", "sony", "fuji", "olympus", "om digital"]

    /// How long a body that is busy is asked to close its shutter.
    private static let closingTime: Int64 = 10_000_000_000

    /// Whether a body of a maker can do it.
    static func isPossible(with camera: Camera, maker: String) -> Bool {
        let maker = maker.lowercased()
        guard makers.contains(where: maker.hasPrefix) else { return false }
        return (try? camera.widget(named: "bulb").root?.kind) == .toggle
    }

    /// Opens the shutter, and closes it after so many nanoseconds, or sooner when it is to stop. `opened` is called once it
    /// is open. Gives when it was asked to open, in nanoseconds of CLOCK_MONOTONIC: drivers set other things before.
    ///
    /// Throws Operation_Not_Supported where the body has no such widget, Transaction_Cancelled after a stop.
    func expose(nanoseconds: Int64, opened: () -> Void) throws -> Int64 {
        guard Self.isPossible(with: camera, maker: maker) else {
            throw FleetError(.operationNotSupported, "The body cannot expose for a given time through its driver.")
        }
        try prepare()
        let start = MonotonicClock.now()
        try set(1)
        let sent = driver_log_released(start)
        opened()
        let end = MonotonicClock.now() + nanoseconds
        while MonotonicClock.now() < end, !isStopped() { MonotonicClock.pause(milliseconds: pause(until: end)) }
        try close()
        guard !isStopped() else { throw FleetError(.transactionCancelled, "The exposure was ended before its time.") }
        return sent == 0 ? start : sent
    }

    // MARK: What is changed for it

    /// The widgets that the PTP driver of 2.5.30 sets for a Nikon's exposure (config.c, _put_Nikon_Bulb) and leaves so, where
    /// the next release would keep the shutter open for good; the first is also what `prepare` sets on a Canon.
    private static let changed = ["shutterspeed", "expprogram"]

    private var isNikon: Bool { maker.lowercased().hasPrefix("nikon") }

    /// Sets a Canon's shutter speed to bulb, without which it does not keep its shutter open. Where its mode dial does not
    /// allow that, the release says so.
    private func prepare() throws {
        guard maker.lowercased().hasPrefix("canon"), let tree = try? camera.widget(named: "shutterspeed"),
            let root = tree.root, let bulb = root.choices.first(where: { $0.lowercased() == "bulb" }),
            root.value != .text(bulb)
        else { return }
        try Doubt.or(.release) { () throws(GPhotoError) in
            try root.set(.text(bulb))
            try camera.set(tree, named: "shutterspeed")
        }
    }

    /// The settings that an exposure changes, as they are.
    func settings() -> [(name: String, value: CameraWidgetValue)] {
        Self.changed.compactMap { name in
            (try? camera.widget(named: name).root?.value).flatMap { $0 }.map { (name, $0) }
        }
    }

    /// Sets them again, trying for a while: the body may still be writing. What it does not take now stays as it is.
    func restore(_ settings: [(name: String, value: CameraWidgetValue)]) {
        let deadline = MonotonicClock.now() + Self.closingTime
        for (name, value) in settings {
            while !isRestored(name, value), MonotonicClock.now() < deadline {
                MonotonicClock.pause(milliseconds: Releasing.busyPause)
            }
        }
    }

    private func isRestored(_ name: String, _ value: CameraWidgetValue) -> Bool {
        do throws(GPhotoError) {
            let tree = try camera.widget(named: name)
            guard let root = tree.root, root.value != value else { return true }
            try root.set(value)
            try camera.set(tree, named: name)
            return true
        } catch {
            // Over PTP a busy body shows as a value that was not set.
            return error.code != .cameraBusy && DriverFailure.refusal(in: error.detail) != 0x2019
        }
    }

    /// How long the shutter will be open, in nanoseconds; 0 where that is not known, and not asked: only a Nikon has to be,
    /// since a release without a time is refused while it is set to keep its shutter open until it is told.
    ///
    /// Throws General_Error.
    func timedExposure() throws(FleetError) -> Int64 {
        guard isNikon else { return 0 }
        return try ShutterSpeed.timed(
            of: camera, remedy: "give bulb_seconds, or choose a shutter speed, before it is released")
    }

    /// A body that is busy is asked again: its shutter must not stay open.
    private func close() throws(Doubt) {
        let deadline = MonotonicClock.now() + Self.closingTime
        while true {
            do throws(Doubt) {
                return try set(0)
            } catch {
                guard error.failure.code == .cameraBusy, MonotonicClock.now() < deadline else { throw error }
            }
            MonotonicClock.pause(milliseconds: Releasing.busyPause)
        }
    }

    /// Ten milliseconds, or what is left.
    private func pause(until end: Int64) -> Int32 {
        Int32(clamping: min(10, max(1, (end - MonotonicClock.now()) / 1_000_000)))
    }

    private func set(_ state: Int32) throws(Doubt) {
        do throws(GPhotoError) {
            let tree = try camera.widget(named: "bulb")
            try tree.root?.set(.state(state))
            try camera.set(tree, named: "bulb")
        } catch {
            throw Doubt(failure: error, task: .release)
        }
    }
}
