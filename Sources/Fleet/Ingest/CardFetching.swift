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
        var after: ObjectPath?
        do throws(FleetError) {
            repeat {
                let page = try await files(of: body, after: after)
                await save(page.files, of: body, &outcome)
                after = page.more ? page.files.last.map { ObjectPath(folder: $0.folder, name: $0.name) } : nil
            } while after != nil && !Task.isCancelled
        } catch {
            outcome.error = outcome.error ?? ErrorDescription(error)
        }
        return outcome
    }

    private func files(of body: CameraBody, after: ObjectPath?) async throws(FleetError) -> FileList {
        let page = ListFilesArguments(recurse: true, limit: Self.filesOfAPage, after: after)
        let work = BodyWork(.listFiles, page, limit: limits.commandTime)
        return try PacketJSON.decode(
            FileList.self, from: try await body.perform(work, for: WorkKey(session: 0)).json)
    }

    private func save(_ files: [FileEntry], of body: CameraBody, _ outcome: inout FetchedCamera) async {
        let now = MonotonicTime.now()
        var savings: [ImageSaving] = []
        for file in files where policy.kinds == .none || policy.wants(file.name) {
            let path = ObjectPath(folder: file.folder, name: file.name)
            guard (try? await archive.knows(path, of: body.info.id, size: file.size)) != true else {
                outcome.known += 1
                continue
            }
            savings.append(saving(of: path, of: body, since: now))
        }
        for saving in savings {
            do throws(FleetError) {
                _ = try await saving.image()
                outcome.fetched += 1
            } catch {
                outcome.failed += 1
                outcome.error = outcome.error ?? ErrorDescription(error)
            }
        }
    }
}
