import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Has a body release again and again.
struct SequenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sequence",
        abstract: "Take pictures one after the other with a camera; Ctrl-C stops it.",
        discussion: "camera-fleet sequence 1 --count 100 --every 5 --download timelapse")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Option(help: "How many pictures.")
    var count: Int

    @Option(help: ArgumentHelp("From one release to the next.", valueName: "seconds"))
    var every: Double

    @Option(help: ArgumentHelp("Expose each for this long, with the camera in bulb mode.", valueName: "seconds"))
    var bulb: Double?

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
    }

    func run() async throws {
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
