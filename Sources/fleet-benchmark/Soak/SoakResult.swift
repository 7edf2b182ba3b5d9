import Foundation

/// What a run came to.
struct SoakResult {
    /// How things are when all is repaired and nobody asks for anything.
    struct Rest {
        let look: SoakWatch.Look
        /// In the server's data folder, but for the images.
        let files: Set<String>
        /// What is on the disk as an image or is listed as one, and is not both.
        let strayImages: Set<String>
        let reads: Samples
        let bareReads: Samples
    }

    let minutes: Double
    let ledger: SoakLedger
    let witness: SoakWitness
    let watch: SoakWatch
    let before: Rest
    let after: Rest

    /// How far memory may go up, in MB: of the server from the first to the last fifth of the run, of the server and of a
    /// worker from rest to rest.
    private static let busyTolerance = 8.0
    private static let restTolerance = 4.0
    private static let workerTolerance = 2.0
    /// Those that wait for work come and go, a few for each processor.
    private static let threadTolerance = 2.0
    /// How much slower a read may become, measured in the bare program's reads of the same time: the machine may slow down.
    private static let latencyTolerance = 1.5

    var finding: Finding {
        var finding = Finding("Soak of \(minutes) minutes: six bodies, five of them disturbed")
        finding.figures = figures + tenths
        finding.bounds =
            [.atMost(0, "failures", Double(ledger.failures))] + ratios + growth
            + [
                .atMost(90, "the longest time until an answer, in s", ledger.longestAnswer),
                .atMost(90, "the longest recovery of a body, in s", ledger.recoveries.highest),
                .atLeast(
                    0.8, "frames of the witness, of those that its viewer wanted",
                    Double(witness.frameTimes.count) / (minutes * 60 * SoakWitness.frameRate)),
            ]
        return finding
    }

    private var figures: [Finding.Figure] {
        let looks = watch.looks
        return [
            .init("read of the witness", "ms", Samples(witness.reads.map(\.milliseconds))),
            .init("read by stock", "ms", Samples(witness.bareReads.map(\.milliseconds))),
            .init("read at rest before", "ms", before.reads),
            .init("read at rest after", "ms", after.reads),
            .init("read by stock before", "ms", before.bareReads),
            .init("read by stock after", "ms", after.bareReads),
            .init("from frame to frame", "ms", witness.frameTimes),
            .init("recovery of a body", "s", ledger.recoveries),
            .init("server", "MB", Samples(looks.map(\.server))),
            .init("server at rest before", "MB", Samples([before.look.server])),
            .init("server at rest after", "MB", Samples([after.look.server])),
            .init("server", "descriptors", Samples(looks.map { Double($0.serverDescriptors) })),
            .init("server", "threads", Samples(looks.map { Double($0.threads) })),
            .init("workers", "MB", Samples(looks.map(\.workers))),
            .init("largest worker", "MB", Samples(looks.map(\.largestWorker))),
            .init("workers", "descriptors", Samples(looks.map { Double($0.workerDescriptors) })),
            .init("workers", "processes", Samples(looks.map { Double($0.processes) })),
            .init("answers", "answers", Samples([Double(ledger.commands)])),
            .init("answers that were errors", "answers", Samples([Double(ledger.refused)])),
            .init("other things done", "times", Samples([Double(ledger.deeds)])),
        ]
    }

    private var tenths: [Finding.Figure] {
        (0..<10).map { tenth in
            let part = Double(tenth) / 10..<Double(tenth + 1) / 10
            return .init(
                "read of the witness, tenth \(tenth + 1)", "ms",
                Samples(witness.reads.filter { part.contains($0.place) }.map(\.milliseconds)))
        }
    }

    private var ratios: [Finding.Bound] {
        let fleet = Samples(witness.reads.map(\.milliseconds))
        let stock = Samples(witness.bareReads.map(\.milliseconds))
        return [
            .atMost(nil, "read of the witness / stock, medians", fleet.median / stock.median),
            .atMost(nil, "read of the witness / stock, p99", fleet.percentile(0.99) / stock.percentile(0.99)),
            .atMost(
                Self.latencyTolerance, "the same ratio at rest, after / before",
                (after.reads.median / after.bareReads.median) / (before.reads.median / before.bareReads.median)),
            .atMost(
                Self.latencyTolerance, "the same ratio, last fifth / first fifth",
                ratio(of: 0.8..<1) / ratio(of: 0..<0.2)),
        ]
    }

    /// The read of the witness to that of the bare program, in a part of the run.
    private func ratio(of part: Range<Double>) -> Double {
        let fleet = Samples(witness.reads.filter { part.contains($0.place) }.map(\.milliseconds))
        let stock = Samples(witness.bareReads.filter { part.contains($0.place) }.map(\.milliseconds))
        return fleet.median / stock.median
    }

    private var growth: [Finding.Bound] {
        let (first, last) = (before.look, after.look)
        return [
            .atMost(
                Self.busyTolerance, "server, MB more in the last fifth than in the first",
                fifth(last: true) - fifth(last: false)),
            .atMost(Self.restTolerance, "server at rest, MB more", last.server - first.server),
            .atMost(
                Self.workerTolerance, "largest worker at rest, MB more", last.largestWorker - first.largestWorker),
            .atMost(
                Self.workerTolerance * Double(last.processes), "workers at rest, MB more",
                last.workers - first.workers),
            .atMost(0, "server at rest, descriptors more", Double(last.serverDescriptors - first.serverDescriptors)),
            .atMost(0, "workers at rest, descriptors more", Double(last.workerDescriptors - first.workerDescriptors)),
            .atMost(Self.threadTolerance, "server at rest, threads more", Double(last.threads - first.threads)),
            .atMost(
                0, "files in the data folder more, but for images", Double(after.files.subtracting(before.files).count)),
            .atMost(
                0, "images on the disk that are not listed, and the reverse", Double(after.strayImages.count)),
            .atMost(0, "workers at rest more than bodies", Double(last.processes - 6)),
            .atMost(0, "zombies at rest", Double(last.zombies)),
            .atMost(10, "the longest time that a process was a zombie, in s", watch.longestZombie),
            .atMost(10, "the longest time with more workers than bodies and one, in s", watch.longestCrowd),
        ]
    }

    /// The median of the server's memory in the first or the last fifth of the looks.
    private func fifth(last: Bool) -> Double {
        let looks = watch.looks.map(\.server)
        let count = max(1, looks.count / 5)
        return Samples(Array(last ? looks.suffix(count) : looks.prefix(count))).median
    }
}
