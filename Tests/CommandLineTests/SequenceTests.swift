import FleetTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite("A sequence on the command line", .timeLimit(.minutes(1)))
struct SequenceTests {
    private func progress(_ taken: Int, _ rest: String = "", camera: String = "nikon-d750-1", sequence: Int = 5)
        -> ByteBuffer
    {
        event(0xC003, #"{"camera":"\#(camera)","sequence":\#(sequence),"taken":\#(taken),"count":3\#(rest)}"#)
    }

    private func added(_ name: String, camera: String = "nikon-d750-1") -> ByteBuffer {
        event(0x4002, #"{"camera":"\#(camera)","folder":"/s","name":"\#(name)","size":2}"#)
    }

    /// A fleet whose sequence is 5, and brings these events.
    private func fleet(_ events: [ByteBuffer], stopped: String = #"{"taken":2}"#) -> ScriptedFleet {
        var fleet = ScriptedFleet()
        fleet.special = { command in
            switch command.code {
            case 0x0013: [command.response(#"{"sequence":5}"#)] + events
            case 0x0014: [command.response(stopped)]
            default: nil
            }
        }
        return fleet
    }

    @Test("Its progress is told line by line, and it ends with the last picture")
    func toTheEnd() async throws {
        let fleet = fleet([
            progress(1), progress(9, sequence: 4), progress(2), progress(3, #","ended":true"#),
        ])
        let run = try await fleet.serve {
            try await Program.run(
                ["sequence", "1", "--count", "3", "--every", "0.5", "--bulb", "2"], server: $0)
        }
        #expect(run.code == 0 && run.errors.isEmpty)
        #expect(run.lines == ["front-left  1 of 3", "front-left  2 of 3", "front-left  3 of 3"])
        let asked = try #require(fleet.commands(0x0013).first)
        for part in [#""count":3"#, #""interval_seconds":0.5"#, #""bulb_seconds":2"#] {
            #expect(asked.json.contains(part), "\(asked.json)")
        }
        #expect(asked.session == 11 && fleet.commands(0x0014).isEmpty)
        let order = fleet.seen.withLockedValue { $0.map(\.code) }
        let subscribed = try #require(order.firstIndex(of: 0x0910))
        #expect(subscribed < (order.firstIndex(of: 0x0013) ?? 0), "no event is missed")
    }

    @Test("One that is given up says why, once, and the exit code tells")
    func givenUp() async throws {
        let failed = #","error":{"error":"Camera_Unplugged","message":"It is gone."}"#
        let fleet = fleet([progress(1), progress(1, failed), progress(1, failed + #","ended":true"#)])
        let run = try await fleet.serve {
            try await Program.run(["sequence", "1", "--count", "3", "--every", "1", "--json"], server: $0)
        }
        #expect(run.code == 1 && run.errors == "front-left  1 of 3: It is gone.\n")
        let json = try run.json()
        #expect(json["taken"] as? Int == 1 && json["count"] as? Int == 3)
        #expect((json["error"] as? [String: Any])?["error"] as? String == "Camera_Unplugged")
    }

    @Test("Ctrl-C stops it on the server, and says how many were taken")
    func interrupted() async throws {
        let fleet = fleet([progress(1)])
        try await fleet.serve { port in
            let command = try Command(
                Programs.path("camera-fleet"),
                ["sequence", "1", "--count", "3", "--every", "1", "--server", "127.0.0.1:\(port)"])
            try await waitUntil("one is taken") { command.output.contains("1 of 3") }
            command.signal(SIGINT)
            let end = await command.wait()
            #expect(end.code == 130 && end.errors == "The sequence was stopped: 2 of 3 were taken.\n")
        }
        #expect(fleet.commands(0x0014).map(\.json) == [#"{"sequence":5}"#])
    }

    @Test("With --download each image of the camera is saved as it comes; one that cannot be saved is told")
    func download() async throws {
        let directory = try TemporaryDirectory()
        let run = try await withPeer { peer in
            guard let command = try await peer.command() else { return }
            try await peer.send(command.response(#"{"size":2}"#))
            try await peer.send(command.piece(at: 0, ByteBuffer(string: "hi")), command.response(#"{"size":2}"#))
            _ = try await peer.command()
        } _: { downloadPort in
            let base = fleet([
                added("A.JPG"), progress(1), added("other", camera: "canon"), added("B.JPG"), progress(2),
                added("C.JPG"), progress(3, #","ended":true"#),
            ])
            var fleet = base
            fleet.special = { command in
                guard command.code == 0x0004 else { return base.special(command) }
                guard !command.json.contains("B.JPG") else {
                    return [command.response(#"{"error":"Invalid_ObjectHandle","message":"No."}"#, code: 0x2009)]
                }
                return [command.response(#"{"ticket":"t","size":2,"mime":"image/jpeg","port":\#(downloadPort)}"#)]
            }
            return try await fleet.serve {
                try await Program.run(
                    ["sequence", "1", "--count", "3", "--every", "0", "--download", "lapse", "--json"], server: $0,
                    in: directory.path)
            }
        }
        #expect(run.code == 1 && run.errors.contains("B.JPG: No.\n") && run.errors.contains("1 image was not saved"))
        #expect(try directory.names("lapse") == ["A.JPG", "C.JPG"])
        let images = try run.json()["images"] as? [[String: Any]]
        #expect(images?.map { $0["path"] as? String } == ["lapse/A.JPG", "lapse/C.JPG"])
    }
}
