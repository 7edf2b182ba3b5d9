import Fleet
import FleetTesting
import Testing
import VirtualCamera

typealias Dialect = VirtualBodyDescription.Dialect

/// One body that is ready, and a client with a session on it.
struct BodyRig: Sendable {
    let fleet: TestFleet
    let client: RawClient
    let session: UInt32

    var body: VirtualBody { fleet.rig.bodies[0] }
    var dialect: Dialect { body.description.dialect }

    /// Runs a server with one body of a dialect for as long as a test takes.
    static func run(
        _ dialect: Dialect, _ change: (inout VirtualBodyDescription) -> Void = { _ in },
        _ test: (BodyRig) async throws -> Void
    ) async throws {
        var description = VirtualBodyDescription(dialect: dialect)
        description.shutterLag = .milliseconds(5)
        change(&description)
        // A body that is opened anew may be slow to answer where much else runs.
        var limits = FleetLimits()
        limits.reopeningPatience = .seconds(20)
        try await TestFleet.run([description], limits: limits) { fleet in
            let client = try await fleet.server.client()
            try await test(BodyRig(fleet: fleet, client: client, session: try await client.open(1)))
        }
    }

    /// Another session on the body: of another connection, unless it is to be of the same.
    func another(sameConnection: Bool = false) async throws -> BodyRig {
        let client = sameConnection ? client : try await fleet.server.client()
        return BodyRig(fleet: fleet, client: client, session: try await client.open(1))
    }

    /// A command of the session and its response.
    func ask(_ code: UInt16, _ json: String = "{}", transaction: UInt32 = 77) async throws -> RawPacket {
        try await client.ask(code, session: session, transaction: transaction, json)
    }

    /// A command of the session whose response is read later.
    func send(_ code: UInt16, _ json: String = "{}", transaction: UInt32) async throws {
        try await client.command(code, session: session, transaction: transaction, json)
    }

    /// Begins a release that lasts until it is cancelled: a bulb exposure where the body has one, which is closed then;
    /// elsewhere one whose lag is to be described as long.
    func holdShutter(transaction: UInt32) async throws {
        try await send(0x0002, dialect == .ptp ? "{}" : #"{"bulb_seconds":60}"#, transaction: transaction)
        try await waitUntil("it is released") { !body.releaseTimes.isEmpty }
    }

    /// The responses to some commands, in the order in which they come.
    func answers(_ count: Int) async throws -> [RawPacket] {
        var answers: [RawPacket] = []
        while answers.count < count { answers.append(try await client.packet { $0.type == 3 }) }
        return answers
    }

    /// A client that hears events of these names.
    func watcher(_ names: String...) async throws -> RawClient {
        let watcher = try await fleet.server.client()
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        #expect(try await watcher.ask(0x0910, "{\"events\":[\(list)]}").code == 0x2001)
        return watcher
    }

    /// The files on the body.
    func files() async throws -> [JSONValue] {
        let answer = try await ask(0x000B, "{\"recurse\":true}")
        #expect(answer.code == 0x2001, "\(answer.json)")
        return answer.json["files"].array
    }

    /// The path of a picture as JSON's arguments have it, without the braces.
    func place(_ file: JSONValue) -> String {
        "\"folder\":\"\(file["folder"].string ?? "")\",\"name\":\"\(file["name"].string ?? "")\""
    }

    /// CAMERA_INFO as the list has it.
    func information() async throws -> JSONValue {
        try await client.ask(0x0902, "{}").json["cameras"][0]
    }

    /// Downloads an image that an answer named.
    func download(_ file: JSONValue) async throws -> (bytes: [UInt8], last: RawPacket) {
        let answer = try await ask(0x0004, "{\(place(file))}")
        #expect(answer.code == 0x2001, "\(answer.told)")
        let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
        let result = try await downloads.download(answer.json["ticket"].string ?? "", session: session)
        await downloads.close()
        return result
    }
}

extension Dialect {
    /// The operation by which libgphoto2 releases such a body.
    var release: OperationCode {
        switch self {
        case .ptp: .initiateCapture
        case .nikon: .nikonInitiateCaptureRecInMedia
        case .canonEOS: .canonRemoteReleaseOn
        }
    }

    /// The property behind the widget `iso`, with its value for ISO 400.
    var sensitivity: (code: PropertyCode, of400: PropertyValue) {
        self == .canonEOS ? (.canonISOSpeed, 0x58) : (.exposureIndex, 400)
    }

    /// The folder that libgphoto2 lists pictures in.
    var folder: String {
        switch self {
        case .ptp: "/store_00010001/DCIM/100VIRTU"
        case .nikon: "/store_00010001/DCIM/100D7500"
        case .canonEOS: "/store_00010001/DCIM/100CANON"
        }
    }

    /// The name of a picture.
    func picture(_ number: Int) -> String {
        (self == .canonEOS ? "IMG_" : "DSC_") + String(10_000 + number).dropFirst() + ".JPG"
    }

    /// Bodies whose pictures can stay in their memory.
    static let withMemory: [Dialect] = [.nikon, .canonEOS]
}

extension RawPacket {
    /// The names of section 2 of the page.
    private static let names: [UInt16: String] = [
        0x2002: "General_Error", 0x2003: "Session_Not_Open", 0x2005: "Operation_Not_Supported",
        0x2006: "Parameter_Not_Supported", 0x2009: "Invalid_ObjectHandle", 0x200C: "Store_Full",
        0x200F: "Access_Denied", 0x2013: "Store_Not_Available", 0x2019: "Device_Busy", 0x201D: "Invalid_Parameter",
        0x201F: "Transaction_Cancelled", 0xA001: "Camera_Unplugged", 0xA002: "Camera_Fault", 0xA003: "Timed_Out",
        0xA004: "Too_Many",
    ]

    /// Whether it is a response of that code, with its name and a sentence, and what the driver said where it did.
    func isRefusal(_ code: UInt16) -> Bool {
        let driver = json["gphoto2"]
        let isDriverWell = driver == .null || driver.shape == ["code": "integer", "text": "string"]
        return type == 3 && self.code == code && json["error"].string == Self.names[code]
            && json["message"].string?.isEmpty == false && isDriverWell
            && json.keys.isSubset(of: ["error", "message", "gphoto2"])
    }

    /// Its code and its words, for a test that fails.
    var told: String { "0x\(String(code, radix: 16)) \(String(decoding: content, as: UTF8.self))" }
}

extension JSONValue {
    /// The JSON type of each key of an object.
    var shape: [String: String] {
        guard case .object(let object) = self else { return [:] }
        return object.mapValues(\.kind)
    }

    /// The JSON type.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number(let number): number.rounded() == number ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The value of a boolean.
    var bool: Bool? {
        if case .bool(let bool) = self { return bool }
        return nil
    }

    /// The value of a number, whole or not.
    var double: Double? {
        if case .number(let number) = self { return number }
        return nil
    }
}
