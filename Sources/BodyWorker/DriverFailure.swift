import FleetModel
import GPhoto2

/// What libgphoto2's results mean to a photographer (protocol.md, section 2).
enum DriverFailure {
    /// What was being done, which decides what a result means.
    enum Task {
        case widget(String)
        case setWidget(String)
        case object(String)
        case piece(String)
        case upload(String)
        case release
        case preview
        case other
    }

    /// The error for a result of the driver. `refusal` is PTP's response code behind it, where there was one.
    static func error(_ failure: GPhotoError, _ task: Task, refusal: UInt16 = 0) -> FleetError {
        let driver = DriverError(code: Int(failure.code.rawValue), text: failure.text)
        let known =
            saysNothing(failure.code) || saysMissing(failure.code) ? meaning(refusal, task) ?? meaning(refusal) : nil
        let (kind, sentence) = known ?? meaning(failure.code, task)
        let detail = failure.detail.isEmpty ? "" : " The driver says: \(failure.detail)"
        return FleetError(kind, sentence + detail, driver: driver)
    }

    /// PTP's Device_Busy and General_Error.
    static let deviceBusy: UInt16 = 0x2019
    static let generalError: UInt16 = 0x2002

    /// Whether a result of the driver stands for many things that a body can have said.
    static func saysNothing(_ code: GPhotoError.Code) -> Bool { code == .unspecified || code == .badParameters }

    /// Whether a result says that something is not on the card, which drivers also say where the body did not tell of it.
    static func saysMissing(_ code: GPhotoError.Code) -> Bool { code == .fileNotFound || code == .directoryNotFound }

    /// What a response code of PTP means for some tasks: what the body fails to tell of is there all the same.
    private static func meaning(_ refusal: UInt16, _ task: Task) -> (FleetErrorKind, String)? {
        guard refusal == generalError else { return nil }
        switch task {
        case .widget(let name), .object(let name):
            return (.generalError, "The body failed to tell of \(name); try again, or switch it off and on.")
        default: return nil
        }
    }

    /// What a response code of PTP means whatever was being done (ISO 15740).
    private static func meaning(_ refusal: UInt16) -> (FleetErrorKind, String)? {
        switch refusal {
        case 0x200C: (.storeFull, "The card is full: delete images, or put in another card.")
        case 0x200E: (.generalError, "The card is locked against writing: look at its switch.")
        case 0x2013: (.storeNotAvailable, "The body has no card: put one in.")
        case deviceBusy: (.deviceBusy, "The body stayed busy; wait until it has finished and try again.")
        default: nil
        }
    }

    /// A body that kept what it was to delete.
    static func ofDeleting(_ name: String, _ refusal: UInt16) -> FleetError {
        if let (kind, sentence) = meaning(refusal) { return FleetError(kind, "\(name) was not deleted. \(sentence)") }
        let code = "0x" + String(refusal, radix: 16, uppercase: true)
        return refusal == 0x200D
            ? FleetError(.generalError, "\(name) was not deleted: it is protected on the body.")
            : FleetError(.generalError, "\(name) was not deleted: the body refused (PTP \(code)).")
    }

    private static func meaning(_ code: GPhotoError.Code, _ task: Task) -> (FleetErrorKind, String) {
        switch (code, task) {
        case (.badParameters, .widget(let name)):
            (.parameterNotSupported, "The body has no widget \(name); the list of widgets tells which it has.")
        case (.notSupported, .widget(let name)), (.notSupported, .setWidget(let name)):
            (.parameterNotSupported, "The body does not let \(name) be used.")
        case (.badParameters, .setWidget(let name)):
            (.invalidParameter, "The body does not take that value for \(name).")
        case (.fileExists, .upload(let name)):
            (.invalidParameter, "\(name) is there already; delete it first, or choose another name.")
        case (.notSupported, .upload): (.operationNotSupported, "The body takes no files.")
        case (.fileNotFound, _), (.badParameters, .object), (.badParameters, .piece), (.pathNotAbsolute, _):
            (.invalidObjectHandle, "There is no such file on the camera; list its files again.")
        case (.directoryNotFound, _): (.invalidObjectHandle, "There is no such folder on the camera.")
        case (.unspecified, .piece(let name)), (.notSupported, .piece(let name)):
            (.operationNotSupported, "The body gives \(name) only as a whole.")
        case (.notSupported, .preview): (.operationNotSupported, "The body gives no live view through its driver.")
        case (.notSupported, _): (.operationNotSupported, "The body cannot do that through its driver.")
        case (.cameraBusy, _): (.deviceBusy, "The body stayed busy; wait until it has finished and try again.")
        case (.noSpace, _): (.storeFull, "There is no room left for it.")
        case (.timeout, _): (.timedOut, "The body did not answer in time.")
        case (.cancelled, _): (.transactionCancelled, "It was stopped.")
        case (.usbNotFound, _): (.cameraUnplugged, "The body is gone: check its cable and power.")
        case (.usbHeld, _), (.portLocked, _):
            (.cameraFault, "Another program holds the body, often the desktop's photo import: close that.")
        case (.inputOutput, _): (.cameraFault, "The link to the body failed: check its cable and power.")
        case (.unspecified, .release):
            (.generalError, "The body did not release: look at its focus, card, mode dial and battery.")
        case (.corruptedData, _): (.cameraFault, "The body sent data that make no sense.")
        default: (.generalError, "The body refused.")
        }
    }

    /// The response code of PTP with which the body refused a value, such as 0x2019 for busy. The PTP driver of 2.5.30 says
    /// it in words alone, `… was not set (0x2019: PTP Device Busy)`, and then goes on to answer −2, as for a widget that is
    /// not there. Codes below 0x2000 are the driver's own.
    static func refusal(in detail: String) -> UInt16? {
        guard let start = detail.firstRange(of: "was not set (0x") else { return nil }
        let digits = detail[start.upperBound...].prefix { $0.isHexDigit }
        return UInt16(digits, radix: 16).flatMap { $0 >= 0x2000 ? $0 : nil }
    }

    /// A failure to set a widget, by what the body said.
    static func ofSetting(_ failure: GPhotoError, _ name: String) -> any Error {
        guard let code = refusal(in: failure.detail) else { return Doubt(failure: failure, task: .setWidget(name)) }
        let driver = DriverError(code: Int(failure.code.rawValue), text: failure.text)
        let words = "The driver says: \(failure.detail)"
        switch code {
        case 0x2019:
            return Doubt(failure: GPhotoError(.cameraBusy, detail: failure.detail), task: .setWidget(name))
        case 0x2005, 0x200A, 0x200F:
            return FleetError(
                .parameterNotSupported, "The body does not let \(name) be set now. \(words)", driver: driver)
        case 0x201B, 0x201C, 0x201D:
            return FleetError(
                .invalidParameter, "The body does not take that value for \(name). \(words)", driver: driver)
        default:
            return FleetError(.generalError, "The body did not set \(name). \(words)", driver: driver)
        }
    }

    /// Whether a failure leaves doubt that the body is still there.
    static func leavesDoubt(_ code: GPhotoError.Code) -> Bool {
        switch code {
        case .unspecified, .badParameters, .inputOutput, .timeout, .corruptedData, .cameraError, .fileNotFound,
            .directoryNotFound:
            true
        default: GPhotoError.Code.portRange.contains(Int(code.rawValue))
        }
    }
}
