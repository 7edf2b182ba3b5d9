import Archive
import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol

/// Images that were taken while nobody listened: what is on a body's card and was never saved.
extension Ingest {
    private static let filesOfAPage = 1000

    /// Saves what the policy wants of a body's card, or all of it where nothing is saved by itself. An object counts as saved
    /// when the last image of its body, folder and name has its size.
    func fetch(from body: CameraBody, until ending: Ending = Ending()) async -> FetchedCamera {
        var outcome = FetchedCamera(id: body.info.id)
        // What is taken while the card is listed may be on the list, and be told by the body as well: it is one image.
        let begun = MonotonicTime.now()
        let awaited = Awaited(until: ending)
        let listener = ending.whenOver { [chores] error in
            awaited.end(error)
            _ = chores.add { await body.cancel(error) { $0.listing == ObjectIdentifier(awaited) } }
        }
        defer { ending.forget(listener) }
        do throws(FleetError) {
            let missed = try await missed(of: body, &outcome, awaited)
            for image in missed.map({ save($0, of: body, since: begun, isOfCard: true) }) {
                try awaited.check()
                await wait(for: image, awaited, &outcome)
            }
        } catch {
            outcome.error = ErrorDescription(error)
        }
        return outcome
    }

    /// What was never saved: as many as may wait, the rest is left for the next time. The whole card is listed before the
    /// first is saved, since saved images may be deleted from it.
    private func missed(
        of body: CameraBody, _ outcome: inout FetchedCamera, _ awaited: Awaited
    ) async throws(FleetError) -> [ObjectPath] {
        var missed: [ObjectPath] = []
        var after: ObjectPath?
        let kinds = policy.kinds(in: body.info.groups)
        repeat {
            try awaited.check()
            let page = try await files(of: body, after: after, awaited)
            for file in page.files where kinds == .none || kinds.wants(file.name) {
                let path = ObjectPath(folder: file.folder, name: file.name)
                if try await archive.knows(
                    path, of: body.info.id, size: file.size, modified: file.mtime == 0 ? nil : file.mtime)
                {
                    outcome.known += 1
                } else if missed.count < limits.waitingImages {
                    missed.append(path)
                } else {
                    outcome.error = ErrorDescription(
                        FleetError(.tooMany, "More images are on the card than are fetched at one time: fetch again."))
                    return missed
                }
            }
            after = page.more ? page.files.last.map { ObjectPath(folder: $0.folder, name: $0.name) } : nil
        } while after != nil && !Task.isCancelled
        return missed
    }

    private func files(
        of body: CameraBody, after: ObjectPath?, _ awaited: Awaited
    ) async throws(FleetError) -> FileList {
        let page = ListFilesArguments(recurse: true, limit: Self.filesOfAPage, after: after)
        let work = BodyWork(.listFiles, page, limit: limits.commandTime)
        let key = WorkKey(session: 0, listing: ObjectIdentifier(awaited))
        let answer = try await body.perform(work, for: key) { awaited.isOver }
        return try PacketJSON.decode(FileList.self, from: answer.json)
    }

    private func wait(for image: ImageFuture, _ awaited: Awaited, _ outcome: inout FetchedCamera) async {
        do throws(FleetError) {
            if case .toCome(let image) = image {
                _ = try await awaited.value(of: image)
            } else {
                _ = try await value(of: image)
            }
            outcome.fetched += 1
        } catch {
            outcome.failed += 1
            outcome.error = outcome.error ?? ErrorDescription(error)
        }
    }

    /// The image that is waited for, unless who asks for it is gone.
    private final class Awaited: Sendable {
        private let ending: Ending
        private let current = NIOLockedValueBox<Outcome<SavedImage>?>(nil)

        init(until ending: Ending) {
            self.ending = ending
        }

        /// Whether nobody asks any more.
        var isOver: Bool { ending.reason != nil }

        /// Throws when nobody asks any more.
        func check() throws(FleetError) {
            if let reason = ending.reason { throw reason }
        }

        func value(of image: Outcome<SavedImage>) async throws(FleetError) -> SavedImage {
            let first = Outcome<SavedImage>()
            current.withLockedValue { $0 = first }
            try check()
            image.whenKnown { first.become($0) }
            return try await first.value()
        }

        func end(_ reason: FleetError) {
            current.withLockedValue { $0 }?.become(.failure(reason))
        }
    }
}
