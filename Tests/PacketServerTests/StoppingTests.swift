import FleetTesting
import Testing
import VirtualCamera

/// CANCEL, STOP_SEQUENCE and RESET_CAMERA, and what waits for nothing (protocol.md, section 3).
@Suite struct StoppingTests {
    private func released(_ rig: BodyRig) async throws {
        try await waitUntil("it is released") { !rig.body.releaseTimes.isEmpty }
    }

    @Test("CANCEL ends a command that runs, is answered after it, and the body works on", arguments: Dialect.allCases)
    func cancelRunning(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { if dialect == .ptp { $0.shutterLag = .seconds(20) } }) { rig in
            try await rig.holdShutter(transaction: 1)
            try await rig.send(0x0017, #"{"transaction_ID":1}"#, transaction: 2)
            let answers = try await rig.answers(2)
            #expect(answers.map(\.transaction) == [1, 2])
            #expect(answers[0].isRefusal(0x201F), "\(answers[0].told)")
            #expect(answers[1].json == .object([:]))
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).code == 0x2001)
        }
    }

    @Test("CANCEL ends a command that waits behind another of its session, or behind another session's, and no other")
    func cancelWaiting() async throws {
        try await BodyRig.run(.nikon) { rig in
            let other = try await rig.another()
            try await rig.holdShutter(transaction: 1)
            try await rig.send(0x0009, #"{"widget_id":"iso","widget_value":"400"}"#, transaction: 2)
            try await rig.send(0x0007, #"{"widget_id":"iso"}"#, transaction: 3)
            try await other.send(0x0009, #"{"widget_id":"iso","widget_value":"800"}"#, transaction: 2)
            try await rig.send(0x0017, #"{"transaction_ID":2}"#, transaction: 4)
            let first = try await rig.answers(2)
            #expect(first.map(\.transaction) == [2, 4])
            #expect(first[0].isRefusal(0x201F))
            // The other session's of that number is another command.
            try await other.send(0x0017, #"{"transaction_ID":77}"#, transaction: 5)
            #expect(try await other.answers(1)[0].transaction == 5)
            try await rig.send(0x0017, #"{"transaction_ID":1}"#, transaction: 6)
            let rest = try await rig.answers(3)
            #expect(Set(rest.map(\.transaction)) == [1, 3, 6])
            #expect(rest.first { $0.transaction == 3 }?.json["widget_id"].string == "iso")
            #expect(try await other.answers(1)[0].json["widget_value"].string == "800")
        }
    }

    @Test("CANCEL of what is over, never was, or is another session's ends nothing and is OK") func cancelNothing()
        async throws
    {
        try await BodyRig.run(.ptp, { $0.shutterLag = .milliseconds(300) }) { rig in
            let other = try await rig.another(sameConnection: true)
            #expect(try await rig.ask(0x000E, transaction: 5).code == 0x2001)
            for transaction in [5, 6, 0, 4_294_967_295] {
                let answer = try await rig.ask(0x0017, "{\"transaction_ID\":\(transaction)}", transaction: 9)
                #expect(answer.json == .object([:]))
            }
            try await rig.send(0x0002, transaction: 1)
            try await released(rig)
            #expect(try await other.ask(0x0017, #"{"transaction_ID":1}"#).code == 0x2001)
            #expect(try await rig.answers(1)[0].code == 0x2001)
        }
    }

    @Test("CANCEL ends a command that asks for a ticket while it waits", arguments: [0x0004, 0x000D] as [UInt16])
    func cancelTicket(code: UInt16) async throws {
        try await BodyRig.run(.nikon) { rig in
            let other = try await rig.another()
            try await other.holdShutter(transaction: 1)
            let (folder, picture) = (rig.dialect.folder, rig.dialect.picture(1))
            let name = code == 0x000D ? "\"NEW.JPG\",\"size\":1" : "\"\(picture)\",\"type\":\"preview\""
            try await rig.send(code, "{\"folder\":\"\(folder)\",\"name\":\(name)}", transaction: 2)
            try await rig.send(0x0017, #"{"transaction_ID":2}"#, transaction: 3)
            let answers = try await rig.answers(2)
            #expect(answers.map(\.transaction) == [2, 3])
            #expect(answers[0].isRefusal(0x201F))
            #expect(try await other.ask(0x0017, #"{"transaction_ID":1}"#).code == 0x2001)
            #expect(try await rig.ask(0x0900).code == 0x2001)
        }
    }

    @Test(
        "What waits for nothing is answered while a release runs that takes its time, and what waits is done after it")
    func atOnce() async throws {
        try await BodyRig.run(.nikon) { rig in
            let sequence = try await rig.ask(
                0x0013, #"{"count":9,"interval_seconds":0,"bulb_seconds":60}"#
            ).json["sequence"].integer
            try await released(rig)
            // Waits behind the sequence's release.
            try await rig.send(0x0002, transaction: 1)
            for (code, json) in [
                (0x0006, "{}"), (0x0012, "{}"), (0x0017, #"{"transaction_ID":50}"#),
                (0x0014, "{\"sequence\":\(sequence ?? 0)}"),
            ] as [(UInt16, String)] {
                try await rig.send(code, json, transaction: 100 + UInt32(code))
                let answer = try await rig.answers(1)[0]
                #expect(answer.transaction == 100 + UInt32(code))
                #expect(answer.code == 0x2001)
            }
            #expect(try await rig.answers(1)[0].code == 0x2001)
        }
    }

    @Test(
        "A sequence takes what it shall, tells how far it is, and says once that it is over",
        arguments: Dialect.allCases)
    func sequence(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("sequence_progress")
            let id = try await rig.ask(0x0013, #"{"count":3,"interval_seconds":0.01}"#).json["sequence"].integer
            for taken in 1...3 {
                let event = try await watcher.packet()
                #expect((event.code, event.session) == (0xC003, 0))
                #expect(try await rig.information()["id"] == event.json["camera"])
                #expect(event.json["sequence"].integer == id)
                #expect(event.json["taken"].integer == taken)
                #expect(event.json["count"].integer == 3)
            }
            #expect(try await rig.ask(0x0014, "{\"sequence\":\(id ?? 0)}").json["taken"].integer == 3)
            #expect(rig.body.releaseTimes.count == 3)
            let files = try await rig.files()
            #expect(files.count == 6, "\(files)")
            let other = try await rig.another()
            #expect(try await other.ask(0x0014, "{\"sequence\":\(id ?? 0)}").isRefusal(0x201D))
        }
    }

    @Test(
        "After STOP_SEQUENCE's answer nothing is released, and what was taken is counted", arguments: Dialect.allCases)
    func stopSequence(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .milliseconds(20) }) { rig in
            for rounds in 1...3 {
                let before = rig.body.releaseTimes.count
                let id = try await rig.ask(0x0013, #"{"count":1000000,"interval_seconds":0}"#).json["sequence"].integer
                try await waitUntil("some were released") { rig.body.releaseTimes.count >= before + rounds }
                let taken = try await rig.ask(0x0014, "{\"sequence\":\(id ?? 0)}").json["taken"].integer ?? -1
                let released = rig.body.releaseTimes.count
                #expect((0...1).contains(released - before - taken), "\(released - before) and \(taken)")
                // Work on the body, a second of events among it, in which a release would show.
                for _ in 0..<20 { #expect(try await rig.ask(0x000A, #"{"values":true}"#).code == 0x2001) }
                #expect(rig.body.releaseTimes.count == released)
            }
        }
    }

    @Test("A sequence releases nothing while another connection holds the lock, says so, and goes on afterwards")
    func lockedSequence() async throws {
        try await BodyRig.run(.ptp) { rig in
            let watcher = try await rig.watcher("sequence_progress")
            let other = try await rig.another()
            let id = try await rig.ask(0x0013, #"{"count":1000000,"interval_seconds":0}"#).json["sequence"].integer
            try await released(rig)
            #expect(try await other.ask(0x0011).code == 0x2001)
            let event = try await watcher.packet { $0.json["error"] != .null }
            #expect(event.json["error"]["error"].string == "Device_Busy")
            #expect(event.json["ended"] == .null)
            let count = rig.body.releaseTimes.count
            for _ in 0..<10 { #expect(try await other.ask(0x000A, #"{"values":true}"#).code == 0x2001) }
            #expect(rig.body.releaseTimes.count == count)
            #expect(try await other.ask(0x0012).code == 0x2001)
            try await waitUntil("it is released again") { rig.body.releaseTimes.count > count }
            #expect(try await rig.ask(0x0014, "{\"sequence\":\(id ?? 0)}").code == 0x2001)
        }
    }

    @Test("A sequence ends with its session") func endOfSequence() async throws {
        try await BodyRig.run(.ptp) { rig in
            let watcher = try await rig.watcher("sequence_progress")
            let other = try await rig.another()
            _ = try await rig.ask(0x0013, #"{"count":1000000,"interval_seconds":0.01}"#)
            try await released(rig)
            #expect(try await rig.ask(0x0016).code == 0x2001)
            let end = try await watcher.packet { $0.json["ended"].bool == true }
            #expect(end.json["taken"].integer ?? 0 < 1_000_000)
            let count = rig.body.releaseTimes.count
            for _ in 0..<10 { #expect(try await other.ask(0x000A, #"{"values":true}"#).code == 0x2001) }
            #expect(rig.body.releaseTimes.count == count)
        }
    }

    @Test("A sequence on a body whose card is full says why it ends") func fullCard() async throws {
        try await BodyRig.run(.nikon) { rig in
            let watcher = try await rig.watcher("sequence_progress")
            rig.body.inject(.cardFull)
            _ = try await rig.ask(0x0013, #"{"count":5,"interval_seconds":0}"#)
            let event = try await watcher.packet()
            #expect(event.json["taken"].integer == 0)
            #expect(event.json["error"]["error"].string == "Store_Full")
            #expect(event.json["error"]["message"].string?.isEmpty == false)
            #expect(event.json["ended"].bool == true)
        }
    }

    @Test(
        "RESET_CAMERA ends what runs, does what waits afterwards, and is answered once the body is ready",
        arguments: Dialect.allCases)
    func reset(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .seconds(20) }) { rig in
            let (other, waiting) = (try await rig.another(), try await rig.another())
            try await other.send(0x0002, transaction: 1)
            try await released(rig)
            try await waiting.send(0x0007, #"{"widget_id":"iso"}"#, transaction: 2)
            #expect(try await waiting.client.ask(0x0902, "{}").code == 0x2001)
            let sessions = rig.body.transactionCount(.openSession)
            let answer = try await rig.ask(0x0015)
            #expect(answer.json == .object([:]), "\(answer.told)")
            #expect(rig.body.transactionCount(.openSession) == sessions + 1)
            #expect(try await rig.information()["state"].string == "ready")
            let ended = try await other.answers(1)[0]
            #expect(ended.isRefusal(0x201F), "\(ended.told)")
            #expect(try await waiting.answers(1)[0].json["widget_value"].string == "100")
            for rig in [rig, other, waiting] { #expect(try await rig.ask(0x0900).code == 0x2001) }
        }
    }

    @Test("RESET_CAMERA is cancelled, and the end of the session ends it: the body is opened all the same")
    func cancelledReset() async throws {
        try await BodyRig.run(.nikon) { rig in
            // It opens no session for a while.
            rig.body.inject(.hang)
            try await rig.send(0x0015, transaction: 1)
            try await rig.send(0x0017, #"{"transaction_ID":1}"#, transaction: 2)
            let answers = try await rig.answers(2)
            #expect(answers.map(\.transaction) == [1, 2] && answers[1].code == 0x2001)
            #expect(answers[0].isRefusal(0x201F), "\(answers[0].told)")
            let other = try await rig.another()
            try await rig.send(0x0015, transaction: 3)
            try await rig.send(0x0016, transaction: 4)
            let last = try await rig.answers(2)
            #expect(last.map(\.transaction) == [3, 4] && last[0].isRefusal(0x201F), "\(last.map(\.told))")
            rig.body.repair()
            try await waitUntil("it is ready") { try await other.information()["state"].string == "ready" }
            #expect(try await other.ask(0x0007, #"{"widget_id":"iso"}"#).code == 0x2001)
        }
    }

    @Test("As many wait for the reset of a body as may, and one more is Too_Many") func manyResets() async throws {
        try await BodyRig.run(.nikon) { rig in
            rig.body.inject(.hang)
            for transaction in 1...65 as ClosedRange<UInt32> { try await rig.send(0x0015, transaction: transaction) }
            let first = try await rig.answers(1)[0]
            #expect(first.isRefusal(0xA004), "\(first.told)")
            try await rig.send(0x0016, transaction: 66)
            let others = try await rig.answers(65)
            #expect(others.count { $0.isRefusal(0x201F) } == 64 && others.count { $0.code == 0x2001 } == 1)
            rig.body.repair()
        }
    }

    @Test("RESET_CAMERA of its own running command answers that first") func resetOwn() async throws {
        try await BodyRig.run(.nikon, { $0.shutterLag = .seconds(20) }) { rig in
            try await rig.send(0x0002, transaction: 1)
            try await rig.send(0x0007, #"{"widget_id":"iso"}"#, transaction: 2)
            try await released(rig)
            try await rig.send(0x0015, transaction: 3)
            let answers = try await rig.answers(3)
            #expect(answers[0].transaction == 1)
            #expect(answers[0].isRefusal(0x201F))
            #expect(Set(answers[1...].map(\.transaction)) == [2, 3])
            #expect(answers[1...].allSatisfy { $0.code == 0x2001 })
        }
    }

    @Test("RESET_CAMERA of a body that is not there is Camera_Unplugged") func resetUnplugged() async throws {
        try await BodyRig.run(.nikon) { rig in
            await rig.fleet.rig.listeners[0].unplug()
            try await waitUntil("it is gone") { try await rig.information()["state"].string == "unplugged" }
            #expect(try await rig.ask(0x0015).isRefusal(0xA001))
        }
    }
}
