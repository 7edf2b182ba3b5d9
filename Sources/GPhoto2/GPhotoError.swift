import CGPhoto2

/// A result below zero of libgphoto2, with its own text.
public struct GPhotoError: Error, Sendable, Hashable, CustomStringConvertible {
    /// libgphoto2's result codes (gphoto2-result.h, gphoto2-port-result.h).
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The number that C knows.
        public let rawValue: Int32

        /// A code by its number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// GP_ERROR
        public static let unspecified = Code(rawValue: -1)
        /// GP_ERROR_BAD_PARAMETERS
        public static let badParameters = Code(rawValue: -2)
        /// GP_ERROR_NO_MEMORY
        public static let noMemory = Code(rawValue: -3)
        /// GP_ERROR_LIBRARY
        public static let library = Code(rawValue: -4)
        /// GP_ERROR_UNKNOWN_PORT
        public static let unknownPort = Code(rawValue: -5)
        /// GP_ERROR_NOT_SUPPORTED
        public static let notSupported = Code(rawValue: -6)
        /// GP_ERROR_IO
        public static let inputOutput = Code(rawValue: -7)
        /// GP_ERROR_FIXED_LIMIT_EXCEEDED
        public static let fixedLimitExceeded = Code(rawValue: -8)
        /// GP_ERROR_TIMEOUT
        public static let timeout = Code(rawValue: -10)
        /// GP_ERROR_IO_INIT … GP_ERROR_IO_LOCK: the port itself failed.
        public static let portRange = -60 ... -30
        /// GP_ERROR_IO_USB_FIND
        public static let usbNotFound = Code(rawValue: -52)
        /// GP_ERROR_IO_USB_CLAIM
        public static let usbHeld = Code(rawValue: -53)
        /// GP_ERROR_IO_LOCK
        public static let portLocked = Code(rawValue: -60)
        /// GP_ERROR_CORRUPTED_DATA
        public static let corruptedData = Code(rawValue: -102)
        /// GP_ERROR_FILE_EXISTS
        public static let fileExists = Code(rawValue: -103)
        /// GP_ERROR_MODEL_NOT_FOUND
        public static let modelNotFound = Code(rawValue: -105)
        /// GP_ERROR_DIRECTORY_NOT_FOUND
        public static let directoryNotFound = Code(rawValue: -107)
        /// GP_ERROR_FILE_NOT_FOUND
        public static let fileNotFound = Code(rawValue: -108)
        /// GP_ERROR_DIRECTORY_EXISTS
        public static let directoryExists = Code(rawValue: -109)
        /// GP_ERROR_CAMERA_BUSY
        public static let cameraBusy = Code(rawValue: -110)
        /// GP_ERROR_PATH_NOT_ABSOLUTE
        public static let pathNotAbsolute = Code(rawValue: -111)
        /// GP_ERROR_CANCEL
        public static let cancelled = Code(rawValue: -112)
        /// GP_ERROR_CAMERA_ERROR
        public static let cameraError = Code(rawValue: -113)
        /// GP_ERROR_OS_FAILURE
        public static let systemFailure = Code(rawValue: -114)
        /// GP_ERROR_NO_SPACE
        public static let noSpace = Code(rawValue: -115)
    }

    /// What kind of failure it is.
    public let code: Code
    /// libgphoto2's text for the code (gp_result_as_string).
    public let text: String
    /// What the driver said on top of that (gp_context_error), or nothing.
    public let detail: String

    /// An error of that code.
    public init(_ code: Code, detail: String = "") {
        self.code = code
        self.text = String(cString: gp_result_as_string(code.rawValue))
        self.detail = detail
    }

    /// The code, its text and what the driver said.
    public var description: String {
        detail.isEmpty ? "\(text) (\(code.rawValue))" : "\(text) (\(code.rawValue)): \(detail)"
    }
}

/// Throws for a result below zero.
@discardableResult
func check(_ result: Int32, _ context: Context? = nil) throws(GPhotoError) -> Int32 {
    guard result < 0 else {
        // What was said of a call that went well is no part of a later failure.
        _ = context?.takeError()
        return result
    }
    throw GPhotoError(GPhotoError.Code(rawValue: result), detail: context?.takeError() ?? "")
}
