import Crypto
import FleetModel
import NIOCore
import PacketProtocol

/// The ports of live view and of downloads, as the clients of the run use them.
struct SoakTransfer {
    let place: SoakPlace
    let client: SoakClient
    let session: UInt32

    /// A download on its way: what came so far.
    struct Progress {
        let ticket: DownloadTicket
        var received: Int64 = 0
        var hash = SHA256()
        var firstBytes: [UInt8] = []
        var lastBytes: [UInt8] = []
        var result: TransferResult?

        var digest: String { hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined() }
    }

    func begin(_ object: ObjectPath, type: ObjectFileType = .normal) throws -> Progress {
        let arguments = ObjectArguments(folder: object.folder, name: object.name, type: type)
        return Progress(ticket: try client.ask(.downloadImage, arguments, DownloadTicket.self, session: session))
    }

    /// Reads on, to the end or until so many bytes more have come: then the transfer breaks off.
    func read(_ progress: inout Progress, atMost: Int64 = .max, vanishing: Bool = false) throws {
        let stream = try PlainConnection(port: place.downloadPort, patience: SoakClient.patience)
        if vanishing { stream.vanish() }
        let start = ContinuousClock.now
        let transaction = try stream.send(
            .downloadImage, TicketArguments(ticket: progress.ticket.ticket, offset: progress.received),
            session: session)
        let first = try stream.receive()
        guard first.transactionID == transaction, first.sessionID == session, first.type == .response else {
            throw BenchmarkFailure("A download begins with \(first).")
        }
        try require(first, "download", since: start)
        let limit = atMost == .max ? Int64.max : progress.received + atMost
        while progress.received < limit {
            let head = try stream.receiveHead()
            guard head.session == session else { throw BenchmarkFailure("A packet of session \(head.session).") }
            if head.type == .response { return try finish(&progress, stream, head.rest, head.code, transaction, start) }
            guard head.type == .data, head.rest >= 12 else { throw BenchmarkFailure("A download brings \(head).") }
            try stream.receive(head.rest) { try take($0, into: &progress, transaction) }
        }
        place.ledger.count("downloads broken off")
    }

