import CDriverLog
import GPhoto2

/// Asks for what is on a body's card. When a body does not tell of it, being busy or failing, the PTP driver of 2.5.30 takes
/// what it has then for all that there is (ptp2, ptp.c: ptp_list_folder marks a folder as read before it reads it), and
/// libgphoto2 remembers that. Only opening the body anew makes the driver ask again. On the body's thread only.
final class CardAccess {
    /// Why what the driver knows of the card is not all that there is.
    private enum Gap {
        case busy, failure
    }

    private let camera: Camera
    /// Whether the body is one whose folders the driver marks as read once they were (a Canon EOS).
    private let forgives: () -> Bool
    /// Whether the body may be opened anew: the driver would give the names of images that it had in memory to others.
    private let mayOpen: () -> Bool
    private var gap: Gap?
    /// When the body may be opened anew for either.
    private var nextOpening: [Gap: Int64] = [:]
    /// Makes sure that nothing is lost by opening the body anew.
    var prepare: () throws(Doubt) -> Void = {}
    /// How often the body was opened anew.
    private(set) var openings = 0

    /// How long a busy body is left alone before it is opened anew again, and one that fails, in nanoseconds.
    private static let busyPause: Int64 = 500_000_000
    private static let failurePause: Int64 = 60_000_000_000

    init(camera: Camera, forgives: @escaping () -> Bool, mayOpen: @escaping () -> Bool) {
        self.camera = camera
        self.forgives = forgives
        self.mayOpen = mayOpen
    }

    /// Calls the driver for something on the card, once it knows of all of it; what is not `mends` is told that it is busy
    /// until somebody else has seen to that.
    ///
    /// Throws also where the driver says that all went well, and the body was busy.
    func ask<Value>(
        _ task: DriverFailure.Task, mends: Bool = true, _ action: () throws(GPhotoError) -> Value
    ) throws(Doubt) -> Value {
        if mends {
            try mend(task)
        } else if gap == .busy {
            throw Doubt(failure: GPhotoError(.cameraBusy), task: task)
        }
        driver_log_forget_refusal()
        let value: Value
        do throws(GPhotoError) {
            value = try action()
        } catch {
            let doubt = Doubt(failure: error, task: task)
            note(doubt.refusal, isLost: true)
            if doubt.isOfTheLink { camera.forgetFiles() }
            throw doubt
        }
        let refusal = driver_log_refusal()
        note(refusal, isLost: !forgives())
        guard refusal != DriverFailure.deviceBusy else { throw Doubt(failure: GPhotoError(.cameraBusy), task: task) }
        return value
    }

    /// The body refused something while the driver looked up what is on the card. Where that is lost the driver takes what it
    /// has for all.
    private func note(_ refusal: UInt16, isLost: Bool) {
        guard refusal == DriverFailure.deviceBusy || refusal == DriverFailure.generalError else { return }
        camera.forgetFiles()
        if isLost { gap = refusal == DriverFailure.deviceBusy ? .busy : gap ?? .failure }
    }

    /// Opens the body anew where the driver does not know of all, once it is not busy any more.
    func mend(_ task: DriverFailure.Task) throws(Doubt) {
        guard let gap, mayOpen() else { return }
        let busy = Doubt(failure: GPhotoError(.cameraBusy), task: task)
        let now = MonotonicClock.now()
        guard now >= nextOpening[gap] ?? .min else {
            if gap == .failure { return }
            throw busy
        }
        driver_log_forget_refusal()
        _ = try? camera.storages()
        guard driver_log_refusal() != DriverFailure.deviceBusy else { throw busy }
        do throws(Doubt) {
            try prepare()
        } catch {
            // What failed may fail again: what there is will do.
            if gap == .failure, error.isBusy { return }
            throw error
        }
        self.gap = nil
        nextOpening[gap] = now + (gap == .busy ? Self.busyPause : Self.failurePause)
        openings += 1
        try Doubt.or(task) { () throws(GPhotoError) in try camera.reopen() }
    }
}
