import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Has a body, or several in the same instant, release again and again.
struct SequenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sequence",
        abstract: "Take pictures one after the other with a camera, or with several; Ctrl-C stops it.",
        discussion: """
            camera-fleet sequence 1 --count 100 --every 5 --download timelapse
            camera-fleet sequence --group ring --count 6 --every 2 --bracket shutterspeed=1/60,1/250,1/1000
            camera-fleet sequence --all --count 1000 --every 60 --keep      # stop-sequence ends it
            """)

    @Argument(help: "Cameras by id, name or number; several release in the same instant.")
    var cameras: [BodyArgument] = []

    @Flag(help: "Every ready camera, in the same instant.")
    var all = false

    @Option(help: "The cameras of this group, in the same instant.")
    var group: String?

    @Option(help: "How many pictures of each camera.")
    var count: Int

    @Option(help: ArgumentHelp("From one release to the next.", valueName: "seconds"))
    var every: Double

    @Option(help: ArgumentHelp("Expose each for this long, with the camera in bulb mode.", valueName: "seconds"))
    var bulb: Double?

    @Option(
        help: ArgumentHelp(
            "Set this before each picture, value after value: shutterspeed=1/60,1/250.", valueName: "setting=values"))
    var bracket: String?

    @Flag(help: "Go on when this command ends, which it does at once; camera-fleet stop-sequence ends it.")
    var keep = false

    @Option(help: "Save each image in this folder as it comes.")
    var download: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count is 1 or more.") }
        guard every >= 0, every.isFinite else { throw ValidationError("--every takes a number of seconds.") }
        guard bulb.map({ $0 > 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--bulb takes a number of seconds above 0.")
        }
        guard download != "" else { throw ValidationError("--download takes a folder.") }
        guard [!cameras.isEmpty, all, group != nil].count(where: { $0 }) == 1, group != "" else {
            throw ValidationError("Name cameras, or say --all or --group.")
        }
        guard !keep || download == nil else {
            throw ValidationError("--download saves for as long as this command runs, which --keep ends at once.")
        }
    }

    func run() async throws {
        guard let camera = cameras.first, cameras.count == 1, bracket == nil, !keep else {
            return try await takeTogether()
        }
        try await take(with: camera)
    }

    private func takeTogether() async throws {
        try await server.withConnection { connection in
            let target = try await connection.target(group: group, cameras: cameras)
            let how = StartGroupSequenceArguments(
                target: target, count: count, intervalSeconds: every, bulbSeconds: bulb,
                bracket: try await bracket(in: connection, target), keep: keep ? true : nil)
            let run = SequenceTogether(how: how, download: download, json: output.json)
            guard try await run.run(on: connection) else { throw ExitCode.failure }
        }
    }

    /// The values of --bracket, of the kind that the first body's setting is.
    private func bracket(
        in connection: FleetConnection, _ target: GroupTarget
    ) async throws -> SequenceBracket? {
        guard let bracket else { return nil }
        guard let equals = bracket.firstIndex(of: "="), equals != bracket.startIndex else {
            throw Failure("Write a setting and its values as iso=100,400, not as \"\(bracket)\".")
        }
        let name = String(bracket[..<equals])
        let session = try await connection.openSession(on: try await connection.example(of: target))
        let widget = try await session.widgetWithChoices(name)
        let texts = bracket[bracket.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
        return SequenceBracket(
            widgetID: name, values: try texts.map { try WidgetText.value(of: String($0), for: widget) })
    }

    private func take(with camera: BodyArgument) async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            var events: [EventCode] = [.sequenceProgress, .eventsLost]
            if download != nil { events.append(.objectAdded) }
            try await connection.subscribe(to: events.map(\.name))
            let sequence = try await session.startSequence(
                StartSequenceArguments(count: count, intervalSeconds: every, bulbSeconds: bulb))
            let run = SequenceRun(
                session: session, sequence: sequence, count: count, folder: download, prints: !output.json)
            var outcome = try await run.follow(connection.events)
            if !outcome.ended {
                outcome.taken = try await stop(sequence, of: session) ?? outcome.taken
                Output.complain("The sequence was stopped: \(outcome.taken) of \(count) were taken.")
            }
            if outcome.left > 0 {
                Output.complain(
                    "\(outcome.left) \(outcome.left == 1 ? "image was" : "images were") not saved here; "
                        + "the camera keeps what it has.")
            }
            if output.json {
                Task.isCancelled
                    ? try await evenIfInterrupted { [outcome] in try await Output.json(outcome) }
                    : try await Output.json(outcome)
            }
            try Task.checkCancellation()
            if outcome.taken < count || outcome.left > 0 { throw ExitCode.failure }
        }
    }

    /// How many were taken; nil when the sequence had come to its end meanwhile.
    private func stop(_ sequence: UInt64, of session: BodySession) async throws -> Int? {
        do {
            return try await evenIfInterrupted { try await session.stopSequence(sequence) }
        } catch FleetClientError.refused(let error) where error.kind == .invalidParameter {
            return nil
        }
    }
}
