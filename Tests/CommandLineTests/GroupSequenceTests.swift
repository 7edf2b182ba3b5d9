import FleetTesting
import Testing

@Suite("A sequence of several cameras on the command line", .timeLimit(.minutes(1)))
struct GroupSequenceTests {
    private static let shot =
        #"{"shot":8,"fired_at":1,"spread_ns":2,"state":"incomplete","cameras":["#
        + #"{"id":"nikon-d750-1","camera_number":1,"released_at":1,"state":"complete","images":[]},"#
        + #"{"id":"canon-6d-2","camera_number":2,"state":"failed","images":[],"#
        + #""error":{"error":"Camera_Fault","message":"Switch it off and on."}}]}"#

    /// A fleet whose sequence is 5, of one shot more than is told.
    private func fleet(count: Int = 2) -> ScriptedFleet {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            switch command.code {
            case 0x0936:
                [
                    command.response(#"{"sequence":5}"#),
                    event(0xC008, #"{"sequence":4,"taken":9,"count":9,"shot":3,"ended":true}"#),
                    event(0xC008, #"{"sequence":5,"taken":1,"count":2,"shot":8}"#),
                    event(0xC008, "{\"sequence\":5,\"taken\":\(count),\"count\":2,\"shot\":8,\"ended\":true}"),
                ]
            case 0x0937: [command.response(#"{"taken":7}"#)]
            case 0x0941: [command.response(Self.shot)]
            default: nil
            }
        }
        return fleet
    }

    @Test("Each shot is told, and what one of its cameras did not do")
    func told() async throws {
        let fleet = fleet()
        let run = try await fleet.serve {
            try await Program.run(
                ["sequence", "--group", "ring", "--count", "2", "--every", "0.5", "--bulb", "2"], server: $0)
        }
        #expect(run.code == 0)
        #expect(run.lines == ["1 of 2  shot 8", "2 of 2  shot 8"])
        #expect(run.errors.contains("shot 8: 7: Switch it off and on."))
        let asked = try #require(fleet.commands(0x0936).first)
        for part in [#""group":"ring""#, #""count":2"#, #""interval_seconds":0.5"#, #""bulb_seconds":2"#] {
            #expect(asked.json.contains(part), "\(asked.json)")
        }
        #expect(!asked.json.contains("keep") && fleet.commands(0x0937).isEmpty)
    }

    @Test("One that ends with fewer shots than it should have is a failure")
    func fewer() async throws {
        let run = try await fleet(count: 1).serve {
            try await Program.run(["sequence", "1", "2", "--count", "2", "--every", "0", "--json"], server: $0)
        }
        #expect(run.code == 1)
        let json = try run.json()
        #expect(json["taken"] as? Int == 1 && json["shots"] as? [Int] == [8, 8])
    }

    @Test("One that is to be kept is started, and ended by its number")
    func kept() async throws {
        let fleet = fleet()
        let runs = try await fleet.serve { server in
            [
                try await Program.run(["sequence", "--all", "--count", "2", "--every", "1", "--keep"], server: server),
                try await Program.run(["stop-sequence", "5"], server: server),
            ]
        }
        #expect(runs.map(\.code) == [0, 0])
        #expect(runs[0].lines == ["sequence 5 runs; camera-fleet stop-sequence 5 ends it"])
        #expect(runs[1].lines == ["sequence 5 took 7"])
        #expect(fleet.commands(0x0936).first?.json.contains(#""keep":true"#) == true)
        #expect(fleet.commands(0x0937).map(\.json) == [#"{"sequence":5}"#])
    }

    @Test("Which cameras is said once, and what contradicts itself is refused")
    func contradictions() async throws {
        for words in [[], ["1", "--all"], ["--all", "--group", "ring"], ["--all", "--keep", "--download", "lapse"]] {
            let run = try await Program.run(["sequence"] + words + ["--count", "1", "--every", "1"])
            #expect(run.code == 64, "\(words): \(run.errors)")
        }
    }
}
