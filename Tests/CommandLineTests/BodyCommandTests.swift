import FleetTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite("The commands for one body", .timeLimit(.minutes(1)))
struct BodyCommandTests {
    private func refusal(_ command: ReceivedCommand, _ name: String, _ code: UInt16) -> ByteBuffer {
        command.response(#"{"error":"\#(name)","message":"The camera says \#(name)."}"#, code: code)
    }

    @Test("shoot passes --bulb and --time-limit on")
    func shoot() async throws {
        let fleet = ScriptedFleet()
        let run = try await fleet.serve {
            try await Program.run(["shoot", "1", "--bulb", "2.5", "--time-limit", "60"], server: $0)
        }
        let asked = try #require(fleet.commands(0x0002).first?.json)
        #expect(run.code == 0 && asked.contains(#""bulb_seconds":2.5"#) && asked.contains(#""time_limit_seconds":60"#))
    }

    @Test("summary prints what the driver tells, with a heading for each text that is there")
    func summary() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            guard command.code == 0x0010 else { return nil }
            return [
                command.response(
                    #"""
                    {"summary":"Manufacturer: Nikon\n\tModel: D750\u001b[31m\n\n","manual":"","about":"By people.",
                    "abilities":{"model":"Nikon D750","status":"production","operations":["preview","config"],
                    "file_operations":[],"folder_operations":["put_file"]}}
                    """#)
            ]
        }
        let run = try await fleet.serve { try await Program.run(["summary", "1"], server: $0) }
        #expect(
            run.text == """
                == Summary
                Manufacturer: Nikon
                    Model: D750\u{FFFD}[31m

                == About the driver
                By people.

                == Abilities
                driver for Nikon D750 (production)
                camera: preview, config
                files: -
                folders: put_file

                """)
        let json = try await fleet.serve { try await Program.run(["summary", "1", "--json"], server: $0) }.json()
        #expect(json["about"] as? String == "By people.")
    }

    @Test("trigger releases every camera that can, says when, and names the one that cannot")
    func trigger() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            guard command.code == 0x000F else { return nil }
            return [
                command.session == 11
                    ? command.response(#"{"released_at":1732445631123456789}"#)
                    : refusal(command, "Device_Busy", 0x2019)
            ]
        }
        let run = try await fleet.serve { try await Program.run(["trigger", "all"], server: $0) }
        #expect(run.code == 1 && run.lines == ["front-left  released at 10:53:51.123456"])
        #expect(run.errors == "7: The camera says Device_Busy.\n")
        let one = try await fleet.serve { try await Program.run(["trigger", "1", "--json"], server: $0) }
        let camera = try #require((one.json()["cameras"] as? [[String: Any]])?.first)
        #expect(one.code == 0 && camera["released_at"] as? Int == 1_732_445_631_123_456_789)
    }

    @Test("reset, replace and forget ask for just that, and say what is so now")
    func fleetCommands() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { $0.code == 0x0921 ? [$0.response(ScriptedFleet.frontLeft)] : nil }
        let runs = try await fleet.serve { port in
            [
                try await Program.run(["reset", "front-left"], server: port),
                try await Program.run(["replace", "7", "--by", "1"], server: port),
                try await Program.run(["forget", "canon-6d-2"], server: port),
            ]
        }
        #expect(runs.allSatisfy { $0.code == 0 && $0.errors.isEmpty }, "\(runs)")
        #expect(runs[0].lines == ["front-left is ready again"])
        #expect(runs[1].lines == ["nikon-d750-1 is front-left, number 1"])
        #expect(runs[2].lines == ["canon-6d-2 is forgotten"])
        #expect(fleet.commands(0x0015).map(\.session) == [11])
        let replaced = try #require(fleet.commands(0x0921).first?.json)
        #expect(replaced.contains(#""camera":"7""#) && replaced.contains(#""by":1"#))
        #expect(fleet.commands(0x0922).map(\.json) == [#"{"camera":"canon-6d-2"}"#])
    }

    /// A lock that the server says to end `seconds` from now, which it holds to be the year 2001.
    private func locking(_ command: ReceivedCommand, seconds: Double) -> [ByteBuffer]? {
        switch command.code {
        case 0x0011: [command.response(#"{"until":\#(1_000_000_000_000_000_000 + Int64(seconds * 1e9))}"#)]
        case 0x0900: [command.response(#"{"time":1000000000000000000,"cameras":2}"#)]
        default: nil
        }
    }

    @Test("lock holds until Ctrl-C, renews itself before its end by the server's clock, and unlocks")
    func lock() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { locking($0, seconds: 0.1) }
        try await fleet.serve { port in
            let command = try Command(
                Programs.path("camera-fleet"), ["lock", "all", "--server", "127.0.0.1:\(port)"])
            try await waitUntil("both locks are renewed") {
                Set(fleet.commands(0x0011).dropFirst(2).map(\.session)) == [11, 12]
            }
            #expect(fleet.commands(0x0012).isEmpty)
            command.signal(SIGINT)
            let end = await command.wait()
            #expect(end.code == 0 && end.errors.isEmpty)
            #expect(end.output == "front-left is locked until Ctrl-C\n7 is locked until Ctrl-C\n")
        }
        #expect(Set(fleet.commands(0x0012).map(\.session)) == [11, 12])
    }

    @Test("lock --seconds ends by itself, and says when that is")
    func lockSeconds() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { locking($0, seconds: 3) }
        let run = try await fleet.serve {
            try await Program.run(["lock", "1", "--seconds", "0.05"], server: $0, environment: ["TZ": "UTC"])
        }
        #expect(run.code == 0 && run.lines == ["front-left is locked until 01:46:43 or Ctrl-C"])
        #expect(fleet.commands(0x0011).map(\.json) == [#"{"seconds":0.05}"#] && fleet.commands(0x0012).count == 1)
    }

    @Test("lock holds all or none: one that another session has is named, and the command ends")
    func lockRefused() async throws {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            command.code == 0x0011 && command.session == 12
                ? [refusal(command, "Device_Busy", 0x2019)] : locking(command, seconds: 60)
        }
        let run = try await fleet.serve { try await Program.run(["lock", "1", "7"], server: $0) }
        #expect(run.code == 1 && run.errors == "Error: 7: The camera says Device_Busy.\n" && run.output.isEmpty)
    }

    @Test("lock ends with a sentence when the server goes")
    func lockLost() async throws {
        let run = try await withPeer { peer in
            try await peer.send(greeting())
            let fleet = ScriptedFleet()
            while let command = try await peer.command() {
                for bytes in locking(command, seconds: 60) ?? fleet.answer(command) { try await peer.send(bytes) }
                if command.code == 0x0900 { return }
            }
        } _: { port in
            try await Program.run(["lock", "1"], server: port)
        }
        #expect(run.code == 1 && run.errors.contains("was lost"))
    }

    @Test("events tells in words what happened")
    func events() async throws {
        let told = [
            (0x4003, #"{"camera":"nikon-1","folder":"/s","name":"A.JPG"}"#, "object_removed  nikon-1  /s/A.JPG"),
            (
                0xC002,
                #"{"camera":"n","folder":"/s","name":"A","saved_as":"images/A","size":1500,"sha256":"00"}"#,
                "image_saved  n  /s/A  1.5 kB  saved as images/A"
            ),
            (
                0xC003, #"{"camera":"n","sequence":4,"taken":2,"count":9}"#,
                "sequence_progress  n  sequence 4: 2 of 9"
            ),
            (
                0xC003,
                #"{"camera":"n","sequence":4,"taken":2,"count":9,"ended":true,"error":{"error":"E","message":"Off."}}"#,
                "sequence_progress  n  sequence 4: 2 of 9, and it ended: Off."
            ),
            (
                0xC008, #"{"sequence":7,"taken":1,"count":2,"shot":17}"#,
                "group_sequence_progress  sequence 7: 1 of 2, shot 17"
            ),
            (
                0xC004,
                #"""
                {"shot":17,"fired_at":1,"spread_ns":2600000,"state":"incomplete","cameras":[
                {"id":"a","camera_number":1,"released_at":3,"state":"complete","images":[{"folder":"/","name":"A","size":1},
                {"folder":"/","name":"B","size":2}]},{"id":"b","camera_number":2,"state":"missing","images":[]}]}
                """#,
                "shot_complete  shot 17  incomplete: 1 of 2 cameras, spread 2.6 ms over 1, 2 images"
            ),
            (0xC004, #"{"half":1}"#, #"shot_complete  {"half":1}"#),
        ]
        let run = try await withPeer { peer in
            try await peer.send(greeting())
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response())
            for (code, json, _) in told { try await peer.send(event(UInt16(code), json)) }
        } _: { port in
            try await Program.run(["events"], server: port)
        }
        #expect(run.lines == told.map(\.2))
    }
}
