import FleetTesting
import Testing
import VirtualCamera

/// LOCK_CAMERA: other sessions may look, not touch (protocol.md, 0x0011 and below the table).
@Suite struct LockTests {
    /// What a lock keeps from everybody else, with arguments that would be right.
    private func forbidden(_ rig: BodyRig) -> [(code: UInt16, json: String)] {
        let place = "\"folder\":\"\(rig.dialect.folder)\",\"name\":"
        return [
            (0x0002, "{}"), (0x0009, "{\"widget_id\":\"iso\",\"widget_value\":\"400\"}"),
            (0x000C, "{\(place)\"\(rig.dialect.picture(1))\"}"), (0x000D, "{\(place)\"NEW.JPG\",\"size\":1}"),
            (0x000F, "{}"), (0x0011, "{}"), (0x0013, "{\"count\":1,\"interval_seconds\":0}"), (0x0015, "{}"),
        ]
    }

    /// What everybody may do all the same.
    private func allowed(_ rig: BodyRig) -> [(code: UInt16, json: String)] {
        let place = "\"folder\":\"\(rig.dialect.folder)\",\"name\":\"\(rig.dialect.picture(1))\""
        return [
            (0x0003, "{\(place)}"), (0x0004, "{\(place)}"), (0x0006, "{}"), (0x0007, "{\"widget_id\":\"iso\"}"),
            (0x0008, "{\"widget_id\":\"iso\"}"), (0x000A, "{}"), (0x000B, "{}"), (0x000E, "{}"), (0x0010, "{}"),
            (0x0017, "{\"transaction_ID\":1}"), (0x0900, "{}"),
        ]
    }

    @Test(
        "Other connections get Device_Busy for what touches the body, and may look; the same connection may all",
        arguments: Dialect.allCases)
    func others(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let (other, mine) = (try await rig.another(), try await rig.another(sameConnection: true))
            let until = try await rig.ask(0x0011).json["until"].integer ?? 0
            let now = try await rig.client.ask(0x0900, "{}").json["time"].integer ?? 0
            #expect((55_000_000_000...60_000_000_000).contains(until - now), "a minute unless given")
            for (code, json) in forbidden(rig) {
                let answer = try await other.ask(code, json)
                #expect(answer.isRefusal(0x2019), "0x\(String(code, radix: 16)): \(answer.told)")
            }
            #expect(try await other.ask(0x0012).isRefusal(0x2019))
            for (code, json) in allowed(rig) {
                let answer = try await other.ask(code, json)
                #expect(answer.code == 0x2001, "0x\(String(code, radix: 16)): \(answer.told)")
            }
            #expect(rig.body.releaseTimes.isEmpty && rig.body.filePaths.count == 3)
            if dialect != .ptp { #expect(try await other.ask(0x0005).code == 0x2001) }
            for (code, json) in forbidden(rig) where code != 0x0011 {
                let answer = try await mine.ask(code, json)
                #expect(answer.code == 0x2001, "0x\(String(code, radix: 16)): \(answer.told)")
            }
            #expect(try await rig.information()["locked_by"].integer == Int(rig.session))
        }
    }

    /// Who holds the lock, by the next camera_state.
    private func lockedBy(_ watcher: RawClient) async throws -> JSONValue {
        let event = try await watcher.packet()
        #expect(event.code == 0xC001)
        #expect(event.json["state"].string == "ready")
        return event.json["locked_by"]
    }

