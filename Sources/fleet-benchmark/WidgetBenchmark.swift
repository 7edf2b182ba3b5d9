import ArgumentParser
import FleetModel
import PacketProtocol

/// Reading and setting a widget, client to client, against the bare calls.
struct WidgetBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "widgets", abstract: "Read and set a widget; each read asks the body.")

    @OptionGroup var common: CommonOptions

    @Option(help: "How many calls a round.")
    var calls = 500

    private static let widget = "iso"
    private static let values = ["200", "400"]

    func validate() throws {
        guard 1...100_000 ~= calls else { throw ValidationError("--calls is a number from 1 to 100000.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        try ["nikon", "canon-eos", "ptp"].flatMap { try measure($0, with: programs) }
    }

    private func measure(_ personality: String, with programs: Programs) throws -> [Finding] {
        var body = BenchmarkBodies.Description()
        body.personality = personality
        let bodies = try BenchmarkBodies(programs, [body, body])
        let server = try BenchmarkServer(programs, bodies: [bodies.ports[0]])
        let connection = try server.connect()
        let session = try connection.open(.number(1))

        let get = PlainConnection.prepared(
            .getWidgetCurrentValue, WidgetArguments(widgetID: Self.widget), session: session)
        let set = Self.values.map { value in
            PlainConnection.prepared(
                .setWidgetNewValue, SetWidgetArguments(widgetID: Self.widget, value: .text(value)), session: session)
        }
        var reads = Sides()
        var sets = Sides()
        for round in 0...common.rounds {
            let meter = ProcessorMeter(server.processes(with: bodies))
            let read = try times { _ in try connection.repeated(get) }
            reads.add(fleet: read, meter.shares, round)
            let second = ProcessorMeter(server.processes(with: bodies))
            let written = try times { index in try connection.repeated(set[index % 2]) }
            sets.add(fleet: written, second.shares, round)
            for build in BareCamera.Build.allCases {
                let bare = BareCamera(programs: programs, build: build)
                reads.add(build, try bare.run(bodies.ports[1], ["get", Self.widget, "\(calls)"]), round)
                sets.add(
                    build, try bare.run(bodies.ports[1], ["set", Self.widget] + Self.values + ["\(calls)"]), round)
            }
        }
        let read = reads.finding("GET_WIDGET_CURRENT_VAL \(Self.widget) of a \(personality) body, client to client")
        var written = sets.finding(
            "SET_WIDGET_NEW_VAL \(Self.widget) of a \(personality) body with its read-back, client to client")
        let bare = sets.median(of: .stock) + reads.median(of: .stock)
        written.bounds.append(
            .atMost(1.2, aim: 1, "fleet / stock's call and its read of what was set", sets.fleetMedian / bare))
        return [read, written]
    }

    /// Milliseconds of each call.
    private func times(_ call: (Int) throws -> Void) throws -> [Double] {
        try (0..<calls).map { index in
            let start = ContinuousClock.now
            try call(index)
            return start.duration(to: .now) / .milliseconds(1)
        }
    }

    /// What each side took.
    private struct Sides {
        var fleet: [Double] = []
        var shares: [[String: Double]] = []
        var bare: [BareCamera.Build: [BareCamera.Result]] = [:]

        // The first round is for warming up.
        mutating func add(fleet times: [Double], _ shares: [String: Double], _ round: Int) {
            guard round > 0 else { return }
            fleet += times
            self.shares.append(shares)
        }

        mutating func add(_ build: BareCamera.Build, _ result: BareCamera.Result, _ round: Int) {
            if round > 0 { bare[build, default: []].append(result) }
        }

        var fleetMedian: Double { Samples(fleet).median }

        func median(of build: BareCamera.Build) -> Double {
            Samples((bare[build] ?? []).flatMap(\.milliseconds)).median
        }

        func finding(_ title: String) -> Finding {
            let fleet = Samples(fleet)
            var finding = Finding(title, figures: [.init("fleet", "ms", fleet, processor: shares.means)])
            finding.compare(fleet, "ms", with: bare, by: \.milliseconds) { build, ratio in
                build == .stock
                    ? .atMost(1.2, aim: 1, "fleet / stock's call", ratio) : .atMost(nil, "fleet / best", ratio)
            }
            return finding
        }
    }
}
