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
            camera-fleet shoot --all --download shots      # in the same instant, as one shot
            camera-fleet shoot --group ring --download shots
            """)

    @OptionGroup var selection: OptionalCameraSelection

    @Flag(help: "Release every ready camera in the same instant.")
    var all = false

    @Option(help: "Release the cameras of this group in the same instant.")
    var group: String?

    @Flag(help: "With --all or --group: release none where one camera cannot be prepared.")
    var requireAll = false

    @Option(help: "Save the images in this folder; those of several cameras in a folder for each.")
    var download: String?

    @Option(help: ArgumentHelp("Expose for this long, with the camera in bulb mode.", valueName: "seconds"))
    var bulb: Double?

    @Option(help: ArgumentHelp("The longest to wait for the images; 30 s and the exposure else.", valueName: "seconds"))
    var timeLimit: Double?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard bulb.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--bulb takes a number of seconds above 0.")
        }
        guard timeLimit.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--time-limit takes a number of seconds above 0.")
        }
        guard download != "" else { throw ValidationError("--download takes a folder.") }
        guard group != "" else { throw ValidationError("--group takes a name.") }
        let isTogether = all || group != nil
        guard selection.cameras.isEmpty == isTogether else {
            throw ValidationError(
                isTogether ? "--all and --group name the cameras by themselves." : "Name cameras, or say all.")
        }
        guard !isTogether || bulb == nil && timeLimit == nil else {
            throw ValidationError("--bulb and --time-limit are for cameras that are named.")
        }
        guard isTogether || !requireAll else { throw ValidationError("--require-all goes with --all or --group.") }
    }

    func run() async throws {
        if all || group != nil { return try await shootTogether() }
        try await server.withConnection { connection in
            // Every session is open before the first release, so that all release side by side.
            let openings = try await selection.sessions(in: connection)
            let progress = ProgressBar()
            let outcomes = try await sideBySide(openings) { opening in
                try await shoot(opening, ownFolder: selection.cameras.count > 1 || selection.isAll, progress)
            }
            if output.json { try await Output.json(ShootOutcomes(cameras: outcomes)) }
            try Task.checkCancellation()
            if outcomes.contains(where: { $0.error != nil }) { throw ExitCode.failure }
        }
    }

    private func shootTogether() async throws {
        let target: GroupTarget = group.map { .group($0) } ?? .ready
        try await server.withConnection { connection in
            let shot = ShootTogether(
                target: target, requireAll: requireAll, download: download, json: output.json)
            guard try await shot.run(on: connection) else { throw ExitCode.failure }
        }
    }

    private func shoot(
        _ opening: CameraOpening, ownFolder: Bool, _ progress: ProgressBar
    ) async throws -> ShootOutcome {
        var outcome = ShootOutcome(opening)
        do {
            let session = try opening.session.get()
            var folder = download
            if ownFolder { folder = download.map { "\($0)/\(ShootOutcome.folder(of: session.camera))" } }
            let how = CaptureImageArguments(bulbSeconds: bulb, timeLimitSeconds: timeLimit)
            for image in try await session.capture(how) {
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
