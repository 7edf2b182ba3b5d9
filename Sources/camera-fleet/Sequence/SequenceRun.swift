import FleetModel
import NIOConcurrencyHelpers
import PacketClient
import PacketProtocol

/// Follows a sequence by its events, and saves the images that they name.
struct SequenceRun: Sendable {
    let session: BodySession
    let sequence: UInt64
    let count: Int
    /// Where the images are saved; nil where they are not.
    let folder: String?
    let prints: Bool

    /// The most images that wait to be saved. Full: one more is not saved here, is counted as left, and stays on the
    /// card.
    private static let mostWaiting = 10_000

    /// Reads the events until the sequence has ended, or the task is cancelled; then the outcome has not ended.
    func follow(_ events: BoundedSequence<ServerEvent>) async throws -> SequenceOutcome {
        let outcome = NIOLockedValueBox(
            SequenceOutcome(id: session.camera.id, name: session.camera.name, sequence: sequence, count: count))
        let (images, arrived) = AsyncStream.makeStream(
            of: ObjectPath.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await image in images { try await save(image, outcome) }
            }
            var lastError: String?
            do {
                for try await event in events {
                    if event.event == .objectAdded, let added = event.read(ObjectAdded.self) {
                        guard added.camera == session.camera.id else { continue }
                        arrived.yield(ObjectPath(folder: added.folder, name: added.name))
                        outcome.withLockedValue { $0.announced += 1 }
                    } else if event.event == .eventsLost {
                        Output.complain("Events were lost: some images may not be saved here.")
                    } else if let progress = event.read(SequenceProgress.self), progress.sequence == sequence {
                        let hasEnded = outcome.withLockedValue { $0.note(progress) }
                        try await show(progress, after: &lastError)
                        if hasEnded { break }
                    }
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

    /// Says how far it is. An error is said once, however many tries it spoils.
    private func show(_ progress: SequenceProgress, after lastError: inout String?) async throws {
        let line = "\(session.camera.name)  \(progress.taken) of \(count)"
        defer { lastError = progress.error?.message }
        if let error = progress.error {
            if error.message != lastError { Output.complain(printable("\(line): \(error.message)")) }
        } else if prints {
            try await Output.line(printable(line))
        }
    }

    private func save(_ image: ObjectPath, _ outcome: NIOLockedValueBox<SequenceOutcome>) async throws {
        guard let folder else { return }
        do throws(FleetClientError) {
            let saved = try await session.download(
                ObjectArguments(folder: image.folder, name: image.name), into: folder)
            outcome.withLockedValue { $0.images.append(.init(image, saved)) }
            if prints { try? await Output.line(printable("\(readableSize(saved.size))  \(saved.path)")) }
        } catch {
            switch error {
            case .cancelled, .closed: break
            case .refused, .file: Output.complain(printable("\(image.name): \(error)"))
            default: throw error
            }
        }
    }
}

/// What a sequence brought: the JSON of `sequence`.
struct SequenceOutcome: Sendable, Encodable {
    /// An image, and where it is on this machine.
    struct Image: Sendable, Encodable {
        var folder: String
        var name: String
        var size: Int64
        var sha256: String
        var path: String

        init(_ image: ObjectPath, _ saved: SavedFile) {
            folder = image.folder
            name = image.name
            size = saved.size
            sha256 = saved.sha256
            path = saved.path
        }
    }

    var id: BodyID
    var name: String
    var sequence: UInt64
    var taken = 0
    var count: Int
    /// Those that were saved with --download.
    var images: [Image] = []
    /// How many came that were to be saved.
    var announced = 0
    /// Why the last try brought none.
    var error: ErrorDescription?
    /// Whether it came to an end by itself.
    var ended = false

    /// How many images were not saved.
    var left: Int { announced - images.count }

    enum CodingKeys: String, CodingKey { case id, name, sequence, taken, count, images, error }

    init(id: BodyID, name: String, sequence: UInt64, count: Int) {
        self.id = id
        self.name = name
        self.sequence = sequence
        self.count = count
    }

    /// Returns whether that was the last.
    mutating func note(_ progress: SequenceProgress) -> Bool {
        taken = progress.taken
        error = progress.error
        ended = progress.ended ?? (progress.taken >= count)
        return ended
    }
}
