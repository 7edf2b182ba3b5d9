import FleetTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// A rig of cameras a, b, c … with the numbers 1, 2, 3 …, whose shutters are pressed when the list was asked for.
private struct Rig: Sendable {
    var groups: [String: String] = [:]
    var states: [String: String] = [:]
    var ids = ["a", "b", "c", "d"]
    /// Events that follow the list.
    var events: [ByteBuffer] = []
    let fleet = NIOLockedValueBox<[String]>([])

    func info(_ id: String, number: Int? = nil, state: String? = nil) -> String {
        let place = (ids.firstIndex(of: id) ?? 98) + 1
        let group = groups[id].map { "\"\($0)\"" } ?? ""
        return """
            {"id":"\(id)","camera_number":\(number ?? place),"name":"name-\(id)","model":"M","manufacturer":"",\
            "port":"usb:1,\(place)","state":"\(state ?? states[id] ?? "ready")","groups":[\(group)],"sessions":0,\
            "live_view":false,"can":[]}
            """
    }

    func press(_ id: String, _ name: String = "DSC_1.JPG") -> ByteBuffer {
        event(0x4002, #"{"camera":"\#(id)","folder":"/s","name":"\#(name)","size":1}"#)
    }

    /// What SET_CAMERA_NUMBERS asked for.
    var numbers: [[String: Int]] {
        fleet.withLockedValue { texts in
            texts.compactMap { text in
                let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                return json?["numbers"] as? [String: Int]
            }
        }
    }

    func serve<Value: Sendable>(_ work: (Int) async throws -> Value) async throws -> Value {
        try await withPeer { peer in
            try await peer.send(greeting())
            let hasListed = NIOLockedValueBox(false)
            try await peer.serve { command in
                switch command.code {
                case 0x0902:
                    let list = command.response("{\"cameras\":[\(ids.map { info($0) }.joined(separator: ","))]}")
                    let isFirst = hasListed.withLockedValue { listed in
                        defer { listed = true }
                        return !listed
                    }
                    return [list] + (isFirst ? events : [])
                case 0x0923:
                    fleet.withLockedValue { $0.append(command.json) }
                    let numbers = self.numbers.last ?? [:]
                    let cameras = ids.map { info($0, number: numbers[$0]) }
                    return [command.response("{\"cameras\":[\(cameras.joined(separator: ","))]}")]
                default: return [command.response()]
                }
            }
        } _: { port in
            try await work(port)
        }
    }
}

@Suite("Numbering by the shutter", .timeLimit(.minutes(1)))
struct NumberingTests {
    @Test("Each camera takes the next number when it is pressed, and all change at once when every one was")
    func order() async throws {
        var rig = Rig()
        rig.events = [rig.press("c"), rig.press("a"), rig.press("d"), rig.press("b")]
        let run = try await rig.serve { try await Program.run(["number"], server: $0) }
        #expect(run.code == 0 && run.errors.isEmpty)
        #expect(rig.numbers == [["c": 1, "a": 2, "d": 3, "b": 4]])
        #expect(
            run.lines.prefix(8) == [
                "Press the shutter of camera 1 …", "1  name-c  c", "Press the shutter of camera 2 …", "2  name-a  a",
                "Press the shutter of camera 3 …", "3  name-d  d", "Press the shutter of camera 4 …", "4  name-b  b",
            ])
        #expect(run.lines.contains("1  name-c  c (was 3)"))
    }

    @Test("RAW and JPEG of one press count once; a camera that is pressed again is named and keeps its number")
    func twice() async throws {
        var rig = Rig()
        rig.ids = ["a", "b"]
        rig.events = [
            rig.press("b", "DSC_1.NEF"), rig.press("b", "DSC_1.JPG"), rig.press("b", "DSC_2.NEF"),
            rig.press("stranger"), rig.press("a"),
        ]
        let run = try await rig.serve { try await Program.run(["number"], server: $0) }
        #expect(rig.numbers == [["b": 1, "a": 2]])
        #expect(run.lines.filter { $0.contains("already") } == ["name-b has number 1 already."])
        #expect(run.lines.contains("stranger is not among those that are numbered."))
    }

    @Test("Those that are not pressed move up behind, in their order, where their numbers are taken")
    func moveUp() async throws {
        var rig = Rig(groups: ["c": "ring", "e": "ring"])
        rig.ids = ["a", "b", "c", "d", "e", "f"]
        rig.events = [rig.press("e"), rig.press("a"), rig.press("c")]
        let run = try await rig.serve {
            try await Program.run(["number", "--group", "ring", "--start", "2", "--json"], server: $0)
        }
        // Pressed: e is 2, c is 3 and stays. 1 (a) stays; b was 2: 4. d was 4: 5. f was 6: stays.
        #expect(rig.numbers == [["e": 2, "b": 4, "d": 5]])
        #expect(run.code == 0)
        let cameras = try run.json()["cameras"] as? [[String: Any]]
        #expect(cameras?.count == 6)
        #expect(run.errors.contains("name-a is not among those that are numbered."))
    }

    @Test("A camera that comes is to be pressed as well, and one that goes is not waited for")
    func comeAndGo() async throws {
        var rig = Rig(states: ["c": "unplugged", "d": "fault"])
        rig.events = [
            rig.press("a"), event(0xC006, rig.info("c", state: "ready")),
            event(0xC007, rig.info("b", state: "unplugged")),
            event(0xC001, rig.info("a", state: "busy")), rig.press("c"),
        ]
        let run = try await rig.serve { try await Program.run(["number", "--start", "9"], server: $0) }
        #expect(run.code == 0 && rig.numbers == [["a": 9, "c": 10]])
        #expect(run.lines.contains("name-c is ready: it is to be pressed as well."))
        #expect(run.lines.contains("name-b is gone: it is not waited for."))
    }

    @Test("Where no camera is ready, or none any more, a sentence says so")
    func nobody() async throws {
        var rig = Rig(states: ["a": "fault"])
        rig.ids = ["a"]
        let none = try await rig.serve { try await Program.run(["number"], server: $0) }
        #expect(none.code == 1 && none.errors.contains("No camera is ready."))
        let group = try await rig.serve { try await Program.run(["number", "--group", "ring"], server: $0) }
        #expect(group.code == 1 && group.errors.contains("No camera of the group ring is ready."))
        rig.states = [:]
        rig.events = [event(0xC007, rig.info("a", state: "unplugged"))]
        let gone = try await rig.serve { try await Program.run(["number"], server: $0) }
        #expect(gone.code == 1 && gone.errors.contains("No camera is ready any more."))
        #expect(rig.numbers.isEmpty)
    }

    @Test("Ctrl-C changes nothing and says so; with --partial it numbers what was pressed", arguments: [false, true])
    func interrupted(partial: Bool) async throws {
        var rig = Rig()
        rig.events = [rig.press("b"), rig.press("a")]
        try await rig.serve { port in
            let command = try Command(
                Programs.path("camera-fleet"),
                ["number", "--server", "127.0.0.1:\(port)"] + (partial ? ["--partial"] : []))
            try await waitUntil("two are pressed") { command.output.contains("camera 3 …") }
            command.signal(SIGINT)
            let end = await command.wait()
            #expect(end.code == (partial ? 0 : 130))
            #expect(end.errors == (partial ? "" : "Nothing was changed: 2 of 4 cameras were pressed.\n"))
        }
        #expect(rig.numbers == (partial ? [["b": 1, "a": 2]] : []))
    }
}
