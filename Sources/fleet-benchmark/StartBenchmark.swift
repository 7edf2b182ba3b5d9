import ArgumentParser

/// From the start of the server until bodies are ready, against a bare program that opens one.
struct StartBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "From the start of the server until one body is ready, and sixteen.")

    @OptionGroup var common: CommonOptions

    @Flag(
        help: ArgumentHelp(
            "From the kernel's word of a body on USB until it is ready.",
            discussion:
                "Says on standard error when to plug the body in and when to pull its plug; nothing else may come."))
    var usb = false

    func measure(with programs: Programs) async throws -> [Finding] {
        if usb { return [try await UsbStart(programs: programs, rounds: common.rounds).measure()] }
        var one: [Double] = []
        var sixteen: [Double] = []
        var bare: [BareCamera.Build: [Double]] = [:]
        for round in 0...common.rounds {
            let times = try (start(1, with: programs), start(16, with: programs))
            let bodies = try BenchmarkBodies(programs, [.init()])
            for build in BareCamera.Build.allCases {
                let start = ContinuousClock.now
                _ = try BareCamera(programs: programs, build: build).run(bodies.ports[0], ["open"])
                if round > 0 { bare[build, default: []].append(start.duration(to: .now) / .milliseconds(1)) }
            }
            if round > 0 {
                one.append(times.0)
                sixteen.append(times.1)
            }
        }
        let (first, all) = (Samples(one), Samples(sixteen))
        var finding = Finding(
            "From the start of a process until bodies are ready",
            figures: [.init("fleet, one body", "ms", first), .init("fleet, sixteen bodies", "ms", all)])
        for build in BareCamera.Build.allCases {
            let samples = Samples(bare[build] ?? [])
            finding.figures.append(.init("\(build.rawValue), one body", "ms", samples))
            finding.bounds.append(.atMost(nil, "fleet, one body / \(build.rawValue)", first.median / samples.median))
        }
        return [finding]
    }

    private func start(_ count: Int, with programs: Programs) throws -> Double {
        var body = BenchmarkBodies.Description()
        body.count = count
        let bodies = try BenchmarkBodies(programs, [body])
        return try BenchmarkServer(programs, bodies: bodies.ports).timeToReady / .milliseconds(1)
    }
}
