import Fleet
import FleetModel
import FleetTesting
import Testing
import VirtualCamera

/// Live view through port 4444 (protocol.md, section 4).
@Suite struct LiveViewTests {
    private func ticket(_ client: RawClient, _ session: UInt32, _ arguments: String = "{}") async throws -> String {
        try await client.ask(0x0005, session: session, arguments).json["ticket"].string ?? ""
    }

    private func attach(
        _ fleet: TestFleet, _ session: UInt32, _ ticket: String, transaction: UInt32 = 3
    ) async throws -> RawClient {
        let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
        try await viewer.command(0x0005, session: session, transaction: transaction, "{\"ticket\":\"\(ticket)\"}")
        let answer = try await viewer.packet()
        #expect(answer.type == 3)
        #expect(answer.code == 0x2001)
        #expect(answer.session == session)
        #expect(answer.transaction == transaction)
        return viewer
    }

    @Test("Frames are JPEGs with the body's frame numbers and the time at which they came")
    func frames() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let viewer = try await attach(fleet, session, try await ticket(client, session))
            var lastNumber: UInt32 = 0
            var lastTime: UInt64 = 0
            for _ in 0..<10 {
                let frame = try await viewer.packet()
                #expect(frame.type == 2)
                #expect(frame.code == 0x0005)
                #expect(frame.session == session)
                #expect(frame.transaction == 3)
                let number: UInt32 = frame.body.little(at: 4)
                let time: UInt64 = frame.body.little(at: 8)
                #expect(number > lastNumber)
                #expect(time > lastTime)
                (lastNumber, lastTime) = (number, time)
                #expect(frame.body[16...].starts(with: [0xFF, 0xD8]))
                #expect(frame.body.suffix(2) == [0xFF, 0xD9])
            }
            #expect(try await client.ask(0x0902, "{}").json["cameras"][0]["live_view"] == .bool(true))
        }
    }

    @Test("A stream whose session closes while its viewer comes ends, and the next one runs")
    func endedBeforeItBegan() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let opened = try fleet.server.registry.session(session)
            let stream = try fleet.server.registry.takeStream(try await ticket(client, session), for: opened)
            stream.end(FleetError(.transactionCancelled, "The session was closed."))
            try opened.startLiveView(stream)
            let viewer = try await attach(fleet, session, try await ticket(client, session))
            #expect(try await viewer.packet().type == 2)
        }
    }

    @Test("Two viewers get the same frame numbers, each asked once of the body, and none when nobody watches")
    func twoViewers() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let other = try await client.open(1)
            let first = try await attach(fleet, session, try await ticket(client, session))
            let second = try await attach(fleet, other, try await ticket(client, other))
            var frames: [[UInt32: [UInt8]]] = [[:], [:]]
            for _ in 0..<30 {
                for (index, viewer) in [first, second].enumerated() {
                    let frame = try await viewer.packet()
                    frames[index][frame.body.little(at: 4)] = Array(frame.body[16...])
                }
            }
            let common = Set(frames[0].keys).intersection(frames[1].keys)
            #expect(common.count >= 5)
            for number in common { #expect(frames[0][number] == frames[1][number]) }
            // Frames were asked once each; the driver throws the first away.
            let newest = max(frames[0].keys.max() ?? 0, frames[1].keys.max() ?? 0)
            let body = fleet.rig.bodies[0]
            #expect(body.transactionCount(.nikonGetLiveViewImage) <= Int(newest) + 20)
            _ = try await client.ask(0x0006, session: session, "{}")
            _ = try await client.ask(0x0006, session: other, "{}")
            try await waitUntil("the body ended its live view") { body.transactionCount(.nikonEndLiveView) == 1 }
            let asked = body.transactionCount(.nikonGetLiveViewImage)
            for _ in 0..<20 { _ = try await client.ask(0x0900, session: session, "{}") }
            #expect(body.transactionCount(.nikonGetLiveViewImage) == asked)
            #expect(try await client.ask(0x0902, "{}").json["cameras"][0]["live_view"] == .bool(false))
        }
    }

    @Test("A viewer that does not read misses frames, and delays neither the body nor another viewer")
    func slowViewer() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].liveViewFramesPerSecond = 0
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let slow = try await attach(fleet, session, try await ticket(client, session))
            let quick = try await attach(fleet, session, try await ticket(client, session))
            let before = try await slow.packet()
            try await slow.stopReading()
            var last: UInt32 = 0
            while last < before.body.little(at: 4) + 400 {
                let frame = try await quick.packet()
                last = frame.body.little(at: 4)
            }
            try await slow.startReading()
            var numbers: [UInt32] = []
            while (numbers.last ?? 0) <= last {
                let frame = try await slow.packet()
                numbers.append(frame.body.little(at: 4))
            }
            #expect(numbers == numbers.sorted())
            #expect(numbers.count < 300)
        }
    }

    @Test("max_fps is the stream's own")
    func maximumRate() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let all = try await attach(fleet, session, try await ticket(client, session))
            let few = try await attach(fleet, session, try await ticket(client, session, "{\"max_fps\":5}"))
            var times: [UInt64] = []
            for _ in 0..<4 { times.append(try await few.packet().body.little(at: 8)) }
            // The body gives 30 a second; five of them are wanted, and two are half an interval apart at least.
            for (one, next) in zip(times, times.dropFirst()) { #expect(next - one >= 90_000_000) }
            _ = try await all.packet()
            for bad in ["0", "-1", "\"5\"", "null", "true"] {
                #expect(try await client.ask(0x0005, session: session, "{\"max_fps\":\(bad)}").code == 0x201D)
            }
        }
    }

    @Test("A viewer that wants a frame in ten seconds delays no other")
    func rareViewer() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let rare = try await attach(fleet, session, try await ticket(client, session, "{\"max_fps\":0.1}"))
            let first: UInt32 = try await rare.packet().body.little(at: 4)
            let all = try await attach(fleet, session, try await ticket(client, session))
            for _ in 0..<5 { _ = try await all.packet() }
            let second: UInt32 = try await rare.packet().body.little(at: 4)
            #expect(second > first + 5)
        }
    }

    @Test("STOP_LIVE_VIEW counts the frames sent on the streams that it ends, and they end with Transaction_Cancelled")
    func stop() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let viewer = try await attach(fleet, session, try await ticket(client, session))
            for _ in 0..<5 { _ = try await viewer.packet() }
            let stopped = try await client.ask(0x0006, session: session, "{}")
            var frames = 5
            while true {
                let packet = try await viewer.packet()
                if packet.type == 2 { frames += 1; continue }
                #expect(packet.type == 3)
                #expect(packet.code == 0x201F)
                #expect(packet.transaction == 3)
                break
            }
            #expect(stopped.json["frames"].integer == frames)
            #expect(try await client.ask(0x0006, session: session, "{}").json["frames"].integer == 0)
            // The connection takes another stream.
            let again = try await ticket(client, session)
            try await viewer.command(0x0005, session: session, transaction: 4, "{\"ticket\":\"\(again)\"}")
            #expect(try await viewer.packet().code == 0x2001)
            #expect(try await viewer.packet().type == 2)
        }
    }

    @Test("One connection carries the streams of several bodies")
    func mosaic() async throws {
        try await TestFleet.run(TestFleet.nikons(3)) { fleet in
            let client = try await fleet.server.client()
            let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
            var sessions: Set<UInt32> = []
            for camera in 1...3 {
                let session = try await client.open(camera)
                let ticket = try await ticket(client, session)
                try await viewer.command(
                    0x0005, session: session, transaction: UInt32(camera), "{\"ticket\":\"\(ticket)\"}")
                sessions.insert(session)
            }
            var seen: Set<UInt32> = []
            while seen != sessions {
                let packet = try await viewer.packet()
                if packet.type == 2 { seen.insert(packet.session) }
            }
        }
    }

    @Test("Live view that begins again where it just ended is switched on, and not waited for in vain")
    func again() async throws {
        var description = VirtualBodyDescription(dialect: .canonEOS, index: 1)
        (description.liveViewWidth, description.liveViewHeight) = (160, 120)
        description.liveViewFramesPerSecond = 1000
        description.transactionLogLength = 10_000
        try await TestFleet.run([description]) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            for _ in 0..<3 {
                let viewer = try await attach(fleet, session, try await ticket(client, session))
                for _ in 0..<50 { _ = try await viewer.packet { $0.type == 2 } }
                #expect(try await client.ask(0x0006, session: session).code == 0x2001)
            }
            let refusals = fleet.rig.bodies[0].transactions().filter {
                $0.operation == .canonGetViewFinderData && $0.response != .ok
            }
            #expect(refusals.count < 20)
        }
    }

    @Test("A stream whose body is unplugged or whose worker dies is told why")
    func ends() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let first = try await client.open(1)
            let second = try await client.open(2)
            let unplugged = try await attach(fleet, first, try await ticket(client, first))
            let killed = try await attach(fleet, second, try await ticket(client, second))
            _ = try await unplugged.packet()
            _ = try await killed.packet()
            await fleet.rig.listeners[0].unplug()
            try fleet.killWorker(of: 1)
            #expect(try await unplugged.packet { $0.type == 3 }.code == 0xA001)
            #expect(try await killed.packet { $0.type == 3 }.code == 0xA002)
        }
    }

    @Test("A ticket is good for one stream, of its own session, and for its time")
    func tickets() async throws {
        var limits = FleetLimits()
        limits.ticketTime = .seconds(3)
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let other = try await client.open(1)
            let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
            func use(_ ticket: String, _ session: UInt32) async throws -> UInt16 {
                try await viewer.command(0x0005, session: session, transaction: 8, "{\"ticket\":\"\(ticket)\"}")
                return try await viewer.packet { $0.type == 3 }.code
            }
            let good = try await ticket(client, session)
            #expect(try await use(good, other) == 0x2003)
            #expect(try await use(good, session) == 0x2001)
            #expect(try await use(good, session) == 0x201D)
            #expect(try await use("nonsense", session) == 0x201D)
            let old = try await ticket(client, session)
            let clock = ContinuousClock()
            let deadline = clock.now + .milliseconds(3100)
            try await waitUntil("the ticket is too old") { clock.now > deadline }
            #expect(try await use(old, session) == 0x201D)
        }
    }

    @Test("A body without live view says so at START_LIVE_VIEW")
    func noLiveView() async throws {
        try await TestFleet.run([VirtualBodyDescription(dialect: .ptp)]) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            #expect(try await client.ask(0x0005, session: session, "{}").code == 0x2005)
            let can = try await client.ask(0x0902, "{}").json["cameras"][0]["can"].array.compactMap(\.string)
            #expect(can.contains("capture") && can.contains("config") && !can.contains("preview"))
        }
    }
}
