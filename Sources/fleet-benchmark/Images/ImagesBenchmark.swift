import Archive
import ArgumentParser
import FleetModel

/// How long it takes to list the saved images of a long event, and to start with them.
struct ImagesBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "Listing and paging through the saved images, and the start of a server with them.")

    @OptionGroup var common: CommonOptions

    @Option(help: "How many images there are.")
    var images = 10_000

    @Option(help: "How many bodies they are of; one of each is in a shot.")
    var bodies = 16

    /// What LIST_IMAGES gives at most, and what LIST_SHOTS does unless it is told.
    private static let page = 1_000
    private static let shots: Int64 = 100
    private static let start: Int64 = 1_700_000_000_000_000_000

    func validate() throws {
        guard 1...1_000_000 ~= images, 1...1_000 ~= bodies else {
            throw ValidationError("--images is from 1 to 1000000, --bodies from 1 to 1000.")
        }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        let folder = try TemporaryFolder()
        let filling = try await time { try await fill(folder.path) }
        var opening: [Double] = []
        var pages: [String: [Double]] = [:]
        for round in 0...common.rounds {
            let begun = ContinuousClock.now
            let roster = try Roster(folder: folder.path)
            let archive = try images(of: roster, in: folder.path)
            _ = try await archive.reconcile()
            let opened = begun.duration(to: .now) / .milliseconds(1)
            if round > 0 { opening.append(opened) }
            for (name, list) in lists(of: archive) {
                let taken = try await time { try await list() }
                if round > 0 { pages[name, default: []].append(taken) }
            }
            withExtendedLifetime(roster) {}
        }
        var finding = Finding("\(images) saved images of \(bodies) bodies")
        finding.figures.append(.init("opening, reconciling included", "ms", Samples(opening)))
        finding.bounds.append(.atMost(1_000, "opening, reconciling included, ms", Samples(opening).median))
        for (name, samples) in pages.sorted(by: { $0.key < $1.key }) {
            finding.figures.append(.init(name, "ms", Samples(samples)))
            finding.bounds.append(.atMost(10, "\(name), ms", Samples(samples).median))
        }
        withExtendedLifetime(folder) {}
        finding.notes.append("The journal was filled in \(Int(filling)) ms.")
        return [finding]
    }

    /// What clients ask for.
    private func lists(of archive: ImageArchive) -> [(String, () async throws -> Void)] {
        let body = self.body(bodies / 2)
        let middle = Self.start + Int64(images / 2) * 1_000_000_000
        return [
            ("first page", { _ = try await archive.images(limit: Self.page) }),
            ("last page", { _ = try await archive.images(before: Int64(Self.page) + 1, limit: Self.page) }),
            ("of a body", { _ = try await archive.images(limit: Self.page, camera: body) }),
            (
                "of a body, last page",
                { _ = try await archive.images(before: Int64(Self.page) + 1, limit: Self.page, camera: body) }
            ),
            ("of a shot", { _ = try await archive.images(limit: Self.page, shot: 2) }),
            ("since the middle", { _ = try await archive.images(limit: Self.page, since: middle) }),
            ("until the middle", { _ = try await archive.images(limit: Self.page, until: middle) }),
            (
                "of an hour without any",
                { _ = try await archive.images(limit: Self.page, since: 1, until: Self.start) }
            ),
            ("of \(Self.shots) shots", { _ = try await archive.images(ofShots: Array(1...Self.shots)) }),
            ("one by its place", { _ = try await archive.image(savedAs: "images/none") }),
        ]
    }

    private func images(of roster: Roster, in folder: String) throws -> ImageArchive {
        roster.images(
            in: folder, template: try NameTemplate(NameTemplate.folderOfBody, inUTC: true), files: ImaginaryFiles())
    }

    /// Has as many images saved, many at a time, as the server has.
    private func fill(_ folder: String) async throws {
        let roster = try Roster(folder: folder)
        let archive = try images(of: roster, in: folder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<images {
                if number >= 256 { _ = try await group.next() }
                group.addTask { try await save(number, in: archive) }
            }
            try await group.waitForAll()
        }
        withExtendedLifetime(roster) {}
    }

    private func save(_ number: Int, in archive: ImageArchive) async throws {
        let camera = CameraInfo(
            id: body(number % bodies), cameraNumber: number % bodies + 1, name: "camera-\(number % bodies + 1)",
            model: "D750", port: "usb:001,002", state: .ready)
        let digits = "\(number)"
        let name = "DSC_" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits + ".NEF"
        let wanted = try await archive.want(
            ObjectPath(folder: "/store_00010001/DCIM/100NIKON", name: name), of: camera.id,
            at: Self.start + Int64(number) * 1_000_000_000, shot: Int64(number / bodies) + 1)
        let content = FileDigest(size: 25_000_000, sha256: String(repeating: "ab", count: 32))
        _ = try await archive.save(wanted, from: archive.newSpoolFile(), content, camera: camera)
    }

    private func body(_ index: Int) -> BodyID { BodyID(rawValue: "nikon-d750-600\(index)") }

    private func time(_ work: () async throws -> Void) async throws -> Double {
        let begun = ContinuousClock.now
        try await work()
        return begun.duration(to: .now) / .milliseconds(1)
    }
}
