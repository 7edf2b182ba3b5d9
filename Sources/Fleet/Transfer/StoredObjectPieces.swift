import Archive
import Crypto
import FleetModel
import NIOCore
import PacketProtocol

/// Has a body's worker write an object into a file of the spool, piece by piece, so that commands and live view go between.
/// The bytes never come through this process; while one piece is written, the next are read: three at most are asked for.
struct StoredObjectPieces {
    private let object: ObjectPath
    private let size: Int64
    private let file: SpoolFile
    private let body: CameraBody
    private let promise: PromisedRoom.Promise
    private let limit: Duration

    private static let mostAhead = 3

    init(
        of object: ObjectPath, size: Int64, into file: SpoolFile, from body: CameraBody, promise: PromisedRoom.Promise,
        limits: FleetLimits
    ) {
        self.object = object
        self.size = size
        self.file = file
        self.body = body
        self.promise = promise
        limit = limits.commandTime
    }

    /// Writes the object, and gives its digest; where its body gives no pieces, nil: the whole is in the file then.
    ///
    /// Throws what the body says, Store_Full when the disk is, and General_Error for an object that ends too soon.
    func store() async throws(FleetError) -> FileDigest? {
        guard size > 0 else { return FileDigest(size: 0, sha256: SHA256.hash(data: [UInt8]()).hexadecimal) }
        var asked: Int64 = 0
        var stored: Int64 = 0
        var answers: [(end: Int64, answer: EventLoopFuture<LinkAnswer>)] = []
        do throws(FleetError) {
            while true {
                while answers.count < Self.mostAhead, asked < size {
                    let length = min(Int64(Download.longestPiece), size - asked)
                    answers.append((asked + length, try await ask(at: asked, Int(length), behind: answers.count)))
                    asked += length
                }
                let (end, answer) = answers.removeFirst()
                let piece = try PacketJSON.decode(StoredPiece.self, from: try await answer.result().json)
                guard piece.size == end else { throw broken }
                stored = end
                promise.lower(to: size - end)
                guard stored == size else { continue }
                guard let sha256 = piece.sha256 else { throw broken }
                return FileDigest(size: size, sha256: sha256)
            }
        } catch  where error.kind == .operationNotSupported && stored == 0 {
            try await storeWhole()
            return nil
        }
    }

    private func ask(
        at offset: Int64, _ length: Int, behind others: Int
    ) async throws(FleetError) -> EventLoopFuture<LinkAnswer> {
        let piece = PieceArguments(folder: object.folder, name: object.name, offset: offset, length: length)
        let arguments = StorePieceArguments(
            source: piece, path: file.path, isLast: offset + Int64(length) == size)
        await body.seat.waitUntilFree()
        return try await body.beginBetween(
            BodyWork(code: LinkCommand.storePiece.rawValue, arguments, limit: limit * (others + 1)))
    }

    private func storeWhole() async throws(FleetError) {
        // The worker makes a file that was not there.
        file.delete()
        let arguments = StoreObjectArguments(
            folder: object.folder, name: object.name, type: .normal, path: file.path)
        let work = BodyWork(code: LinkCommand.storeObject.rawValue, arguments, limit: Download.storingTime)
        let answer = try await body.perform(work, for: WorkKey(session: 0))
        guard try PacketJSON.decode(StoredObject.self, from: answer.json).size == size else { throw broken }
    }

    private var broken: FleetError {
        FleetError(.generalError, "\(object.name) should have \(size) bytes, and did not come whole.")
    }
}
