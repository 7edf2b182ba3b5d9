import Archive
import FleetModel
import NIOCore
import PacketProtocol

extension Ingest {
    /// What a body says of an object.
    func describe(_ path: ObjectPath, on body: CameraBody) async throws(FleetError) -> ObjectDescription {
        let object = ObjectArguments(folder: path.folder, name: path.name)
        let answer = try await body.perform(
            BodyWork(.downloadImage, object, limit: limits.commandTime), for: WorkKey(session: 0))
        return try PacketJSON.decode(ObjectDescription.self, from: answer.json)
    }

    func digestAgain(
        _ path: ObjectPath, of size: Int64, from body: CameraBody
    ) async throws(FleetError) -> FileDigest {
        let object = ObjectArguments(folder: path.folder, name: path.name)
        let download = Download(
            session: 0, object: object, size: size, file: nil, spool: spool, limits: limits, ending: Ending(),
            body: { body })
        var pieces = download.pieces(from: 0)
        var count: Int64 = 0
        while let piece = try await pieces.next() { count += Int64(piece.readableBytes) }
        guard count == size, let digest = download.result.sha256 else {
            throw FleetError(.generalError, "\(path.name) did not come whole.")
        }
        return FileDigest(size: size, sha256: digest)
    }
}