    private func take(_ bytes: UnsafeRawBufferPointer, into progress: inout Progress, _ transaction: UInt32) throws {
        let owner = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        let offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        guard owner == transaction, offset == UInt64(progress.received) else {
            throw BenchmarkFailure("A piece at \(offset) where \(progress.received) was due, of transaction \(owner).")
        }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[12...])
        progress.hash.update(bufferPointer: piece)
        if progress.firstBytes.isEmpty { progress.firstBytes = Array(piece.prefix(2)) }
        progress.lastBytes = (progress.lastBytes + piece.suffix(2)).suffix(2)
        progress.received += Int64(piece.count)
    }

    private func finish(
        _ progress: inout Progress, _ stream: PlainConnection, _ rest: Int, _ code: UInt16, _ transaction: UInt32,
        _ start: ContinuousClock.Instant
    ) throws {
        var content = ByteBuffer()
        try stream.receive(rest) { _ = content.writeBytes($0) }
        let owner = content.readInteger(endianness: .little, as: UInt32.self) ?? 0
        guard owner == transaction else { throw BenchmarkFailure("The end of a download is of transaction \(owner).") }
        let packet = PtpPacket(
            type: .response, code: code, sessionID: session, transactionID: transaction, content: content)
        try require(packet, "download", since: start)
        let result = try client.decode(TransferResult.self, from: content, of: .downloadImage)
        guard progress.received == progress.ticket.size, result.size == progress.ticket.size else {
            throw BenchmarkFailure(
                "A download of \(progress.ticket.size) bytes brought \(progress.received) and says \(result).")
        }
        progress.result = result
    }

    /// Counts a response of a transfer, and throws the error that it is.
    private func require(_ packet: PtpPacket, _ what: String, since start: ContinuousClock.Instant) throws {
        let seconds = start.duration(to: .now) / .seconds(1)
        guard packet.code != ResponseCode.ok.rawValue else { return place.ledger.note(what, "OK", after: seconds) }
        let refusal = try Refusal(packet)
        place.ledger.note(what, refusal.kind.name, after: seconds, message: refusal.message)
        throw refusal
    }

    // MARK: Uploads

    /// Sends a file, from what the server holds of it on, to its end or until so many bytes were sent.
    ///
    /// - Returns: whether the file is on the card.
    func send(_ bytes: [UInt8], _ ticket: UploadTicket, atMost: Int = .max) throws -> Bool {
        let stream = try PlainConnection(port: place.downloadPort, patience: SoakClient.patience)
        let start = ContinuousClock.now
        let transaction = try stream.send(.uploadFile, TicketArguments(ticket: ticket.ticket), session: session)
        let first = try stream.receive()
        try require(first, "upload", since: start)
        let held = try client.decode(UploadStart.self, from: first.content, of: .uploadFile).offset
        guard 0...Int64(bytes.count) ~= held else {
            throw BenchmarkFailure("The server holds \(held) of \(bytes.count) bytes.")
        }
        var offset = Int(held)
        let end = atMost == .max ? bytes.count : min(bytes.count, offset + atMost)
        while offset < end {
            let piece = bytes[offset..<min(end, offset + 262_144)]
            var packet = PacketEncoder.head(
                type: .data, code: CommandCode.uploadFile.rawValue, sessionID: session, transactionID: transaction,
                contentLength: 8 + piece.count)
            packet.writeInteger(UInt64(offset), endianness: .little)
            packet.writeBytes(piece)
            guard stream.send(raw: packet.readableBytesView) else { break }
            offset += piece.count
        }
        guard end == bytes.count else { return false }
        let last = try stream.receive()
        guard last.type == .response, last.transactionID == transaction else {
            throw BenchmarkFailure("An upload ends with \(last).")
        }
        try require(last, "upload", since: start)
        let result = try client.decode(TransferResult.self, from: last.content, of: .uploadFile)
        guard result.size == Int64(bytes.count) else {
            throw BenchmarkFailure("An upload of \(bytes.count): \(result)")
        }
        return true
    }

    // MARK: Live view

    /// Attaches a viewer.
    func view(maximumFramesPerSecond: Double? = nil) throws -> SoakViewer {
        let ticket = try client.ask(
            .startLiveView, StartLiveViewArguments(maximumFramesPerSecond: maximumFramesPerSecond),
            LiveViewTicket.self, session: session)
        let stream = try PlainConnection(port: place.liveViewPort, patience: SoakClient.patience)
        let start = ContinuousClock.now
        let transaction = try stream.send(.startLiveView, TicketArguments(ticket: ticket.ticket), session: session)
        let first = try stream.receive()
        guard first.transactionID == transaction, first.sessionID == session, first.type == .response else {
            throw BenchmarkFailure("A stream begins with \(first).")
        }
        try require(first, "live view", since: start)
        return SoakViewer(stream: stream, session: session, transaction: transaction)
    }
}

/// A stream of live view that somebody watches.
struct SoakViewer {
    struct Frame {
        let number: UInt32
        let arrived: UInt64
        let size: Int
        /// Whether it is a JPEG from its first to its last bytes.
        let isWhole: Bool
    }

    let stream: PlainConnection
    let session: UInt32
    let transaction: UInt32

    /// The next frame; nil when the stream was ended, with a response that says why.
    func next() throws -> Frame? {
        let head = try stream.receiveHead()
        guard head.session == session else { throw BenchmarkFailure("A frame of session \(head.session).") }
        guard head.type == .data else {
            var content = ByteBuffer()
            try stream.receive(head.rest) { _ = content.writeBytes($0) }
            let owner = content.readInteger(endianness: .little, as: UInt32.self) ?? 0
            guard head.type == .response, owner == transaction else {
                throw BenchmarkFailure("A stream brings \(head) of transaction \(owner).")
            }
            _ = try Refusal(
                PtpPacket(
                    type: .response, code: head.code, sessionID: session, transactionID: owner, content: content))
            return nil
        }
        guard head.rest > 16 else { throw BenchmarkFailure("A frame of \(head.rest) bytes.") }
        return try stream.receive(head.rest) { bytes in
            let owner = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
            guard owner == transaction else { throw BenchmarkFailure("A frame of transaction \(owner).") }
            return Frame(
                number: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
                arrived: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                size: bytes.count - 16,
                isWhole: bytes[16] == 0xFF && bytes[17] == 0xD8 && bytes[bytes.count - 2] == 0xFF
                    && bytes[bytes.count - 1] == 0xD9)
        }
    }
}
