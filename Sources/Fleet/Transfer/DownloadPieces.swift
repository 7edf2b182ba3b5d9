public import FleetModel
public import NIOCore
import PacketProtocol

/// The bytes of a download from an offset to its end, in order. While one piece is dealt with, the next are read: two at
/// most are asked for or wait here, so that a body is never idle between them.
public struct DownloadPieces {
    private let download: Download
    private var offset: Int64
    /// What was asked for, in order; what follows a piece that came shorter than that is asked for anew.
    private var requests: [Request] = []

    private struct Request {
        let offset: Int64
        let length: Int
        let answer: EventLoopFuture<LinkAnswer>
    }

    private static let mostAhead = 2

    init(of download: Download, from offset: Int64) {
        self.download = download
        self.offset = offset
    }

    /// The next bytes: `Download.longestPiece` of them at most, and one at least; nil at the end.
    ///
    /// Throws what the body says, Camera_Unplugged among it: with the same ticket the transfer can be taken up again.
    public mutating func next() async throws(FleetError) -> ByteBuffer? {
        guard offset < download.size else { return nil }
        let length = download.length(at: offset)
        let piece = try await piece(length: length)
        guard piece.readableBytes > 0, piece.readableBytes <= length else {
            throw download.wrongPiece(of: piece.readableBytes, at: offset, wanted: length)
        }
        let start = offset
        offset += Int64(piece.readableBytes)
        // The body reads on while this piece is counted and written. What fails now fails for the next piece.
        if requests.first?.offset == offset { try? await ask() }
        download.count(piece, at: start)
        return piece
    }

    /// A piece of a body that may be busy for a while: for no longer than a command may be.
    private mutating func piece(length: Int) async throws(FleetError) -> ByteBuffer {
        var deadline: Int64?
        while true {
            do throws(FleetError) {
                return try await pieceAtOnce(length: length)
            } catch  where error.kind == .deviceBusy {
                requests = []
                let now = MonotonicTime.now()
                guard now < deadline ?? .max, (try? await Task.sleep(for: Self.busyPause)) != nil else { throw error }
                deadline = deadline ?? now + download.busyTime
            }
        }
    }

    private static let busyPause = Duration.milliseconds(100)

    private mutating func pieceAtOnce(length: Int) async throws(FleetError) -> ByteBuffer {
        if let file = try await download.file() {
            try download.requireSession()
            return try await file.read(at: offset, length: length)
        }
        if requests.first?.offset != offset { requests = [] }
        try await ask()
        do throws(FleetError) {
            return try await requests.removeFirst().answer.result().data ?? ByteBuffer()
        } catch  where error.kind == .operationNotSupported {
            requests = []
            return try await download.store().read(at: offset, length: length)
        }
    }

    /// Asks for as many pieces ahead as may be.
    private mutating func ask() async throws(FleetError) {
        var next = requests.last.map { $0.offset + Int64($0.length) } ?? offset
        while requests.count < Self.mostAhead, next < download.size {
            let length = download.length(at: next)
            requests.append(
                Request(
                    offset: next, length: length,
                    answer: try await download.ask(at: next, length: length, behind: requests.count)))
            next += Int64(length)
        }
    }
}
