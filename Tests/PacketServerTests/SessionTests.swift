import Fleet
import FleetModel
import FleetTesting
import PacketServer
import Testing
import VirtualCamera

/// Sessions, their ends and limits (protocol.md, section 3).
@Suite struct SessionTests {
    @Test("CLOSE_SESSION ends its commands with Transaction_Cancelled before it is answered, and the number is no more")
    func closeSession() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].shutterLag = .seconds(5)
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            try await client.command(0x0002, session: session, transaction: 1, "{}")
            for transaction in UInt32(2)...5 {
                try await client.command(0x0007, session: session, transaction: transaction, "{\"widget_id\":\"iso\"}")
            }
            try await waitUntil("the release was sent") {
                fleet.rig.bodies[0].transactionCount(.nikonInitiateCaptureRecInMedia) > 0
            }
            try await client.command(0x0016, session: session, transaction: 6, "{}")
            for transaction in UInt32(1)...5 {
                let answer = try await client.packet()
                #expect(answer.transaction == transaction)
                #expect(answer.code == 0x201F)
            }
            let closed = try await client.packet()
            #expect(closed.transaction == 6)
            #expect(closed.code == 0x2001)
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2003)
            #expect(try await client.ask(0x0902, "{}").json["cameras"][0]["sessions"].integer == 0)
        }
    }

    @Test("A closed session is kept by nobody, and neither are the sequences that it ran")
    func forgotten() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let id = try await client.open(1)
            weak let session = try fleet.server.registry.session(id)
            for count in [1, 1000] {
                let json = "{\"count\":\(count),\"interval_seconds\":0}"
                #expect(try await client.ask(0x0013, session: id, json).code == 0x2001)
            }
            #expect(session != nil)
            #expect(try await client.ask(0x0016, session: id, "{}").code == 0x2001)
            try await waitUntil("nobody has the session any more") { session == nil }
        }
    }

    @Test("CLOSE_CONNECTION ends every command with Transaction_Cancelled, is answered last, and its sessions are gone")
    func closeConnection() async throws {
        var bodies = TestFleet.nikons(2)
        bodies[0].shutterLag = .seconds(5)
        bodies[1].shutterLag = .seconds(5)
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            for camera in 1...2 {
                let session = try await client.open(camera)
                try await client.command(0x0002, session: session, transaction: UInt32(camera), "{}")
            }
            try await client.command(0x0999, transaction: 9, "{}")
            var answers: [(UInt32, UInt16)] = []
            for _ in 0..<3 {
                let answer = try await client.packet()
                answers.append((answer.transaction, answer.code))
            }
            #expect(Set(answers.dropLast().map(\.0)) == [1, 2])
            #expect(answers.dropLast().allSatisfy { $0.1 == 0x201F })
            #expect(answers[2] == (9, 0x2001))
            #expect(await client.isClosedByServer())
            let list = await fleet.server.registry.list()
            #expect(list.allSatisfy { $0.sessions == 0 })
        }
    }

    @Test("A session is its connection's own, and ends with it")
    func foreignSession() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let owner = try await fleet.server.client()
            let stranger = try await fleet.server.client()
            let session = try await owner.open(1)
            #expect(try await stranger.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2003)
            #expect(try await stranger.ask(0x0902, session: session, "{}").code == 0x2003)
            #expect(try await owner.ask(0x0902, session: session, "{}").code == 0x2001)
            await owner.close()
            try await waitUntil("the session is gone") {
                await fleet.server.registry.list().first?.sessions == 0
            }
        }
    }

    @Test("Bad JSON in CLOSE_SESSION and CLOSE_CONNECTION is refused before it ends anything")
    func badClose() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            #expect(try await client.ask(0x0016, session: session, "{").code == 0x201D)
            #expect(try await client.ask(0x0999, "[]").code == 0x201D)
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
        }
    }

    @Test("A command above the 256 in flight gets Too_Many, and CLOSE_SESSION is taken all the same")
    func inFlight() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].shutterLag = .seconds(25)
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            try await client.command(0x0002, session: session, transaction: 1, "{}")
            for transaction in UInt32(2)...300 {
                try await client.command(0x0007, session: session, transaction: transaction, "{\"widget_id\":\"iso\"}")
            }
            for transaction in UInt32(257)...300 {
                let answer = try await client.packet()
                #expect(answer.code == 0xA004)
                #expect(answer.transaction == transaction)
            }
            try await client.command(0x0016, session: session, transaction: 301, "{}")
            for transaction in UInt32(1)...256 {
                let answer = try await client.packet()
                #expect(answer.code == 0x201F)
                #expect(answer.transaction == transaction)
            }
            #expect(try await client.packet().code == 0x2001)
        }
    }

    @Test(
        "A client that floods commands which wait for nothing, and reads no answer, gets Too_Many and holds up nobody")
    func flood() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let flooding = try await RawClient.connect(port: fleet.server.commandPort, receiveBuffer: 4096)
            _ = try await flooding.packet()
            let session = try await flooding.open(1)
            try await flooding.stopReading()
            let command: [UInt8] =
                [16, 0, 0, 0, 1, 0, 0x06, 0] + .little(session) + .little(UInt32(1))
            let flood = Task { try await flooding.send(Array(repeating: command, count: 100_000).flatMap(\.self)) }
            let client = try await fleet.server.client()
            for _ in 0..<50 { #expect(try await client.ask(0x0902, "{}").code == 0x2001) }
            // The server held no more answers than may be in flight: the next was refused.
            try await flooding.startReading()
            let refused = try await flooding.packet { $0.code != 0x2001 }
            #expect(refused.code == 0xA004)
            await flooding.close()
            _ = await flood.result
        }
    }

    @Test("Clients that connect while the server stops cost it nothing")
    func connectingAtTheEnd() async throws {
        let storm = try await TestServer.run([]) { server in
            // Goes on until the port is closed, which is after this returns.
            Task {
                while let client = try? await RawClient.connect(port: server.commandPort) { await client.close() }
            }
        }
        await storm.value
    }

    @Test("A connection holds as many sessions as its limit, and the next gets Too_Many")
    func sessionLimit() async throws {
        var limits = PortLimits()
        limits.sessions = 3
        try await TestFleet.run(TestFleet.nikons(1), portLimits: limits) { fleet in
            let client = try await fleet.server.client()
            var sessions: [UInt32] = []
            for _ in 0..<3 { sessions.append(try await client.open(1)) }
            #expect(try await client.ask(0x0903, "{\"camera\":1}").code == 0xA004)
            _ = try await client.ask(0x0016, session: sessions[0], "{}")
            #expect(try await client.ask(0x0903, "{\"camera\":1}").code == 0x2001)
            #expect(try await fleet.server.client().ask(0x0903, "{\"camera\":1}").code == 0x2001)
        }
    }
}
