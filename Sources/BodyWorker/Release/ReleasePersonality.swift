import GPhoto2

/// How a maker's bodies are released with the least between the decision and the release. On the body's thread only.
protocol ReleasePersonality: AnyObject {
    /// How, in words.
    var method: String { get }
    /// How many transactions its driver makes before that of the release, at most, when nothing is amiss.
    var transactionsBefore: Int { get }

    /// Brings the body as near to its release as it can be held there: focus, half press.
    func press() throws

    /// Releases: one call of the driver.
    func release() throws(GPhotoError)

    /// After a release: lets go of the shutter.
    func letGo() throws(GPhotoError)

    /// Undoes `press` where nothing was released.
    func undo() throws(GPhotoError)
}

/// A release by gp_camera_trigger_capture, which needs nothing before and nothing after.
final class TriggeredRelease: ReleasePersonality {
    let method: String
    let transactionsBefore: Int
    private let camera: Camera

    /// A generic body is asked nothing before InitiateCapture. Of a Nikon the driver wants its events twice, whether it is
    /// ready, whether live view is on and once which mode it is in (90C7, 90C8, 90C7, 1015 D1A2, 90C2; ptp2, library.c).
    /// Others seek focus.
    init(body: OpenBody) {
        camera = body.camera
        let maker = body.manufacturer.lowercased()
        if maker.hasPrefix("nikon") {
            method = "Nikon: trigger_capture, held at its request to release"
            transactionsBefore = 5
        } else if ["canon", "fuji", "olympus", "om digital", "panasonic", "sony"].contains(where: maker.hasPrefix) {
            method = "trigger_capture, held at its request to release"
            transactionsBefore = 20
        } else if camera.abilities.isPTP {
            method = "trigger_capture (InitiateCapture), held at its request to release"
            transactionsBefore = 0
        } else {
            method = "trigger_capture"
            transactionsBefore = 0
        }
    }

    func press() {}

    func release() throws(GPhotoError) { try camera.triggerCapture() }

    func letGo() {}

    func undo() {}
}
