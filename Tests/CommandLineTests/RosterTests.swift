import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// A fleet whose numbers and names change as they are set, as strictly as a server does.
private final class NamedFleet: Sendable {
    struct Camera: Sendable, Equatable {
        var id: String
        var number: Int
        var name: String?
        var groups: [String] = []

        var shownName: String { name ?? "camera-\(number)" }
    }

    private struct State {
        var cameras: [Camera]
        var log: [String] = []
    }

    private let state: NIOLockedValueBox<State>

    init(_ cameras: [Camera]) {
        state = NIOLockedValueBox(State(cameras: cameras))
    }

    var cameras: [Camera] { state.withLockedValue { $0.cameras.sorted { $0.number < $1.number } } }
    /// The SET_CAMERA_NUMBERS and SET_CAMERA_NAMEs that came.
    var changes: [String] { state.withLockedValue { $0.log } }

    private func json(_ camera: Camera) -> String {
        let groups = camera.groups.map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"id":"\(camera.id)","camera_number":\(camera.number),"name":"\(camera.shownName)","model":"M \\"1\\", x",\
            "manufacturer":"","serial":"0\(camera.number)","port":"usb:1,1","state":"ready","groups":[\(groups)],\
            "sessions":0,"live_view":false,"can":[]}
            """
    }

    private func answer(_ command: ReceivedCommand) -> [ByteBuffer] {
        guard let arguments = try? JSONSerialization.jsonObject(with: Data(command.json.utf8)) as? [String: Any] else {
            return [command.response()]
        }
        let refusal: String? = state.withLockedValue { state in
            var changed = state.cameras
            switch command.code {
            case 0x0923:
                for (id, number) in arguments["numbers"] as? [String: Int] ?? [:] {
                    for index in changed.indices where changed[index].id == id { changed[index].number = number }
                }
            case 0x0920:
                guard let index = changed.firstIndex(where: { $0.id == arguments["camera"] as? String }) else {
                    return "There is no such camera."
                }
                if let name = arguments["name"] as? String { changed[index].name = name }
                if let groups = arguments["groups"] as? [String] { changed[index].groups = groups }
            default: return nil
            }
            state.log.append(command.json)
            guard Set(changed.map(\.number)).count == changed.count else { return "A number is taken." }
            guard Set(changed.map(\.shownName)).count == changed.count else { return "A name is taken." }
            state.cameras = changed
            return nil
        }
        if let refusal {
            return [command.response(#"{"error":"Invalid_Parameter","message":"\#(refusal)"}"#, code: 0x201D)]
        }
        if command.code == 0x0920, let camera = cameras.first(where: { $0.id == arguments["camera"] as? String }) {
            return [command.response(json(camera))]
        }
        return [command.response("{\"cameras\":[\(cameras.map(json).joined(separator: ","))]}")]
    }

    /// Runs the program with a file beside it.
    func run(_ arguments: [String], in directory: TemporaryDirectory) async throws -> ProgramRun {
        try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { self.answer($0) }
        } _: { port in
            try await Program.run(arguments, server: port, in: directory.path)
        }
    }
}

@Suite("The roster as a file", .timeLimit(.minutes(1)))
struct RosterTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory.path + "/rig.csv"))
    }

    private static let heading = "id,camera_number,name,groups,model,serial\r\n"

    @Test("Export writes a heading and a line for each camera, with quotation marks where they are needed")
    func export() async throws {
        let fleet = NamedFleet([
            .init(id: "a", number: 1, name: "left, \\\"top\\\"", groups: ["ring", "x;y", "back\\\\slash"]),
            .init(id: "b", number: 2),
        ])
        let expected =
            Self.heading
            + #"a,1,"left, ""top""",ring;x\;y;back\\slash,"M ""1"", x",01"# + "\r\n"
            + #"b,2,camera-2,,"M ""1"", x",02"# + "\r\n"
        #expect(try await fleet.run(["roster", "export"], in: directory).text == expected)
        let written = try await fleet.run(["roster", "export", "rig.csv"], in: directory)
        #expect(written.code == 0 && written.output.isEmpty)
        #expect(try String(contentsOfFile: directory.path + "/rig.csv", encoding: .utf8) == expected)
        let again = try await fleet.run(["roster", "export", "rig.csv"], in: directory)
        #expect(again.code == 1 && again.errors.contains("rig.csv is there already"))
        #expect(try await fleet.run(["roster", "export", "rig.csv", "--force"], in: directory).code == 0)
        #expect(try directory.names() == ["rig.csv"])
    }

    @Test("What was exported changes nothing when it is imported, and puts a fleet that was changed back")
    func roundTrip() async throws {
        let before: [NamedFleet.Camera] = [
            .init(id: "a", number: 1, name: "left", groups: ["ring", "x;y"]), .init(id: "b", number: 2),
            .init(id: "c", number: 3, name: "right"),
        ]
        let fleet = NamedFleet(before)
        _ = try await fleet.run(["roster", "export", "rig.csv"], in: directory)
        let same = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(same.code == 0 && same.output.isEmpty && same.errors.contains("already"))
        #expect(fleet.changes.isEmpty)
        let other = NamedFleet([
            .init(id: "b", number: 1, groups: ["ring"]), .init(id: "c", number: 2, name: "left"),
            .init(id: "a", number: 7, name: "right"),
        ])
        let back = try await other.run(["roster", "import", "rig.csv"], in: directory)
        #expect(back.code == 0, "\(back.errors)")
        #expect(other.cameras == before)
    }

    @Test("Numbers and names can be traded, in a circle too; a camera without a name keeps going by its number")
    func trade() async throws {
        let fleet = NamedFleet([
            .init(id: "a", number: 1, name: "left"), .init(id: "b", number: 2, name: "middle"),
            .init(id: "c", number: 3, name: "right"), .init(id: "d", number: 4), .init(id: "e", number: 5),
        ])
        try write(Self.heading + "a,3,middle,,,\nb,1,right,,,\nc,2,left,,,\nd,5,camera-4,,,\ne,4,camera-5,,,\n")
        let run = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(run.code == 0, "\(run.errors)")
        #expect(
            fleet.cameras == [
                .init(id: "b", number: 1, name: "right"), .init(id: "c", number: 2, name: "left"),
                .init(id: "a", number: 3, name: "middle"), .init(id: "e", number: 4), .init(id: "d", number: 5),
            ])
        #expect(
            run.lines == [
                "a: number 3; name middle", "b: number 1; name right", "c: number 2; name left", "d: number 5",
                "e: number 4",
            ])
        #expect(fleet.changes.count == 5, "one for all numbers, four for three names")
    }

    @Test("Columns come in any order, and what is missing or empty stays; an empty groups field takes all groups away")
    func partly() async throws {
        let fleet = NamedFleet([
            .init(id: "a", number: 1, name: "left", groups: ["ring"]), .init(id: "b", number: 2, groups: ["ring"]),
        ])
        try write("\u{FEFF}name,id\n\"two\"\"\r\nlines\",zzz\n")
        let bad = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(bad.code == 1 && bad.errors.contains("line break") && bad.errors.contains("Line 2"))
        try write("\u{FEFF}name,id\n,a\n\"x, y\",b\n\n")
        let names = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(names.lines == ["b: name x, y"])
        try write("groups,id,camera_number\nz; ring ;,a,\n,b,9\n")
        let groups = try await fleet.run(["roster", "import", "rig.csv", "--json"], in: directory)
        let changed = try groups.json()["changed"] as? [[String: Any]]
        #expect(changed?.first?["groups"] as? [String] == ["ring", "z"] && changed?.first?["name"] == nil)
        #expect(
            fleet.cameras == [
                .init(id: "a", number: 1, name: "left", groups: ["ring", "z"]),
                .init(id: "b", number: 9, name: "x, y", groups: []),
            ])
    }

    @Test("A dry run says what would change, and changes nothing")
    func dryRun() async throws {
        let fleet = NamedFleet([.init(id: "a", number: 1), .init(id: "b", number: 2)])
        try write("id,camera_number,name\na,2,\nb,1,right\n")
        let run = try await fleet.run(["roster", "import", "rig.csv", "--dry-run"], in: directory)
        #expect(run.code == 0 && run.lines == ["a: number 2", "b: number 1; name right"])
        #expect(run.errors.contains("dry run") && fleet.changes.isEmpty)
    }

    @Test(
        "A file with anything wrong in it changes nothing, and each fault is told with its line",
        arguments: [
            ("", ["The file is empty."]), ("id\n", ["no camera"]),
            ("number,id\n", ["Line 1: there is no column \"number\""]),
            ("id;camera_number\na;1\n", ["Line 1", "with commas between"]), ("name\nx\n", ["the column id is missing"]),
            ("id,id\na,b\n", ["Line 1: the column id is there twice"]),
            ("id,name\na\nb,x,y\n", ["Line 2: there are 1 fields", "Line 3: there are 3 fields"]),
            ("id,name\n\"a,x\nb,y\n", ["Line 2: there is a quotation that does not end"]),
            ("id,name\na,x\"y\n", ["Line 2: there is a quotation mark in the middle"]),
            ("id,name\na,\"x\"y\n", ["Line 2: there is something after the end of a quotation"]),
            ("id,camera_number\na,0\nb,x\n", ["Line 2: \"0\"", "Line 3: \"x\""]),
            ("id,camera_number\na,1000001\nb,٣\n", ["Line 2: \"1000001\"", "Line 3: \"٣\""]),
            ("id,name\na,x\nghost,y\nother,z\n", ["Line 3: the fleet knows no camera ghost", "Line 4", "other"]),
            ("id,camera_number\na,3\nb,3\n", ["Line 3: the number 3 is on line 2 already"]),
            ("id,name\na,x\nb,x\n", ["Line 3: the name \"x\" is on line 2 already"]),
            ("id,name\na,x\na,y\n", ["Line 3: the id a is on line 2 already"]),
            ("id,camera_number\na,2\n", ["Line 2: the number 2 would be that of a and of b"]),
            ("id,name\na,camera-2\n", ["Line 2: the name \"camera-2\" would be that of a and of b"]),
            ("id,name\na,b\n", ["Line 2: the name \"b\" is the id of another camera"]),
            ("id,name\na,x/y\nb,.x\n", ["Line 2: the name \"x/y\"", "Line 3: the name \".x\""]),
            ("id,name,groups\na,\"  \",x\nb,y,x;\u{7}\n", ["Line 2: the name \"  \" is blank", "Line 3: the group"]),
        ])
    func invalid(text: String, reasons: [String]) async throws {
        let fleet = NamedFleet([.init(id: "a", number: 1), .init(id: "b", number: 2)])
        try write(text)
        let run = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(run.code == 1 && run.output.isEmpty)
        for reason in reasons { #expect(run.errors.contains(reason), "\(run.errors)") }
        #expect(fleet.changes.isEmpty)
    }

    @Test("More groups than a camera can have are refused with the line")
    func manyGroups() async throws {
        let fleet = NamedFleet([.init(id: "a", number: 1)])
        try write("id,groups\na,\((0...100).map { "g\($0)" }.joined(separator: ";"))\n")
        let run = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(run.code == 1 && run.errors.contains("Line 2: there are 101 groups") && fleet.changes.isEmpty)
    }

    @Test("A file that cannot be read, or is no text, is a sentence")
    func unreadable() async throws {
        let fleet = NamedFleet([.init(id: "a", number: 1)])
        let missing = try await fleet.run(["roster", "import", "missing.csv"], in: directory)
        #expect(missing.code == 1 && missing.errors.contains("missing.csv cannot be read"))
        try Data([0x69, 0x64, 0x0A, 0xFF]).write(to: URL(fileURLWithPath: directory.path + "/rig.csv"))
        let binary = try await fleet.run(["roster", "import", "rig.csv"], in: directory)
        #expect(binary.code == 1 && binary.errors.contains("UTF-8"))
    }
}
