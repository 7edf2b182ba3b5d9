import Foundation
import NIOCore
import Testing

@Suite("A report for a bug", .timeLimit(.minutes(1)))
struct ReportTests {
    /// Runs tar, which Debian always has.
    private func tar(_ arguments: String..., in directory: TemporaryDirectory) async throws -> (Int32, String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["tar"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// Number 1 answers everything; number 2 is in fault, and only its log can be had.
    private func fleet() -> ScriptedFleet {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            switch command.code {
            case 0x0980:
                return [
                    command.response(
                        #"""
                        {"transfers":[{"time":10,"received":false,"size":2,"bytes":"0c00"},
                        {"time":30,"received":true,"size":900,"bytes":"ff"}],
                        "messages":[{"time":20,"text":"what is that?"}]}
                        """#)
                ]
            case let code where code < 0x0100 && command.session == 12:
                return [
                    command.response(
                        #"{"error":"Camera_Fault","message":"Off and on.","gphoto2":{"code":-7,"text":"I/O"}}"#,
                        code: 0xA002)
                ]
            case 0x0010:
                return [
                    command.response(
                        #"""
                        {"summary":"A camera","manual":"","about":"","abilities":{"model":"M","status":"testing",
                        "operations":[],"file_operations":[],"folder_operations":[]}}
                        """#)
                ]
            case 0x000E: return [command.response(#"{"storages":[]}"#)]
            default: return nil
            }
        }
        return fleet
    }

    @Test("It holds what is known of every camera, and of what could not be had the reason")
    func whole() async throws {
        let directory = try TemporaryDirectory()
        let run = try await fleet().serve {
            try await Program.run(["report", "report.tar"], server: $0, in: directory.path)
        }
        #expect(run.code == 0 && run.lines == ["report.tar"])
        #expect(run.errors.contains("3 of its parts could not be had"))
        #expect(try directory.names() == ["report.tar"])
        let (code, listing) = try await tar("-tf", "report.tar", in: directory)
        let top = "camera-fleet-report"
        #expect(code == 0)
        #expect(
            Set(listing.split(separator: "\n").map(String.init))
                == Set(
                    ["README.txt", "versions.json", "machine.txt", "cameras.json"].map { "\(top)/\($0)" }
                        + ["driver-log.txt", "summary.txt", "widgets.json", "storages.json"].map {
                            "\(top)/bodies/nikon-d750-1/\($0)"
                        }
                        + ["driver-log.txt", "summary.error.txt", "widgets.error.txt", "storages.error.txt"].map {
                            "\(top)/bodies/canon-6d-2/\($0)"
                        }))
        let (unpacked, complaints) = try await tar("-xf", "report.tar", in: directory)
        #expect(unpacked == 0 && complaints.isEmpty)
        func text(_ name: String) throws -> String {
            try String(contentsOfFile: "\(directory.path)/\(top)/\(name)", encoding: .utf8)
        }
        #expect(
            try text("bodies/nikon-d750-1/driver-log.txt")
                == "10  -> 2 bytes: 0c00\n20  -- what is that?\n30  <- 900 bytes: ff …\n")
        #expect(
            try text("bodies/canon-6d-2/widgets.error.txt")
                == "Camera_Fault: Off and on.\nlibgphoto2: -7 I/O\n")
        #expect(try text("bodies/nikon-d750-1/summary.txt").contains("A camera"))
        #expect(try text("README.txt").contains("serial numbers"))
        #expect(try text("machine.txt").contains("Linux"))
        let versions = try JSONSerialization.jsonObject(with: Data(text("versions.json").utf8)) as? [String: Any]
        #expect((versions?["greeting"] as? [String: Any])?["server"] as? String == "scripted/1")
        let widgets = try JSONSerialization.jsonObject(with: Data(text("bodies/nikon-d750-1/widgets.json").utf8))
        #expect((widgets as? [String: [Any]])?["widgets"]?.count == 3)
        #expect(try text("cameras.json").contains("6001234"))
    }

    @Test("An id of the greatest length has its place in the archive")
    func longID() async throws {
        let directory = try TemporaryDirectory()
        let id = String(repeating: "x", count: 100)
        var fleet = fleet()
        let base = fleet
        fleet.special = { command in
            guard [0x0902, 0x0903].contains(command.code) else { return base.special(command) }
            let camera = ScriptedFleet.frontLeft.replacingOccurrences(of: "nikon-d750-1", with: id)
            let list = command.code == 0x0902
            return [command.response(list ? "{\"cameras\":[\(camera)]}" : "{\"session_ID\":11,\"camera\":\(camera)}")]
        }
        let run = try await fleet.serve {
            try await Program.run(["report", "--json"], server: $0, in: directory.path)
        }
        let path = try #require(try run.json()["path"] as? String)
        #expect(run.code == 0 && path.hasPrefix("camera-fleet-report-") && path.hasSuffix(".tar"))
        #expect(try run.json()["failures"] as? Int == 0)
        let (code, listing) = try await tar("-tf", path, in: directory)
        #expect(code == 0 && listing.contains("camera-fleet-report/bodies/\(id)/widgets.json\n"))
    }

    @Test("A file that is there is not overwritten, and a server that goes leaves nothing behind")
    func nothingLost() async throws {
        let directory = try TemporaryDirectory()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: directory.path + "/mine.tar"))
        let refused = try await fleet().serve {
            try await Program.run(["report", "mine.tar"], server: $0, in: directory.path)
        }
        #expect(refused.code == 1 && refused.errors.contains("mine.tar is there already"))
        #expect(try String(contentsOfFile: directory.path + "/mine.tar", encoding: .utf8) == "mine")
        let lost = try await withPeer { peer in
            try await peer.send(greeting())
            let fleet = fleet()
            while let command = try await peer.command(), command.code != 0x000A {
                for bytes in fleet.answer(command) { try await peer.send(bytes) }
            }
        } _: { port in
            try await Program.run(["report", "new.tar"], server: port, in: directory.path)
        }
        #expect(lost.code == 1 && lost.errors.contains("was lost"))
        #expect(try directory.names() == ["mine.tar"])
    }
}
