import FleetTesting
import Glibc
import Testing

/// The response codes of protocol.md, section 2, as that page names them.
enum Response: UInt16 {
    case ok = 0x2001
    case generalError = 0x2002
    case sessionNotOpen = 0x2003
    case operationNotSupported = 0x2005
    case parameterNotSupported = 0x2006
    case invalidObjectHandle = 0x2009
    case storeFull = 0x200C
    case accessDenied = 0x200F
    case storeNotAvailable = 0x2013
    case deviceBusy = 0x2019
    case invalidParameter = 0x201D
    case transactionCancelled = 0x201F
    case cameraUnplugged = 0xA001
    case cameraFault = 0xA002
    case timedOut = 0xA003
    case tooMany = 0xA004

    var name: String {
        switch self {
        case .ok: "OK"
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
}

/// The commands of protocol.md, section 3, that the scenes use.
enum Ask {
    static let capture: UInt16 = 0x0002
    static let download: UInt16 = 0x0004
    static let liveView: UInt16 = 0x0005
    static let value: UInt16 = 0x0007
    static let setValue: UInt16 = 0x0009
    static let files: UInt16 = 0x000B
    static let upload: UInt16 = 0x000D
    static let storages: UInt16 = 0x000E
    static let sequence: UInt16 = 0x0013
    static let reset: UInt16 = 0x0015
    static let check: UInt16 = 0x0900
    static let cameras: UInt16 = 0x0902
    static let open: UInt16 = 0x0903
    static let subscribe: UInt16 = 0x0910
    static let name: UInt16 = 0x0920
    static let closeConnection: UInt16 = 0x0999
}

extension RawPacket {
    /// Expects one of these answers; one that is no OK has its name and a sentence for a person.
    @discardableResult
    func expect(
        _ wanted: Response..., sourceLocation: SourceLocation = #_sourceLocation
    ) -> RawPacket {
        #expect(type == 3, sourceLocation: sourceLocation)
        guard let response = Response(rawValue: code), wanted.contains(response) else {
            Issue.record(
                "\(wanted) was expected; the answer is 0x\(String(code, radix: 16)) \(json)",
                sourceLocation: sourceLocation)
            return self
        }
        guard response != .ok else { return self }
        #expect(json["error"].string == response.name, sourceLocation: sourceLocation)
        expectSentence(json, sourceLocation)
        return self
    }
}

/// Expects that a `message` is there, which is a sentence.
func expectSentence(_ error: JSONValue, _ sourceLocation: SourceLocation = #_sourceLocation) {
    let sentence = error["message"].string ?? ""
    #expect(sentence.count > 10 && sentence.contains(" "), "\(error)", sourceLocation: sourceLocation)
}

/// Expects the same bytes. Not `#expect(==)`, which for long ones that differ looks for the differences for minutes.
func expectSame(_ bytes: [UInt8], _ wanted: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
    let isSame = bytes.count == wanted.count && memcmp(bytes, wanted, bytes.count) == 0
    #expect(isSame, "\(bytes.count) bytes, where \(wanted.count) were expected", sourceLocation: sourceLocation)
}
