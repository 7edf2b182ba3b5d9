import ArgumentParser
import Foundation

/// Everything at once with faults, for a long time, and a look at whether anything grows.
struct SoakBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Everything at once, with faults, for as long as you like; and what grows meanwhile.",
        discussion: """
            Six bodies, five of which are broken and repaired again and again, while clients do everything that clients do, \
            some of them badly. The sixth, the witness, must not notice. Progress, and whatever should not have happened, is \
            told on standard error. After a time to warm up, and at the end, all is repaired and at rest: then the server \
            must be as it was.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "How long, in minutes, after the time to warm up.")
    var minutes = 10.0

    @Option(
        help: "Another number has other things happen; the same number does not have the same happen at the same time.")
    var seed: UInt64 = 1

    @Option(help: "How many clients work with each body.")
    var clients = 2

    func validate() throws {
        guard minutes >= 0.1, minutes <= 100_000 else {
            throw ValidationError("--minutes is a number from 0.1 to 100000.")
        }
        guard 1...50 ~= clients else { throw ValidationError("--clients is a number from 1 to 50.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        let rig = try SoakRig(programs, seed: seed)
        let bare = BareCamera(programs: programs, build: .stock)
        rig.place.ledger.tell("All is ready; warming up.")
        let warmUp = min(60, minutes * 15)
        _ = try await mix(rig, bare, seconds: warmUp)
        let before = try rest(rig, bare)
        rig.place.ledger.tell("Begins, for \(minutes) minutes.")
        let (witness, watch) = try await mix(rig, bare, seconds: minutes * 60)
        rig.place.ledger.tell("All is being repaired.")
        let after = try rest(rig, bare)
        for name in after.files.subtracting(before.files).sorted() {
            rig.place.ledger.tell("New in the data folder: \(name)")
        }
        for name in after.strayImages.sorted() {
            rig.place.ledger.tell("On the disk or in the list of images, and not in both: \(name)")
        }
        for line in rig.place.ledger.lines { rig.place.ledger.tell(line) }
        return [
            SoakResult(
                minutes: minutes, ledger: rig.place.ledger, witness: witness, watch: watch, before: before, after: after
            ).finding
        ]
    }

    /// Everything at once, for so many seconds.
    private func mix(
        _ rig: SoakRig, _ bare: BareCamera, seconds: Double
    ) async throws -> (witness: SoakWitness, watch: SoakWatch) {
        let witness = SoakWitness(seconds: seconds)
        let watch = SoakWatch(server: rig.place.serverProcess, bodies: rig.disturbed.count + 1)
        let end = SoakEnd(time: .now + .seconds(seconds))
        let (place, calm, barePort) = (rig.place, rig.witness, rig.barePort)
        var parts: [(name: String, work: @Sendable () throws -> Void)] = [
            ("the watch", { watch.run(place.ledger, until: end) }),
            ("the witness", { try witness.read(place, calm, until: end) }),
            ("the witness's viewer", { try witness.watch(place, calm, until: end) }),
            ("the bare program", { try witness.readBare(bare, port: barePort, until: end) }),
            ("the stranger", { try Stranger.disturb(place, until: end) }),
            ("the first listener", { try Stranger.listen(place, name: "the first listener", until: end) }),
            ("the second listener", { try Stranger.listen(place, name: "the second listener", until: end) }),
        ]
        for body in rig.disturbed {
            parts.append(("the breaker of \(body.name)", { try Breaker.run(place, body, until: end) }))
            for number in 1...clients {
                let name = "client \(number) of \(body.name)"
                parts.append((name, { try Photographer.run(place, body, name: name, until: end) }))
            }
        }
        // A thread a client: they block.
        await withTaskGroup(of: Void.self) { group in
            for (name, work) in parts {
                group.addTask {
                    do { try await onThread(work) } catch { place.ledger.fail("\(name): \(error)") }
                }
            }
            await group.waitForAll()
        }
        return (witness, watch)
    }

    /// How things are when all is repaired and nobody asks for anything.
    private func rest(_ rig: SoakRig, _ bare: BareCamera) throws -> SoakResult.Rest {
        try rig.rest()
        guard let look = SoakWatch(server: rig.place.serverProcess, bodies: rig.disturbed.count + 1).look() else {
            throw BenchmarkFailure("The server is gone.")
        }
        let files = rig.files
        let strayImages = try rig.strayImages()
        let photographer = try Photographer(rig.place, rig.witness, name: "at rest")
        var reads: [Double] = []
        var bareReads: [Double] = []
        for _ in 0..<5 {
            reads += try (0..<100).map { _ in try SoakWitness.read(photographer) }
            bareReads += try bare.run(rig.barePort, ["get", Photographer.widget, "100"]).milliseconds
        }
        return SoakResult.Rest(
            look: look, files: files, strayImages: strayImages, reads: Samples(reads), bareReads: Samples(bareReads))
    }
}
