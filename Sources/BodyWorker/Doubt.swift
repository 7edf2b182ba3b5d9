import CDriverLog
import GPhoto2

/// A result of the driver after which it is to be found out whether the body is still there.
struct Doubt: Error {
    let failure: GPhotoError
    let task: DriverFailure.Task
    /// The response code of PTP with which the body refused something last, which drivers fold into a few results; 0 for
    /// none.
    let refusal: UInt16

    init(failure: GPhotoError, task: DriverFailure.Task) {
        self.failure = failure
        self.task = task
        refusal = driver_log_refusal()
    }

    /// Whether the body was busy: drivers say so themselves, or fold it into a result that says nothing.
    var isBusy: Bool {
        failure.code == .cameraBusy
            || refusal == DriverFailure.deviceBusy
                && (DriverFailure.saysNothing(failure.code) || DriverFailure.saysMissing(failure.code))
    }

    /// Whether the body may be gone, or did not answer.
    var isOfTheLink: Bool { [.timeout, .inputOutput, .usbNotFound].contains(failure.code) }

    /// Calls the driver.
    static func or<Value>(
        _ task: DriverFailure.Task, _ action: () throws(GPhotoError) -> Value
    ) throws(Doubt) -> Value {
        driver_log_forget_refusal()
        do throws(GPhotoError) {
            return try action()
        } catch {
            throw Doubt(failure: error, task: task)
        }
    }
}
