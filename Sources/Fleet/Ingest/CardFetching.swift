import Archive
import FleetModel
import PacketProtocol

/// Images that were taken while nobody listened: what is on a body's card and was never saved.
extension Ingest {
    private static let filesOfAPage = 1000

    /// Saves what the policy wants of a body's card, or all of it where nothing is saved by itself. An object counts as saved
    /// when the last image of its body, folder and name has its size.
    func fetch(from body: CameraBody) async -> FetchedCamera {
        var outcome = FetchedCamera(id: body.info.id)
        // What is taken while the card is listed may be on the list, and be told by the body as well: it is one image.
        let begun = MonotonicTime.now()
        do throws(FleetError) {
            let missed = try await missed(of: body, &outcome)
            await wait(
                for: missed.map { save($0, of: body, since: begun, isOfCard: true) }, &outcome)
        } catch {
            outcome.error = ErrorDescription(error)
        }
        return outcome
    }

    /// What was never saved: as many as may wait, the rest is left for the next time. The whole card is listed before the
    /// first is saved, since saved images may be deleted from it.
    private func missed(of body: CameraBody, _ outcome: inout FetchedCamera) async throws(FleetError) -> [ObjectPath] {
        var missed: [ObjectPath] = []
        var after: ObjectPath?
        let kinds = policy.kinds(in: body.info.groups)
        repeat {
            let page = try await files(of: body, after: after)
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

    private func files(of body: CameraBody, after: ObjectPath?) async throws(FleetError) -> FileList {
        let page = ListFilesArguments(recurse: true, limit: Self.filesOfAPage, after: after)
        let work = BodyWork(.listFiles, page, limit: limits.commandTime)
        return try PacketJSON.decode(
            FileList.self, from: try await body.perform(work, for: WorkKey(session: 0)).json)
    }

    private func wait(for images: [Outcome<SavedImage>], _ outcome: inout FetchedCamera) async {
        for image in images {
            do throws(FleetError) {
                _ = try await image.value()
                outcome.fetched += 1
            } catch {
                outcome.failed += 1
                outcome.error = outcome.error ?? ErrorDescription(error)
            }
        }
    }
}
