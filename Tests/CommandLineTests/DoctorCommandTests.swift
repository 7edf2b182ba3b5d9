import FleetTesting
import Foundation
import NIOCore
import Testing

/// `camera-fleet doctor` as a user types it, on the machine of the test: what that is like is not known, how it is told is.
@Suite(.timeLimit(.minutes(1)))
struct DoctorCommandTests {
    private func problems(_ run: ProgramRun) throws -> [[String: Any]] {
        let findings = try #require(try run.json()["findings"] as? [[String: Any]])
        return findings.filter { $0["level"] as? String == "problem" }
    }

    private func checks(_ run: ProgramRun) throws -> Set<String> {
        Set(try #require(try run.json()["findings"] as? [[String: Any]]).compactMap { $0["check"] as? String })
    }

    @Test("Everything is looked at and told as JSON, and the exit code says whether there is a problem")
    func json() async throws {
        let folder = try TemporaryDirectory()
        let environment = ["HOME": folder.path, "CAMERA_FLEET_SERVER": ""]
        let run = try await Program.run(["doctor", "--json"], environment: environment)
        let problems = try problems(run)
        #expect(run.code == (problems.isEmpty ? 0 : 1), "\(run.errors)")
        #expect(try run.json()["problems"] as? Int == problems.count)
        #expect(problems.allSatisfy { ($0["message"] as? String)?.isEmpty == false })
        let expected: Set<String> = [
            "bodies", "udev-rule", "udevd", "group", "desktop", "usb-memory", "kernel-log", "autosuspend", "libgphoto2",
            "realtime", "open-files", "disk", "roster", "server",
        ]
        #expect(try checks(run).isSuperset(of: expected))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty, "nothing was made")
    }

    @Test("A body in fault at the server, and its serial number that says nothing, are told with the server's words")
    func faults() async throws {
        let folder = try TemporaryDirectory()
        let fault = """
            {"cameras":[{"id":"a","camera_number":1,"name":"left","model":"D7500","manufacturer":"","serial":"0000",\
            "port":"usb:001,004","state":"fault","error":{"error":"Camera_Fault","message":"Switch it off and on."},\
            "groups":[],"sessions":0,"live_view":false,"can":[]}]}
            """
        let run = try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { [$0.response(fault)] }
        } _: { port in
            try await Program.run(
                ["doctor", "--json", "--data", folder.path], server: port, environment: ["HOME": folder.path])
        }
        #expect(run.code == 1)
        let told = try problems(run).filter { $0["check"] as? String == "server" }
        #expect(told.count == 1)
        #expect(told.first?["message"] as? String == "left (D7500, usb:001,004) is in fault: Switch it off and on.")
        #expect(run.text.contains("tells the serial number \\\"0000\\\""))
    }

    @Test("A server that was named and does not answer is a problem; what is in order can be left out")
    func absent() async throws {
        let folder = try TemporaryDirectory()
        let run = try await Program.run(
            ["doctor", "--quiet"], server: try unusedPort(), environment: ["HOME": folder.path])
        #expect(run.code == 1)
        #expect(run.text.contains("problem  No fleet server answers at 127.0.0.1:"))
        #expect(!run.lines.contains { $0.hasPrefix("ok ") })
        #expect(run.lines.last?.hasSuffix("to put right.") == true)
    }
}
