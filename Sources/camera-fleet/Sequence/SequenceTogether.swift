import FleetModel
import NIOConcurrencyHelpers
import PacketClient
import PacketProtocol

/// A sequence of shots of several bodies: what `sequence` does with more than one.
struct SequenceTogether: Sendable {
    let how: StartGroupSequenceArguments
    /// Where the images are saved; nil where they are not.
    let download: String?
    let json: Bool

    /// The most shots whose images wait to be saved. Full: those of one more are not saved here, and are counted as left.
    private static let mostWaiting = 10_000

    /// Runs it to its end, or only starts it where it is to be kept; whether all was taken, and saved.
    func run(on connection: FleetConnection) async throws -> Bool {
        let names = try await CameraNames(in: connection)
        try await connection.subscribe(to: [EventCode.groupSequenceProgress.name, EventCode.eventsLost.name])
        let sequence = try await connection.startGroupSequence(how)
        guard how.keep != true else {
            if json {
                try await Output.json(StartedSequence(sequence: sequence))
            } else {
                try await Output.line("sequence \(sequence) runs; camera-fleet stop-sequence \(sequence) ends it")
            }
            return true
        }
        var outcome = try await follow(sequence, on: connection, names)
        if !outcome.ended {
            outcome.taken = try await stop(sequence, on: connection) ?? outcome.taken
            Output.complain("The sequence was stopped: \(outcome.taken) of \(how.count) were taken.")
        }
        if outcome.left > 0 {
            Output.complain(
                "The images of \(outcome.left) shots were not all saved here; the cameras keep what they have.")
        }
        if json { try await evenIfInterrupted { [outcome] in try await Output.json(outcome) } }
        try Task.checkCancellation()
        return outcome.taken >= how.count && outcome.left == 0
    }

    /// Reads the events until the sequence has ended, or the task is cancelled; then the outcome has not ended.
    private func follow(
        _ sequence: UInt64, on connection: FleetConnection, _ names: CameraNames
    ) async throws -> GroupSequenceOutcome {
        let outcome = NIOLockedValueBox(GroupSequenceOutcome(sequence: sequence, count: how.count))
        let (shots, arrived) = AsyncStream.makeStream(
            of: Int64.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await number in shots { try await save(number, outcome, on: connection, names) }
            }
            do {
                for try await event in connection.events {
                    if event.event == .eventsLost {
                        Output.complain("Events were lost: some images may not be saved here.")
                    }
                    guard let progress = event.read(GroupSequenceProgress.self), progress.sequence == sequence else {
                        continue
                    }
                    outcome.withLockedValue { $0.note(progress) }
                    if let shot = progress.shot, progress.error == nil, case .dropped = arrived.yield(shot),
                        download != nil
                    {
                        outcome.withLockedValue { $0.left += 1 }
                    }
                    try await show(progress)
                    if progress.ended == true { break }
                }
            } catch is CancellationError {
                // Ctrl-C while a line was written: the outcome has not ended.
            } catch {
                group.cancelAll()
                throw error
            }
            arrived.finish()
            try await group.waitForAll()
        }
        return outcome.withLockedValue { $0 }
    }

    private func show(_ progress: GroupSequenceProgress) async throws {
        let line = "\(progress.taken) of \(progress.count)"
        if let error = progress.error {
            Output.complain(printable("\(line): \(error.message)"))
        } else if !json, let shot = progress.shot {
            try await Output.line("\(line)  shot \(shot)")
        }
    }

    private func save(
        _ number: Int64, _ outcome: NIOLockedValueBox<GroupSequenceOutcome>, on connection: FleetConnection,
        _ names: CameraNames
    ) async throws {
        let shot: Shot
        do throws(FleetClientError) {
            shot = try await connection.shot(number)
        } catch {
            if error == .cancelled || error == .closed { return }
            throw error
        }
        for remark in shot.remarks(names) { Output.complain(printable("shot \(number): \(remark)")) }
        outcome.withLockedValue { $0.shots.append(number) }
        guard download != nil else { return }
        let saved = try await ShotSaving(folder: download, prints: !json).save(shot, names, on: connection)
        let isWhole = zip(shot.cameras, saved).allSatisfy { $0.images.count == $1.images.count }
        outcome.withLockedValue { outcome in
            outcome.images += saved.flatMap(\.images)
            if !isWhole { outcome.left += 1 }
        }
    }

    /// How many were taken; nil when the sequence had come to its end meanwhile.
    private func stop(_ sequence: UInt64, on connection: FleetConnection) async throws -> Int? {
        do {
            return try await evenIfInterrupted { try await connection.stopGroupSequence(sequence) }
        } catch FleetClientError.refused(let error) where error.kind == .invalidParameter {
            return nil
        }
    }
}

/// What a sequence of shots brought: the JSON of `sequence`.
private struct GroupSequenceOutcome: Sendable, Encodable {
    var sequence: UInt64
    var taken = 0
    var count: Int
    /// The shots that brought images.
    var shots: [Int64] = []
    /// The images that were saved with --download.
    var images: [ShootImage] = []
    /// Why the last try brought nothing.
    var error: ErrorDescription?
    /// Whether it came to an end by itself.
    var ended = false
    /// How many shots have images that were to be saved here and were not.
    var left = 0

    enum CodingKeys: String, CodingKey { case sequence, taken, count, shots, images, error }

    init(sequence: UInt64, count: Int) {
        self.sequence = sequence
        self.count = count
    }

    mutating func note(_ progress: GroupSequenceProgress) {
        taken = progress.taken
        error = progress.error
        ended = progress.ended == true
    }
}