    @Test("A lock is seen in CAMERA_INFO and told as camera_state, from its beginning to its end, whichever that is")
    func told() async throws {
        try await BodyRig.run(.nikon) { rig in
            let watcher = try await rig.watcher("camera_state")
            let other = try await rig.another()
            #expect(try await rig.ask(0x0011).code == 0x2001)
            #expect(try await lockedBy(watcher).integer == Int(rig.session))
            #expect(try await rig.information()["locked_by"].integer == Int(rig.session))

            #expect(try await rig.ask(0x0012).code == 0x2001)
            #expect(try await lockedBy(watcher) == .null)
            #expect(try await rig.information()["locked_by"] == .null)
            #expect(try await rig.ask(0x0012).code == 0x2001, "it may be unlocked already")

            // Its time.
            #expect(try await other.ask(0x0011, #"{"seconds":0.05}"#).code == 0x2001)
            #expect(try await lockedBy(watcher).integer == Int(other.session))
            #expect(try await lockedBy(watcher) == .null)
            #expect(try await rig.ask(0x000F).code == 0x2001)
            for state in ["busy", "ready"] { #expect(try await watcher.packet().json["state"].string == state) }

            // Its session.
            let session = try await rig.another(sameConnection: true)
            #expect(try await session.ask(0x0011).code == 0x2001)
            #expect(try await lockedBy(watcher).integer == Int(session.session))
            #expect(try await session.ask(0x0016).code == 0x2001)
            #expect(try await lockedBy(watcher) == .null)

            // Its connection.
            #expect(try await other.ask(0x0011, #"{"seconds":86400}"#).code == 0x2001)
            #expect(try await lockedBy(watcher).integer == Int(other.session))
            #expect(try await rig.ask(0x0011).isRefusal(0x2019))
            await other.client.close()
            #expect(try await lockedBy(watcher) == .null)
            #expect(try await rig.ask(0x0011).code == 0x2001)
        }
    }

    @Test("A lock that is taken again lasts from then on, by whichever session of the connection takes it")
    func renewed()
        async throws
    {
        try await BodyRig.run(.ptp) { rig in
            let (mine, other) = (try await rig.another(sameConnection: true), try await rig.another())
            #expect(try await rig.ask(0x0011, #"{"seconds":0.05}"#).code == 0x2001)
            #expect(try await mine.ask(0x0011, #"{"seconds":60}"#).code == 0x2001)
            // The end of the first session, and of its time, is not that of the lock.
            #expect(try await rig.ask(0x0016).code == 0x2001)
            for _ in 0..<30 { #expect(try await other.ask(0x000A).code == 0x2001) }
            #expect(try await other.ask(0x0002).isRefusal(0x2019))
            #expect(try await mine.information()["locked_by"].integer == Int(mine.session))
            #expect(try await mine.ask(0x0012).code == 0x2001)
            #expect(try await other.ask(0x0002).code == 0x2001)
        }
    }

    @Test("What waits for the body when another connection locks it touches it no more") func waiting() async throws {
        try await BodyRig.run(.nikon) { rig in
            let (other, owner) = (try await rig.another(), try await rig.another())
            try await rig.holdShutter(transaction: 1)
            try await other.send(0x0009, #"{"widget_id":"iso","widget_value":"400"}"#, transaction: 2)
            try await other.send(0x0007, #"{"widget_id":"iso"}"#, transaction: 3)
            // It is in its place behind the release once a later one of the same connection was answered.
            #expect(try await other.client.ask(0x0902, "{}").code == 0x2001)
            #expect(try await owner.ask(0x0011).code == 0x2001)
            try await rig.send(0x0017, #"{"transaction_ID":1}"#, transaction: 4)
            #expect(try await rig.answers(2).map(\.code) == [0x201F, 0x2001], "what runs already went on till then")
            let answers = try await other.answers(2)
            #expect(answers[0].isRefusal(0x2019), "\(answers[0].told)")
            #expect(answers[1].json["widget_value"].string == "100")
            #expect(rig.body.value(of: .exposureIndex) == 100)
        }
    }

    @Test("A file that was sent whole does not go onto a body that is locked meanwhile; unlocked, it does")
    func upload()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let owner = try await rig.another()
            let ticket =
                try await rig.ask(
                    0x000D, "{\"folder\":\"\(rig.dialect.folder)\",\"name\":\"NEW.JPG\",\"size\":2}"
                ).json["ticket"].string ?? ""
            #expect(try await owner.ask(0x0011).code == 0x2001)
            let client = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            #expect(try await client.upload([1, 2], ticket, session: rig.session).isRefusal(0x2019))
            #expect(rig.body.filePaths.count == 3)
            #expect(try await owner.ask(0x0012).code == 0x2001)
            let again = try await client.upload([1, 2], ticket, session: rig.session)
            #expect(again.json["size"].integer == 2, "\(again.told)")
            #expect(rig.body.filePaths.count == 4)
        }
    }
}
