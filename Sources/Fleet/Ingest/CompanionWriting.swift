import Archive
import FleetModel
import Logging
import NIOConcurrencyHelpers

/// Has manifests and sidecars written, one after the other, behind everything else: nobody waits for them.
///
/// Bounded: what is to be written stands in the journal; here is one word, that something does, and which shots are under
/// way, whose companions are written when they are over. What fails is left for the next time, and at the latest for the next
/// start.
final class CompanionWriting: Sendable {
    private struct State {
        var underWay: Set<Int64> = []
        var isWanted = false
        var isRunning = false
    }

    private let archive: ImageArchive
    private let chores: Chores
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    private static let page = 100

    init(archive: ImageArchive, chores: Chores, logger: Logger) {
        self.archive = archive
        self.chores = chores
        self.logger = logger
    }

    /// Whether manifests are written.
    var writesManifests: Bool { archive.companions.manifests }

    /// A shot begins: nothing is written of it before it is over.
    func begin(shot number: Int64) {
        state.withLockedValue { _ = $0.underWay.insert(number) }
    }

    /// A shot is over, and its images are saved as far as they are to be.
    func end(shot number: Int64) {
        state.withLockedValue { _ = $0.underWay.remove(number) }
        write()
    }

    /// An image is saved.
    func note(_ image: SavedImage) {
        if let shot = image.shot, state.withLockedValue({ $0.underWay.contains(shot) }) { return }
        write()
    }

    /// Has written what the journal has to be written.
    func write() {
        guard archive.companions.areWritten else { return }
        let begins = state.withLockedValue { state in
            state.isWanted = true
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if begins, !chores.add({ [self] in await run() }) { state.withLockedValue { $0.isRunning = false } }
    }

    private func run() async {
        while isWantedAgain() {
            do throws(FleetError) {
                if writesManifests { try await writeManifests() }
                if archive.companions.sidecars { try await writeSidecars() }
            } catch {
                guard !Task.isCancelled else { continue }
                logger.warning("not written beside the images", metadata: ["error": "\(error)"])
            }
        }
    }

    private func isWantedAgain() -> Bool {
        state.withLockedValue { state in
            let isWanted = state.isWanted && !Task.isCancelled
            (state.isWanted, state.isRunning) = (false, isWanted)
            return isWanted
        }
    }

    private func isUnderWay(_ shot: Int64?) -> Bool {
        guard let shot else { return false }
        return state.withLockedValue { $0.underWay.contains(shot) }
    }

    private func writeManifests() async throws(FleetError) {
        var last: Int64 = 0
        while !Task.isCancelled {
            let numbers = try await archive.shotsToDescribe(after: last, limit: Self.page)
            guard let end = numbers.last else { return }
            for number in numbers where !isUnderWay(number) {
                try await one("manifest of shot \(number)") { () async throws(FleetError) in
                    try await self.archive.describe(shot: number)
                }
            }
            last = end
        }
    }

    private func writeSidecars() async throws(FleetError) {
        var last: Int64 = 0
        while !Task.isCancelled {
            let images = try await archive.imagesToDescribe(after: last, limit: Self.page)
            guard let end = images.last else { return }
            for image in images where !isUnderWay(image.shot) {
                try await one("sidecar of image \(image.number)") { () async throws(FleetError) in
                    try await self.archive.describe(image: image.number)
                }
            }
            last = end.number
        }
    }

    /// Writes one; a disk without room ends it for all.
    private func one(
        _ what: String, _ write: () async throws(FleetError) -> Void
    ) async throws(FleetError) {
        do throws(FleetError) {
            try await write()
        } catch {
            guard error.kind == .generalError else { throw error }
            logger.warning("not written beside the images", metadata: ["what": "\(what)", "error": "\(error)"])
        }
    }
}
