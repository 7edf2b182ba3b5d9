import ArgumentParser
import FleetModel
import NIOCore
import PacketClient
import PacketProtocol

/// A tar archive of exported images, written as they come: a piece of one is in memory.
///
/// An image that cannot be had is left out. One that breaks off in the middle is filled up, since its size is told before
/// it: the archive goes on, and that image is told as failed.
final class ExportTape: ImageExport {
    /// nil: standard output.
    private var file: OutputFile? = nil
    private let isFile: Bool
    /// Why the archive itself cannot be written.
    private var failure: (any Error)?

    /// An archive in a file that is not there yet, or on standard output.
    init(_ path: String?) throws {
        isFile = path != nil
        guard let path else {
            guard !Output.isTerminal else {
                throw ValidationError("--tar - writes the archive to standard output: say where that goes.")
            }
            return
        }
        file = try OutputFile(path)
    }

    func add(_ image: SavedImage, from connection: FleetConnection) async throws -> Bool {
        _ = try image.localPlace()
        let ticket = try await connection.savedTicket(for: SavedImageArguments(image: image.number))
        var written: Int64?
        let head = TapeArchive(time: image.time / 1_000_000_000).head(of: image.savedAs, size: image.size)
        do throws(FleetClientError) {
            _ = try await connection.stream(of: ticket).receiveWhole(
                image.savedAs, size: image.size, sha256: image.sha256
            ) { (piece) async throws(FleetClientError) in
                do {
                    if written == nil { try await write(ByteBuffer(bytes: head)) }
                    try await write(piece)
                } catch {
                    failure = error
                    throw .cancelled
                }
                written = (written ?? 0) + Int64(piece.readableBytes)
            }
        } catch {
            if let failure { throw failure }
            guard let begun = written, error.isOfOnePart else { throw error }
            try await fill(image.size - begun)
            try await write(ByteBuffer(bytes: TapeArchive.padding(after: image.size)))
            throw Failure("It is damaged in the archive, do not use it from there. \(error)")
        }
        if written == nil { try await write(ByteBuffer(bytes: head)) }
        try await write(ByteBuffer(bytes: TapeArchive.padding(after: image.size)))
        return true
    }

    func finish() async throws {
        try await write(ByteBuffer(bytes: TapeArchive.end))
        try file?.finish()
    }

    private func fill(_ count: Int64) async throws {
        var rest = count
        while rest > 0 {
            let length = Int(min(rest, 1 << 20))
            try await write(ByteBuffer(repeating: 0, count: length))
            rest -= Int64(length)
        }
    }

    private func write(_ bytes: ByteBuffer) async throws {
        do {
            if isFile {
                try file?.write(Array(bytes.readableBytesView))
            } else {
                try await Output.write(bytes)
            }
        } catch let code as ExitCode where code == .success {
            throw ExportBroken(description: "Whoever reads the archive has closed it before its end.")
        } catch let failure as Failure {
            throw ExportBroken(description: failure.description)
        }
    }
}
