import Fleet
import FleetModel
import FleetTesting
import PacketServer
import Testing
import VirtualCamera

/// The limits of protocol.md, sections 1 and 4 to 6: what is within is taken, and one more is refused by its name.
@Suite struct LimitTests {
    private let value = "{\"widget_id\":\"iso\"}"

    @Test("A command as long as the limit is taken on every port, and one byte more breaks the connection")
    func commandLength() async throws {
        try await TestServer.run([], portLimits: .but { $0.commandLength = 64 }) { server in
            for port in [server.commandPort, server.liveViewPort, server.downloadPort] {
                let client = try await RawClient.connect(port: port)
                let padding = String(repeating: " ", count: 64 - 16 - 2)
                #expect(try await client.ask(Ask.check, "{}" + padding).transaction == 77)
                try await client.command(Ask.check, transaction: 78, "{} " + padding)
                let answer = try await client.packet().expect(.invalidParameter)
                #expect(answer.transaction == 0 && answer.json["message"].string?.contains("64") == true)
                #expect(await client.isClosedByServer())
            }
        }
    }

    @Test("A data packet as long as the limit is taken, and one byte more breaks the connection")
    func dataLength() async throws {
        try await TestFleet.run(TestFleet.nikons(1), portLimits: .but { $0.dataLength = 124 }) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let files = try await client.ask(Ask.files, session: session, "{\"recurse\":true}").json["files"]
            let place = "{\"folder\":\"\(files[0]["folder"].string ?? "")\",\"name\":\"N.JPG\",\"size\":201}"
            let ticket = try await client.ask(Ask.upload, session: session, place).expect(.ok).json["ticket"]
            let connection = try await RawClient.connect(port: fleet.server.downloadPort)
            let json = "{\"ticket\":\"\(ticket.string ?? "")\"}"
            try await connection.command(Ask.upload, session: session, transaction: 1, json)
            try await connection.packet().expect(.ok)
            let bytes = [UInt8](repeating: 1, count: 201)
            try await connection.piece(Array(bytes[..<100]), at: 0, session: session, transaction: 1)
            try await connection.piece(Array(bytes[100...]), at: 100, session: session, transaction: 1)
            try await connection.packet { $0.transaction == 0 }.expect(.invalidParameter)
            #expect(await connection.isClosedByServer())
            // What was within the limit is kept: the transfer goes on from there.
            let again = try await RawClient.connect(port: fleet.server.downloadPort)
            try await again.command(Ask.upload, session: session, transaction: 2, json)
            #expect(try await again.packet().expect(.ok).json["offset"].integer == 100)
        }
    }

    @Test("As many commands as the limit may be without an answer; one more is Too_Many and does not count")
    func commandsInFlight() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].shutterLag = .seconds(60)
        try await TestFleet.run(bodies, portLimits: .but { $0.commandsInFlight = 3 }) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            try await client.command(Ask.capture, session: session, transaction: 1)
            for transaction in UInt32(2)...5 {
                try await client.command(Ask.value, session: session, transaction: transaction, value)
            }
            for transaction in UInt32(4)...5 {
                #expect(try await client.packet().expect(.tooMany).transaction == transaction)
            }
            try await waitUntil("the first runs") {
                fleet.rig.bodies[0].transactionCount(.nikonInitiateCaptureRecInMedia) > 0
            }
            // One that was answered leaves a place.
            try await client.command(0x0017, session: session, transaction: 9, "{\"transaction_ID\":2}")
            #expect(try await client.packet().expect(.transactionCancelled).transaction == 2)
            try await client.packet().expect(.ok)
            try await client.command(Ask.value, session: session, transaction: 6, value)
            try await client.command(Ask.value, session: session, transaction: 7, value)
            #expect(try await client.packet().expect(.tooMany).transaction == 7)
            try await client.command(0x0016, session: session, transaction: 8)
            var cancelled: Set<UInt32> = []
            for _ in 0..<3 { cancelled.insert(try await client.packet().expect(.transactionCancelled).transaction) }
            #expect(cancelled == [1, 3, 6])
            #expect(try await client.packet().expect(.ok).transaction == 8)
        }
    }

    @Test("As many commands as the limit wait for a body, of all sessions; one more is Too_Many")
    func waitingCommands() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].shutterLag = .seconds(60)
        try await TestFleet.run(bodies, limits: .but { $0.waitingCommands = 2 }) { fleet in
            let client = try await fleet.server.client()
            var sessions: [UInt32] = []
            for _ in 0..<4 { sessions.append(try await client.open(1)) }
            try await client.command(Ask.capture, session: sessions[0], transaction: 1)
            try await waitUntil("the first runs") {
                fleet.rig.bodies[0].transactionCount(.nikonInitiateCaptureRecInMedia) > 0
            }
            for (index, session) in sessions.enumerated().dropFirst() {
                try await client.command(Ask.value, session: session, transaction: UInt32(index + 1), value)
            }
            // Which of the three comes too late is open: they are of different sessions.
            let refused = try await client.packet().expect(.tooMany)
            #expect((2...4).contains(refused.transaction))
            try await client.command(0x0016, session: sessions[0], transaction: 5)
            #expect(try await client.packet().expect(.transactionCancelled).transaction == 1)
            fleet.rig.bodies[0].dropConnections()
            var answered: Set<UInt32> = []
            while answered.count < 3 { answered.insert(try await client.packet().transaction) }
            #expect(answered == Set([2, 3, 4, 5]).subtracting([refused.transaction]))
        }
    }

    @Test("As many sessions as the limit are open in all, of all connections; one more is Too_Many")
    func sessions() async throws {
        try await TestFleet.run(TestFleet.nikons(1), limits: .but { $0.sessions = 3 }) { fleet in
            let (first, second) = (try await fleet.server.client(), try await fleet.server.client())
            let session = try await first.open(1)
            for client in [first, second] { _ = try await client.open(1) }
            try await second.ask(Ask.open, "{\"camera\":1}").expect(.tooMany)
            try await first.ask(0x0016, session: session).expect(.ok)
            try await second.ask(Ask.open, "{\"camera\":1}").expect(.ok)
        }
    }

    @Test("A session watches as many streams as the limit, however many tickets it had before; one more is Too_Many")
    func streams() async throws {
        try await TestFleet.run(TestFleet.nikons(1), limits: .but { $0.streams = 2 }) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            var tickets: [String] = []
            for _ in 0..<3 {
                let answer = try await client.ask(Ask.liveView, session: session).expect(.ok)
                tickets.append(answer.json["ticket"].string ?? "")
            }
            let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
            for (index, ticket) in tickets.enumerated() {
                let transaction = UInt32(index + 1)
                try await viewer.command(
                    Ask.liveView, session: session, transaction: transaction, "{\"ticket\":\"\(ticket)\"}")
                try await viewer.packet { $0.type == 3 && $0.transaction == transaction }.expect(.ok)
            }
            #expect(try await viewer.packet { $0.type == 3 }.expect(.tooMany).transaction == 3)
            try await client.ask(Ask.liveView, session: session).expect(.tooMany)
            try await client.ask(0x0006, session: session).expect(.ok)
            try await client.ask(Ask.liveView, session: session).expect(.ok)
        }
    }

    @Test("A session runs as many sequences as the limit, and remembers as many that ended")
    func sequences() async throws {
        let limits = FleetLimits.but {
            $0.sequences = 2
            $0.finishedSequences = 3
        }
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let start = "{\"count\":1000,\"interval_seconds\":3600}"
            func begin() async throws -> Int {
                try await client.ask(Ask.sequence, session: session, start).expect(.ok).json["sequence"].integer ?? 0
            }
            func stop(_ sequence: Int) async throws -> RawPacket {
                try await client.ask(0x0014, session: session, "{\"sequence\":\(sequence)}")
            }
            let (first, second) = (try await begin(), try await begin())
            try await client.ask(Ask.sequence, session: session, start).expect(.tooMany)
            try await stop(first).expect(.ok)
            let third = try await begin()
            try await stop(first).expect(.ok)
            try await stop(second).expect(.ok)
            try await stop(third).expect(.ok)
            // One more than are remembered: the oldest is not.
            _ = try await begin()
            try await stop(first).expect(.invalidParameter)
            try await stop(second).expect(.ok)
        }
    }

    @Test("A session holds as many unused tickets as the limit, and as many used ones, of which the oldest goes")
    func tickets() async throws {
        let limits = FleetLimits.but {
            $0.unusedTickets = 2
            $0.usedTickets = 2
        }
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let files = try await client.ask(Ask.files, session: session, "{\"recurse\":true}").json["files"]
            let file =
                "{\"folder\":\"\(files[0]["folder"].string ?? "")\",\"name\":\"\(files[0]["name"].string ?? "")\"}"
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            var used: [String] = []
            for _ in 0..<3 {
                let ticket = try await client.ask(Ask.download, session: session, file).expect(.ok).json["ticket"]
                used.append(ticket.string ?? "")
                try await downloads.download(used.last ?? "", session: session).last.expect(.ok)
            }
            try await downloads.download(used[0], session: session).last.expect(.invalidParameter)
            for ticket in used[1...] { try await downloads.download(ticket, session: session).last.expect(.ok) }
            for _ in 0..<2 { try await client.ask(Ask.download, session: session, file).expect(.ok) }
            for code in [Ask.download, Ask.liveView] {
                try await client.ask(code, session: session, file).expect(.tooMany)
            }
        }
    }

    @Test("Every event is told or counted in events_lost: none is missing, and the numbers have no gap")
    func eventsLost() async throws {
        let told = 50_000
        try await TestServer.run([], limits: .but { $0.waitingEvents = 8 }) { server in
            let client = try await RawClient.connect(port: server.commandPort, receiveBuffer: 4096)
            _ = try await client.packet()
            try await client.ask(Ask.subscribe).expect(.ok)
            try await client.stopReading()
            for _ in 0..<told {
                server.registry.events.publish(.captureComplete(camera: BodyID(rawValue: "body")))
            }
            try await client.startReading()
            var (events, lost, number) = (0, 0, UInt32(1))
            while events + lost < told {
                let packet = try await client.packet()
                number += 1
                #expect(packet.type == 4 && packet.transaction == number)
                if packet.code == 0xC005 {
                    lost += packet.json["count"].integer ?? 0
                } else {
                    events += 1
                }
            }
            #expect(events + lost == told && lost > 0 && events >= 8)
            // Nothing is left over: the next event is the next number.
            server.registry.events.publish(.captureComplete(camera: BodyID(rawValue: "body")))
            let next = try await client.packet()
            #expect(next.code == 0x400D && next.transaction == number + 1)
        }
    }

    @Test("More bodies at once than may wait are in fault, with the reason, and the others are looked for")
    func waitingBodies() async throws {
        let ports = (1...3).map { BodyPort(path: "ptpip:127.0.0.1:\($0):\($0)") }
        try await TestServer.run(ports, limits: .but { $0.waitingBodies = 2 }) { server in
            let client = try await server.client()
            try await waitUntil("the others were looked for") {
                let cameras = try await client.ask(Ask.cameras).json["cameras"].array
                return cameras.map { $0["state"].string } == ["unplugged", "unplugged", "fault"]
            }
            let third = try await client.ask(Ask.cameras).json["cameras"][2]
            #expect(third["error"]["error"].string == "Too_Many")
            expectSentence(third["error"])
        }
    }

    @Test(
        "A command within its time is answered, one past it is Timed_Out, and time_limit_seconds rules over the setting"
    )
    func commandTime() async throws {
        let limits = FleetLimits.but {
            $0.commandTime = .seconds(2)
            // A driver that is slow to give up is not hung.
            $0.driverGrace = .seconds(60)
        }
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let body = fleet.rig.bodies[0]
            body.inject(.slow(.milliseconds(100)))
            try await client.ask(Ask.value, session: session, value).expect(.ok)
            body.repair()
            body.inject(.busy.on(.nikonInitiateCaptureRecInMedia))
            try await client.ask(Ask.capture, session: session, "{\"time_limit_seconds\":0.3}").expect(.timedOut)
            let late = try await client.ask(Ask.capture, session: session)
            #expect(late.expect(.timedOut).json["message"].string?.contains("2 s") == true)
            // It is given more than the setting: it is tried until the body is not busy any more.
            let before = body.transactionCount(.nikonInitiateCaptureRecInMedia)
            try await client.command(
                Ask.capture, session: session, transaction: 1, "{\"time_limit_seconds\":20}")
            try await client.command(Ask.value, session: session, transaction: 2, value)
            try await waitUntil("it was tried") { body.transactionCount(.nikonInitiateCaptureRecInMedia) > before }
            body.repair()
            try await client.packet { $0.type == 3 && $0.transaction == 1 }.expect(.ok)
            try await client.packet { $0.type == 3 && $0.transaction == 2 }.expect(.ok)
        }
    }
}
