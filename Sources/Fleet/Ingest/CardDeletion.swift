import Archive
import FleetModel
import Logging
import PacketProtocol

/// Saved images leave their card, once every copy of them that is to be made was read back.
extension Ingest {
    private static let copiesOfAPage = 100

    /// Reads a saved image back, and compares.
    func condition(of image: SavedImage) async -> ImageCondition {
        Self.compare(await archive.digest(of: image), with: image)
    }

    /// Reads its second copy back, and compares; nil where none was made.
    func conditionOfSecondCopy(of image: SavedImage) async -> ImageCondition? {
        guard image.hasSecondCopy == true, archive.makesSecondCopies else { return nil }
        return Self.compare(await archive.digestOfSecondCopy(of: image), with: image)
    }

    private static func compare(_ found: FileDigest?, with image: SavedImage) -> ImageCondition {
        guard let found else { return .missing }
        return found == FileDigest(size: image.size, sha256: image.sha256) ? .intact : .changed
    }

    /// Deletes the copies on a body's card that are to be deleted and may be: all, or that of one image, which may be what came
    /// last from its body.
    func deleteFromCard(on body: CameraBody, only image: Int64? = nil, isNewest: Bool = false) async {
        guard policy.deletesFromCard, body.info.can.contains(.delete) else { return }
        do throws(FleetError) {
            var last: Int64 = 0
            while !Task.isCancelled {
                let copies = try await archive.cardCopiesToDelete(
                    of: body.info.id, after: last, only: image, limit: Self.copiesOfAPage)
                guard let end = copies.last else { return }
                last = end.image.number
                for copy in copies { try await delete(copy, on: body, isNewest: isNewest) }
            }
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning(
                "saved images not deleted from their card",
                metadata: ["camera": "\(body.info.id)", "error": "\(error)"])
        }
    }

    /// Throws what keeps others from being deleted as well.
    private func delete(
        _ copy: ImageArchive.CardCopy, on body: CameraBody, isNewest: Bool
    ) async throws(FleetError) {
        let image = copy.image
        guard await condition(of: image) == .intact else {
            return logger.error(
                "a saved image is not what it was; its card's copy is not deleted",
                metadata: ["image": "\(image.savedAs)"])
        }
        do throws(FleetError) {
            let path = ObjectPath(folder: image.folder, name: image.name)
            let found = try await describe(path, on: body)
            // Bodies use a name again, after a card was formatted or changed.
            var isTheSame = found.size == image.size && (copy.modified == nil || found.modified == copy.modified)
            if isTheSame, copy.modified == nil, !isNewest {
                isTheSame = try await digestAgain(path, of: image.size, from: body).sha256 == image.sha256
            }
            guard isTheSame else { return try await archive.note(.kept, of: copy) }
            let object = PathArguments(folder: image.folder, name: image.name)
            _ = try await body.perform(
                BodyWork(.deleteImage, object, limit: limits.commandTime), for: WorkKey(session: 0))
        } catch {
            guard error.kind == .invalidObjectHandle else { throw error }
        }
        try await archive.note(.deleted, of: copy)
    }
}
