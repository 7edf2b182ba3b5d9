import FleetModel
import NIOCore
import PacketProtocol
import Testing

/// The keys of a JSON object.
private struct Keys: Decodable {
    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
    var all: Set<String>
    init(from decoder: any Decoder) throws {
        all = Set(try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue))
    }
}

@Suite("The fleet's words on the wire")
struct FleetWordsTests {
    private func keys(of value: some Encodable) throws -> Set<String> {
        return try PacketJSON.decode(Keys.self, from: PacketEncoder.json(value)).all
    }

    @Test("CAMERA_INFO has the page's keys; what is not known is absent")
    func cameraInfo() throws {
        var info = CameraInfo(
            id: BodyID(rawValue: "nikon-d750-1"), cameraNumber: 1, name: "camera-1", model: "D750", port: "usb:001,002",
            state: .ready, can: [.capture, .preview])
        let always: Set = [
            "id", "camera_number", "name", "model", "manufacturer", "port", "state", "groups", "sessions", "live_view",
            "can",
        ]
        #expect(try keys(of: info) == always)
        info.provisional = true
        info.serial = "123"
        info.battery = 80
        info.lockedBy = 7
        info.error = ErrorDescription(FleetError(.cameraFault, "Switch it off and on."))
        #expect(try keys(of: info) == always.union(["provisional", "serial", "battery", "locked_by", "error"]))
        #expect(try PacketJSON.decode(CameraInfo.self, from: PacketEncoder.json(info)) == info)
    }

    @Test("Results have the page's keys")
    func results() throws {
        let info = CameraInfo(
            id: BodyID(rawValue: "a"), cameraNumber: 1, name: "a", model: "", port: "", state: .ready)
        #expect(try keys(of: OpenedSession(sessionID: 1, camera: info)) == ["session_ID", "camera"])
        #expect(
            try keys(of: DownloadTicket(ticket: "t", size: 1, mime: "", port: 1)) == ["ticket", "size", "mime", "port"])
        #expect(try keys(of: LiveViewTicket(ticket: "t", port: 1)) == ["ticket", "port"])
        #expect(try keys(of: TransferResult(size: 1)) == ["size"])
        #expect(try keys(of: TransferResult(size: 1, sha256: "a")) == ["size", "sha256"])
        #expect(try keys(of: FileList(files: [], folders: [], more: false)) == ["files", "folders", "more"])
        #expect(
            try keys(of: FileEntry(folder: "/", name: "a", size: 1, mtime: 2, mime: ""))
                == ["folder", "name", "size", "mtime", "mime"])
        #expect(
            try keys(of: CapturedImage(folder: "/", name: "a", size: 1, sha256: "b", savedAs: "c"))
                == ["folder", "name", "size", "sha256", "saved_as"])
        #expect(try keys(of: FleetCheck(time: 1, cameras: 2)) == ["time", "cameras"])
        #expect(
            try keys(
                of: ConnectionGreeting(
                    server: "s", protocol: 1, authentication: "none", liveViewPort: 4444, downloadPort: 6666, time: 1))
                == ["server", "protocol", "authentication", "live_view_port", "download_port", "time"])
    }

    @Test("States, capabilities and roles are written in the page's words")
    func words() {
        let states: [BodyState] = [.connecting, .ready, .busy, .unplugged, .fault]
        #expect(states.map(\.rawValue) == ["connecting", "ready", "busy", "unplugged", "fault"])
        #expect(
            Set(Capability.allCases.map(\.rawValue))
                == ["capture", "trigger", "preview", "config", "bulb", "delete", "upload", "thumbnail", "arm"])
        #expect([Role.viewer, .operator, .admin].map(\.rawValue) == ["viewer", "operator", "admin"])
    }

    @Test(
        "An id is made of lower-case letters, digits, dots and single hyphens",
        arguments: [
            (["Nikon Corporation", "D7500", "0123456"], "nikon-corporation-d7500-0123456"),
            (["Canon.Inc", "Canon EOS 6D", "ABC"], "canon.inc-canon-eos-6d-abc"),
            (["--A__b--", "  "], "a-b"), (["Ü", "é"], "camera"), ([], "camera"), (["", "", ""], "camera"),
            (["Sony", "α7 III", "1"], "sony-7-iii-1"),
        ])
    func bodyID(words: [String], id: String) {
        #expect(BodyID(of: words).rawValue == id)
    }

    @Test("An id that is too long keeps its end, where the serial number stands")
    func longID() {
        let id = BodyID(of: [String(repeating: "model", count: 40), "serial-42"]).rawValue
        #expect(id.utf8.count == 100)
        #expect(id.hasSuffix("-serial-42"))
    }

    @Test("An id is a JSON string")
    func idOnTheWire() {
        #expect(String(buffer: PacketEncoder.json([BodyID(rawValue: "a.b-c")])) == #"["a.b-c"]"#)
    }

    @Test(
        "A body's network address has a host, a port and an event port that is the same unless given",
        arguments: [
            ("ptpip:192.168.1.20", "192.168.1.20", 15740, 15740), ("ptpip:cam-1.local:1", "cam-1.local", 1, 1),
            ("ptpip:127.0.0.1:15740:15741", "127.0.0.1", 15740, 15741), ("ptpip:a:65535:65535", "a", 65535, 65535),
        ])
    func address(text: String, host: String, commandPort: Int, eventPort: Int) throws {
        let address = try #require(NetworkBodyAddress(text))
        #expect(address.host == host && address.commandPort == commandPort && address.eventPort == eventPort)
    }

    @Test(
        "What is no network address is refused",
        arguments: [
            "", "ptpip", "ptpip:", "ptpip::1", "usb:001,002", "PTPIP:a", "ptpip:a:", "ptpip:a:0", "ptpip:a:65536",
            "ptpip:a:-1", "ptpip:a:x", "ptpip:a:1:", "ptpip:a:1:2:3", "ptpip:a b", "ptpip:a/b", "ptpip:a:+1", "ptpip:é",
            "ptpip:a: 1", " ptpip:a", "ptpip:[::1]",
        ])
    func noAddress(text: String) {
        #expect(NetworkBodyAddress(text) == nil)
    }

    @Test("A port's path says both ports, as libgphoto2 takes the event port to be 15740 otherwise")
    func port() {
        let port = BodyPort(host: "10.0.0.2", commandPort: 4000, eventPort: 4000)
        #expect(port.path == "ptpip:10.0.0.2:4000:4000" && port.isNetwork)
        #expect(!BodyPort(path: "usb:001,004").isNetwork)
    }
}
