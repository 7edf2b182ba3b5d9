/// What went wrong, by the names of protocol.md, section 2; PTP's own where there is one (ISO 15740).
public enum FleetErrorKind: UInt16, Sendable, Codable, CaseIterable {
    /// Anything without a better name.
    case generalError = 0x2002
    /// The session is not one of this connection.
    case sessionNotOpen = 0x2003
    /// Unknown command, or the body cannot do it.
    case operationNotSupported = 0x2005
    /// No such widget, or it cannot be set.
    case parameterNotSupported = 0x2006
    /// No such file or folder on the camera.
    case invalidObjectHandle = 0x2009
    /// The card or the server's disk is full.
    case storeFull = 0x200C
    /// Not authenticated, or not allowed.
    case accessDenied = 0x200F
    /// No card.
    case storeNotAvailable = 0x2013
    /// Locked, or busy past its time limit.
    case deviceBusy = 0x2019
    /// Bad JSON, a missing or ill-typed argument, or a value not among the choices.
    case invalidParameter = 0x201D
    /// Stopped by the client or by the end of the session.
    case transactionCancelled = 0x201F
    /// The body is gone.
    case cameraUnplugged = 0xA001
    /// The body answers no more, or its driver failed.
    case cameraFault = 0xA002
    /// The command ran past its time limit.
    case timedOut = 0xA003
    /// A limit on connections, sessions or outstanding commands.
    case tooMany = 0xA004

    /// The name on the wire, such as `Camera_Fault`.
    public var name: String {
        switch self {
        case .generalError: "General_Error"
        case .sessionNotOpen: "Session_Not_Open"
        case .operationNotSupported: "Operation_Not_Supported"
        case .parameterNotSupported: "Parameter_Not_Supported"
        case .invalidObjectHandle: "Invalid_ObjectHandle"
        case .storeFull: "Store_Full"
        case .accessDenied: "Access_Denied"
        case .storeNotAvailable: "Store_Not_Available"
        case .deviceBusy: "Device_Busy"
        case .invalidParameter: "Invalid_Parameter"
        case .transactionCancelled: "Transaction_Cancelled"
        case .cameraUnplugged: "Camera_Unplugged"
        case .cameraFault: "Camera_Fault"
        case .timedOut: "Timed_Out"
        case .tooMany: "Too_Many"
        }
    }

    /// The kind of that name on the wire.
    public init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = kind
    }
}

/// What libgphoto2 said: a result code below zero and its own text (gp_result_as_string).
public struct DriverError: Sendable, Codable, Hashable {
    /// libgphoto2's result code, such as −110.
    public var code: Int
    /// libgphoto2's text, such as `I/O in progress`.
    public var text: String

    /// A code with its text.
    public init(code: Int, text: String) {
        self.code = code
        self.text = text
    }
}

/// The one error of the fleet: a kind, a sentence that tells a photographer what to do, and what the driver said.
public struct FleetError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong.
    public var kind: FleetErrorKind
    /// A sentence for a person.
    public var message: String
    /// What libgphoto2 said, where it said something.
    public var driver: DriverError?

    /// An error of that kind.
    public init(_ kind: FleetErrorKind, _ message: String, driver: DriverError? = nil) {
        self.kind = kind
        self.message = message
        self.driver = driver
    }

    /// The kind and the sentence.
    public var description: String { "\(kind.name): \(message)" }
}

/// An error inside an answer, such as CAMERA_INFO's: `{"error", "message"}` and `gphoto2` (protocol.md, section 2).
public struct ErrorDescription: Sendable, Codable, Hashable {
    /// The kind's name on the wire.
    public var error: String
    /// A sentence for a person.
    public var message: String
    /// What libgphoto2 said.
    public var gphoto2: DriverError?

    /// An error as the wire says it.
    public init(_ error: FleetError) {
        self.error = error.kind.name
        message = error.message
        gphoto2 = error.driver
    }

    /// The error that was described; one of an unknown name is a General_Error.
    public var fleetError: FleetError {
        FleetError(FleetErrorKind(name: error) ?? .generalError, message, driver: gphoto2)
    }
}
