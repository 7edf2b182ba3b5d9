import ArgumentParser
import FleetModel
import Glibc
import PacketProtocol

/// Live view: one viewer as fast as it goes, against gp_camera_capture_preview; and many viewers at a steady rate.
struct LiveViewBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "live-view",
        abstract: "Frames of 200 KB: as fast as they go, to 50 viewers, and of sixteen bodies.")

    @OptionGroup var common: CommonOptions

    @Option(help: "How long the steady streams are watched.")
    var seconds = 60

    @Option(help: "How many frames a round, where they come as fast as they go.")
    var frames = 1000

    func validate() throws {
        guard 1...3600 ~= seconds else { throw ValidationError("--seconds is a number from 1 to 3600.") }
        guard 10...100_000 ~= frames else { throw ValidationError("--frames is a number from 10 to 100000.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        [
            try measureOne(with: programs),
            try measureMany(bodies: 1, rate: 30, viewers: 50, with: programs),
            try measureMany(bodies: 16, rate: 15, viewers: 2, with: programs),
        ]
    }

    private func measureOne(with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.live_view = .init()
        let bodies = try BenchmarkBodies(programs, [body, body])
        let server = try BenchmarkServer(programs, bodies: [bodies.ports[0]])
        var fleet: [Double] = []
        var shares: [[String: Double]] = []
        var bare: [BareCamera.Build: [BareCamera.Result]] = [:]
        for round in 0...common.rounds {
            let (rate, used) = try watch(server, bodies)
            if round > 0 {
                fleet.append(rate)
                shares.append(used)
            }
            for build in BareCamera.Build.allCases {
                let result = try BareCamera(programs: programs, build: build).run(
                    bodies.ports[1], ["preview", "\(frames)"])
                if round > 0 { bare[build, default: []].append(result) }
            }
        }
        let rates = Samples(fleet)
        var finding = Finding(
            "Live view of 200 KB frames to one viewer, as fast as they go",
            figures: [.init("fleet", "frames/s", rates, processor: shares.means)])
        finding.compare(rates, "frames/s", with: bare, by: { [$0.callsPerSecond] }) { build, ratio in
            build == .stock ? .atLeast(1.3, aim: 2, "fleet / stock", ratio) : .atLeast(nil, "fleet / best", ratio)
        }
        return finding
    }

    /// Frames a second that one viewer gets, and whose processor time they cost.
    private func watch(_ server: BenchmarkServer, _ bodies: BenchmarkBodies) throws -> (Double, [String: Double]) {
        let connection = try server.connect()
        let session = try connection.open(.number(1))
        let stream = try Self.stream(connection, session, port: server.liveViewPort)
        // The first frames start live view.
        for _ in 0..<5 { try Self.passFrame(of: stream) }
        let meter = ProcessorMeter(server.processes(with: bodies))
        let start = ContinuousClock.now
        for _ in 0..<frames { try Self.passFrame(of: stream) }
        let rate = Double(frames) / (start.duration(to: .now) / .seconds(1))
        let shares = meter.shares
        _ = try connection.ask(.stopLiveView, Nothing(), FramesSent.self, session: session)
        return (rate, shares)
    }

    static func stream(_ connection: PlainConnection, _ session: UInt32, port: Int) throws -> PlainConnection {
        let ticket = try connection.ask(.startLiveView, StartLiveViewArguments(), LiveViewTicket.self, session: session)
        let stream = try PlainConnection(port: port)
        try stream.send(.startLiveView, TicketArguments(ticket: ticket.ticket), session: session)
        _ = try stream.response()
        return stream
    }

    static func passFrame(of stream: PlainConnection) throws {
        let head = try stream.receiveHead()
        guard head.type == .data else { throw BenchmarkFailure("The stream ended.") }
        try stream.receive(head.rest) { _ in }
    }

    // MARK: Many viewers

    private func measureMany(bodies count: Int, rate: Double, viewers: Int, with programs: Programs) throws -> Finding {
        var body = BenchmarkBodies.Description()
        body.count = count
        body.live_view = .init(rate: rate)
        let bodies = try BenchmarkBodies(programs, [body], isLogged: true)
        let server = try BenchmarkServer(programs, bodies: bodies.ports)
        let connection = try server.connect()
        let audience = Audience()
        for number in 1...count {
            let session = try connection.open(.number(number))
            for _ in 0..<viewers {
                audience.add(try Self.stream(connection, session, port: server.liveViewPort), of: number)
            }
        }
        // The streams settle before they count.
        try audience.watch(for: .seconds(2))
        audience.forget()
        let asked = try bodies.transactions(of: Self.nextFrame)
        let meter = ProcessorMeter(server.processes(with: bodies))
        try audience.watch(for: .seconds(seconds))
        let shares = meter.shares
        let asks = try bodies.transactions(of: Self.nextFrame) - asked
        let waits = Samples(audience.lastWaits)
        return Finding(
            "Live view of \(count == 1 ? "one body" : "\(count) bodies") at \(Int(rate)) frames a second to \(viewers) viewers each,"
                + " 200 KB frames, for \(seconds) s",
            figures: [
                .init("from arrival to the last viewer", "ms", waits, processor: shares),
                .init("frames of all bodies", "frames/s", Samples([Double(audience.frames) / Double(seconds)])),
            ],
            bounds: [
                .atLeast(0.99, "delivered of the frames that arrived", audience.deliveredPart),
                .atLeast(
                    0.99, "arrived of the frames that the bodies have",
                    Double(audience.frames) / (Double(seconds * count) * rate)),
                .atMost(1.01, "asked of the bodies / frames", Double(asks) / Double(max(1, audience.frames))),
                .atMost(20, "p99 of the wait, in ms", waits.percentile(0.99)),
            ])
    }

    /// What a Nikon is asked for each frame of live view (GetLiveViewImg).
    private static let nextFrame = "\"9203\""
}
