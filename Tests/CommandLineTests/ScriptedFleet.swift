import NIOConcurrencyHelpers
import NIOCore

/// A fleet of two bodies, played by hand: number 1 is front-left, number 2 is called 7 and cannot shoot.
struct ScriptedFleet: Sendable {
    static let frontLeft = """
        {"id":"nikon-d750-1","camera_number":1,"name":"front-left","model":"NIKON D750","manufacturer":"Nikon",\
        "serial":"6001234","port":"usb:001,002","state":"ready","groups":[],"battery":80,"sessions":0,\
        "live_view":false,"can":["capture"]}
        """
    static let seven = """
        {"id":"canon-6d-2","camera_number":2,"name":"7","model":"A model whose name is much longer than a column",\
        "manufacturer":"Canon","port":"usb:001,003","state":"fault","error":{"error":"Camera_Fault","message":\
        "Switch it off and on."},"groups":["left"],"sessions":0,"live_view":false,"can":[]}
        """

    let seen = NIOLockedValueBox<[ReceivedCommand]>([])
    var otherPort = 0
    /// Answers before the others do; nil leaves it to them.
    var special: @Sendable (ReceivedCommand) -> [ByteBuffer]? = { _ in nil }

    func commands(_ code: UInt16) -> [ReceivedCommand] { seen.withLockedValue { $0.filter { $0.code == code } } }

    func answer(_ command: ReceivedCommand) -> [ByteBuffer] {
        seen.withLockedValue { $0.append(command) }
        if let answer = special(command) { return answer }
        switch command.code {
        case 0x0902: return [command.response("{\"cameras\":[\(Self.frontLeft),\(Self.seven)]}")]
        case 0x0903
        where [#"{"camera":1}"#, #"{"camera":"front-left"}"#, #"{"camera":"nikon-d750-1"}"#].contains(command.json):
            return [command.response("{\"session_ID\":11,\"camera\":\(Self.frontLeft)}")]
        case 0x0903 where [#"{"camera":"7"}"#, #"{"camera":2}"#, #"{"camera":"canon-6d-2"}"#].contains(command.json):
            return [command.response("{\"session_ID\":12,\"camera\":\(Self.seven)}")]
        case 0x0903: return [error(command, 0x201D, "Invalid_Parameter", "There is no such camera.")]
        case 0x0002 where command.session == 12:
            return [error(command, 0xA002, "Camera_Fault", "Switch it off and on.")]
        case 0x0002:
            return [command.response(#"{"images":[{"folder":"/store/DCIM","name":"A.JPG","size":5}]}"#)]
        case 0x0004:
            return [command.response(#"{"ticket":"t","size":5,"mime":"image/jpeg","port":\#(otherPort)}"#)]
        case 0x0005: return [command.response(#"{"ticket":"t","port":\#(otherPort)}"#)]
        case 0x0007, 0x0008, 0x0009: return [command.response(widget(command.json))]
        case 0x000A:
            return [
                command.response(
                    #"""
                    {"widgets":[{"path":"/main/iso","widget_id":"iso","widget_type":262,"label":"ISO","readonly":false,
                    "widget_value":"800"},{"path":"/main/serial","widget_id":"serial","widget_type":263,"label":"S",
                    "readonly":true,"widget_value":"1"},{"path":"/main/mirror","widget_id":"mirror","widget_type":258,
                    "label":"M","readonly":false,"widget_value":null}]}
                    """#)
            ]
        case 0x000B where command.json.contains("after"):
            return [
                command.response(
                    #"{"files":[{"folder":"/b","name":"2","size":1,"mtime":0,"mime":""}],"folders":["/b"],"more":false}"#
                )
            ]
        case 0x000B:
            return [
                command.response(
                    #"{"files":[{"folder":"/","name":"1","size":1500,"mtime":0,"mime":""}],"folders":["/b"],"more":true}"#
                )
            ]
        case 0x0920: return [command.response(Self.frontLeft)]
        default: return [command.response()]
        }
    }

    func error(_ command: ReceivedCommand, _ code: UInt16, _ name: String, _ message: String) -> ByteBuffer {
        command.response(#"{"error":"\#(name)","message":"\#(message)"}"#, code: code)
    }

    /// A widget of each kind.
    private func widget(_ arguments: String) -> String {
        let kinds: [(String, Int, String)] = [
            ("iso", 0x0106, #","widget_value":"800","choices":["100","800"]"#),
            ("zoom", 0x0104, #","widget_value":5.6,"range":{"min":0,"max":10,"step":0.1}"#),
            ("clock", 0x0101, #","widget_value":1732445631"#), ("flash", 0x0102, #","widget_value":true"#),
            ("shutter", 0x0103, #","widget_value":null"#), ("owner", 0x0107, #","widget_value":"Me""#),
        ]
        for (name, type, rest) in kinds where arguments.contains("\"\(name)\"") {
            return #"{"widget_id":"\#(name)","widget_type":\#(type),"label":"","readonly":false\#(rest)}"#
        }
        return "{}"
    }

    /// Runs `work` with the port of a server that plays this fleet.
    func serve<Value: Sendable>(_ work: (Int) async throws -> Value) async throws -> Value {
        try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { answer($0) }
        } _: { port in
            try await work(port)
        }
    }
}

/// An event of that code; its number does not matter to these tests.
func event(_ code: UInt16, _ json: String) -> ByteBuffer {
    packet(type: 4, code, transaction: 2, ByteBuffer(string: json))
}
