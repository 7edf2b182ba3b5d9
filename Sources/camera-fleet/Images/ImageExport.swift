import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// A place that takes saved images of a server, one after the other.
protocol ImageExport {
    /// Takes an image; false where it is there already, and is the same.
    ///
    /// Throws `Failure`, and a `FleetClientError` that `isOfOnePart`, where this image alone cannot be had.
    mutating func add(_ image: SavedImage, from connection: FleetConnection) async throws -> Bool
    /// No more comes.
    mutating func finish() async throws
}

/// Why nothing more can be exported.
struct ExportBroken: Error, CustomStringConvertible {
    let description: String
}

/// One export: what came, what was there, and what failed.
struct ExportRun {
    let connection: FleetConnection
    var export: any ImageExport
    /// Whether standard output is for something else.
    let isQuiet: Bool
    private var outcome = ExportOutcome()

    init(connection: FleetConnection, export: any ImageExport, isQuiet: Bool) {
        self.connection = connection
        self.export = export
        self.isQuiet = isQuiet
    }

    /// Exports an image by its number.
    mutating func add(_ number: Int64) async throws {
        let newest = try await connection.images(ImagesArguments(limit: 1, before: number + 1)).first
        if let newest, newest.number == number { return try await add(newest) }
        outcome.failed.append(number)
        Output.complain("No image \(number) is saved; `images` tells which are.")
    }

    /// Exports all images of a selection, newest first; one page of them is in memory. `page` says which are wanted, so many
    /// at most and before that one.
    mutating func add(all page: (_ limit: Int, _ before: Int64?) async throws -> ImagesArguments) async throws {
        var last: Int64?
        while true {
            let images = try await connection.images(try await page(Self.page, last))
            guard let end = images.last?.number, last.map({ end < $0 }) ?? true else { return }
            last = end
            for image in images { try await add(image) }
        }
    }

    /// The most that the server gives at one time.
    private static let page = 1_000

    /// Exports an image; one that fails is told, and the next has its turn.
    mutating func add(_ image: SavedImage) async throws {
        do {
            guard try await export.add(image, from: connection) else {
                outcome.present += 1
                return
            }
            outcome.exported += 1
            outcome.bytes += image.size
            if !isQuiet { try await Output.line(printable("\(readableSize(image.size))  \(image.savedAs)")) }
        } catch let error as FleetClientError where error.isOfOnePart {
            fail(image, error.description)
        } catch let failure as Failure {
            fail(image, failure.description)
        }
    }

    private mutating func fail(_ image: SavedImage, _ reason: String) {
        outcome.failed.append(image.number)
        Output.complain(printable("Image \(image.number), \(image.savedAs): \(reason)"))
    }

    /// Tells what came of it; a failure of any image is one of the whole, and so is an export of nothing.
    mutating func finish(json: Bool) async throws {
        try await export.finish()
        if json { try await Output.json(outcome) }
        let failed = outcome.failed.isEmpty ? "" : ", \(outcome.failed.count) FAILED"
        Output.complain(
            "\(outcome.exported) images exported (\(readableSize(outcome.bytes))), \(outcome.present) were there already"
                + "\(failed).")
        guard outcome.failed.isEmpty, outcome.exported + outcome.present > 0 else { throw ExitCode.failure }
    }
}

/// The JSON of `images export`.
struct ExportOutcome: Encodable {
    /// How many images came.
    var exported = 0
    /// Their bytes.
    var bytes: Int64 = 0
    /// How many were there already, with the same size and SHA-256.
    var present = 0
    /// The numbers of those that could not be had.
    var failed: [Int64] = []
}

extension SavedImage {
    /// Its place below a folder of this machine, in parts: what no server of this version says is not taken.
    func localPlace() throws -> (folders: [Substring], name: String) {
        let parts = savedAs.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && part.utf8.count <= 255
                && !part.utf8.contains { $0 < 32 || $0 == 127 }
        }
        guard isPlain, let name = parts.last else {
            throw Failure("The server gives it a name that leads out of the folder, or hides it: it is not taken.")
        }
        return (Array(parts.dropLast()), String(name))
    }
}
