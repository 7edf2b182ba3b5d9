import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Takes a picture with one body, some, or all.
struct Shoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a picture with one camera, several, or all.",
        discussion: """
            camera-fleet shoot 1 --download .
            camera-fleet shoot all --download shots
            """)

    @Argument(help: "Cameras by id, name or number; or: all.")
    var cameras: [BodyArgument]

    @Option(help: "Save the images in this folder; those of several cameras in a folder for each.")
    var download: String?

    @Option(help: ArgumentHelp("Expose for this long, with the camera in bulb mode.", valueName: "seconds"))
    var bulb: Double?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard cameras.count == 1 || !cameras.contains(where: { $0.text == "all" }) else {
            throw ValidationError("Name cameras, or say all.")
        }
        guard bulb.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--bulb takes a number of seconds above 0.")
        }
        guard download != "" else { throw ValidationError("--download takes a folder.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let targets = try await targets(in: connection)
            // Every session is open before the first release, so that all release side by side.
            let openings = try await sideBySide(targets) { await $0.open(in: connection) }
            let progress = ProgressBar()
            let outcomes = try await sideBySide(openings) { opening in
                try await shoot(opening, ownFolder: cameras.count > 1 || cameras[0].text == "all", progress)
            }
            if output.json { try await Output.json(ShootOutcomes(cameras: outcomes)) }
            try Task.checkCancellation()
            if outcomes.contains(where: { $0.error != nil }) { throw ExitCode.failure }
        }
    }

    private func targets(in connection: FleetConnection) async throws -> [ShootTarget] {
        guard cameras[0].text == "all" else { return cameras.map(ShootTarget.argument) }
        let all = try await connection.cameras()
        guard !all.isEmpty else { throw Failure("The fleet has no camera yet.") }
        return all.map(ShootTarget.listed)
    }

    private func shoot(
        _ opening: ShootOpening, ownFolder: Bool, _ progress: ProgressBar
    ) async throws -> ShootOutcome {
        var outcome = ShootOutcome(opening)
        do {
            let session = try opening.session.get()
            var folder = download
            if ownFolder { folder = download.map { "\($0)/\(ShootOutcome.folder(of: session.camera))" } }
            for image in try await session.capture(CaptureImageArguments(bulbSeconds: bulb)) {
                let saved = try await save(image, of: session, in: folder, progress)
                outcome.images.append(saved)
                guard !output.json else { continue }
                progress.clear()
                try await Output.line(
                    printable("\(session.camera.name)  \(readableSize(saved.size))  \(saved.place)"))
            }
            try? await session.close()
        } catch let error as FleetClientError {
            outcome.error = ErrorDescription(error.fleetError)
            progress.clear()
            if error != .cancelled { Output.complain(printable("\(outcome.name): \(error)")) }
        }
        return outcome
    }

    private func save(
        _ image: CapturedImage, of session: BodySession, in folder: String?, _ progress: ProgressBar
    ) async throws -> ShootImage {
        guard let folder else { return ShootImage(image, saved: nil) }
        let saved = try await session.download(
            ObjectArguments(folder: image.folder, name: image.name), into: folder, expecting: progress.expect,
            progress: progress.follower())
        return ShootImage(image, saved: saved)
    }
}

/// Does the same for many at once, and gives the results in their order. At most 128 are under way, as a connection has
/// 256 commands in flight.
func sideBySide<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ work: @escaping @Sendable (Input) async throws -> Output
) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
        var outputs: [Int: Output] = [:]
        for (index, input) in inputs.enumerated() {
            if index >= 128, let (index, output) = try await group.next() { outputs[index] = output }
            group.addTask { (index, try await work(input)) }
        }
        for try await (index, output) in group { outputs[index] = output }
        return inputs.indices.compactMap { outputs[$0] }
    }
}
