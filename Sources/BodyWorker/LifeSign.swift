import CDriverLog
import GPhoto2

/// Whether a body is there, by asking it for something that every one has: its storages.
enum LifeSign {
    private static let brokenLink: Set<GPhotoError.Code> = [.inputOutput, .timeout, .usbNotFound]

    /// Asks; comes back when the body has answered, or when its driver has no way to ask.
    ///
    /// Throws what the driver says of a body that does not answer, or GP_ERROR_IO when the driver answers for it, from what
    /// it remembers. A body that answers that it cannot tell is there.
    static func ask(of camera: Camera) throws(GPhotoError) {
        let before = driver_log_received_count()
        do throws(GPhotoError) {
            _ = try camera.storages()
        } catch {
            let isAnswer = driver_log_received_count() != before && !brokenLink.contains(error.code)
            guard error.code == .notSupported || isAnswer else { throw error }
            return
        }
        guard driver_log_received_count() != before else { throw GPhotoError(.inputOutput) }
    }
}
