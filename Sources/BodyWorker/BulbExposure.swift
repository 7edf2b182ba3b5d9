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

    /// Opens the shutter, and closes it after so many nanoseconds, or sooner when it is to stop.
    ///
    /// Throws Operation_Not_Supported where the body has no such widget, Transaction_Cancelled after a stop.
    func expose(nanoseconds: Int64) throws {
        guard Self.isPossible(with: camera, maker: maker) else {
            throw FleetError(.operationNotSupported, "The body cannot expose for a given time through its driver.")
        }
        try set(1)
        let end = MonotonicClock.now() + nanoseconds
        while MonotonicClock.now() < end, !isStopped() { MonotonicClock.pause(milliseconds: pause(until: end)) }
        try close()
        guard !isStopped() else { throw FleetError(.transactionCancelled, "The exposure was ended before its time.") }
    }

    /// What the driver changes for such an exposure and leaves so, as it is before: the PTP driver of 2.5.30 sets a Nikon to
    /// M and to bulb, where its next ordinary release would never end.
    func settings() -> [(name: String, value: CameraWidgetValue)] {
        guard maker.lowercased().hasPrefix("nikon") else { return [] }
        return ["shutterspeed", "expprogram"].compactMap { name in
            (try? camera.widget(named: name).root?.value).map { (name, $0) }
        }
    }

    /// Sets what is not any more as it was before. A body that does not take it keeps what it has.
    func restore(_ settings: [(name: String, value: CameraWidgetValue)]) {
        for (name, value) in settings {
            guard let tree = try? camera.widget(named: name), let root = tree.root, root.value != value else {
                continue
            }
            guard (try? root.set(value)) != nil else { continue }
            try? camera.set(tree, named: name)
        }
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
