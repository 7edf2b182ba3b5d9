import Archive
import FleetModel
import NIOConcurrencyHelpers

/// Has the journal know which images are wanted, however long they wait for their turn. Of each body one chore does so, in
/// batches: as many as come at one time share a commit.
///
/// Bounded by what may wait of a body to be saved.
final class WantedJournal: Sendable {
    private let archive: ImageArchive
    private let chores: Chores
    /// What is to be noted of each body of which some is.
    private let waiting = NIOLockedValueBox<[ObjectIdentifier: [ImageSaving]]>([:])

    private static let batch = 64

    init(archive: ImageArchive, chores: Chores) {
        self.archive = archive
        self.chores = chores
    }

    /// An image is wanted; it says so itself when the journal does.
    func note(_ saving: ImageSaving) {
        let body = ObjectIdentifier(saving.body)
        let begins = waiting.withLockedValue { waiting in
            defer { waiting[body, default: []].append(saving) }
            return waiting[body] == nil
        }
        guard begins, !chores.add({ [self] in await noteAll(of: body) }) else { return }
        for left in waiting.withLockedValue({ $0.removeValue(forKey: body) ?? [] }) {
            left.wanted.become(.failure(Ingest.ending))
        }
    }

    private func noteAll(of body: ObjectIdentifier) async {
        while let batch = next(of: body) {
            await withDiscardingTaskGroup { group in
                for saving in batch { group.addTask { [archive] in await Self.want(saving, in: archive) } }
            }
        }
    }

    private func next(of body: ObjectIdentifier) -> [ImageSaving]? {
        waiting.withLockedValue { waiting in
            guard let all = waiting[body], !all.isEmpty else {
                waiting[body] = nil
                return nil
            }
            waiting[body] = Array(all.dropFirst(Self.batch))
            return Array(all.prefix(Self.batch))
        }
    }

    private static func want(_ saving: ImageSaving, in archive: ImageArchive) async {
        do throws(FleetError) {
            saving.wanted.become(
                .success(
                    try await archive.want(
                        saving.path, of: saving.body.info.id, at: saving.time, shot: saving.shot,
                        project: saving.project, isHeld: saving.content != nil)))
        } catch {
            saving.wanted.become(.failure(error))
        }
    }
}
