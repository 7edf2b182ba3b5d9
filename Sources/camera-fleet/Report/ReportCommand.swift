import ArgumentParser
import FleetModel
import Glibc
import PacketClient
import PacketProtocol

/// Puts into one file what a developer needs to know about a fleet in trouble.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Put what a bug report needs into one archive: no pictures; serial numbers are in it.")

    /// The bodies that are asked at once: what they tell is in memory until it is written.
    private static let atOnce = 8

    @Argument(help: "The archive; camera-fleet-report-DATE.tar unless given.")
    var file: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard let file else { return }
        guard file.hasSuffix(".tar") else { throw ValidationError("The archive's name ends with .tar.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let now = time(nil)
            let path = file ?? "camera-fleet-report-\(Self.date(now)).tar"
            let failures = try await write(to: path, Int64(now), connection)
            if output.json { return try await Output.json(WrittenReport(path: path, failures: failures)) }
            try await Output.line(printable(path))
            if failures > 0 {
                Output.complain("\(failures) of its parts could not be had; the archive says why (*.error.txt).")
            }
            Output.complain("Look into it before you send it: tar -xf \(printable(path))")
        }
    }

    /// Writes the archive; returns how many parts could not be had.
    private func write(to path: String, _ now: Int64, _ connection: FleetConnection) async throws -> Int {
        var file = try OutputFile(path)
        let archive = TapeArchive(time: now)
        let folder = "camera-fleet-report"
        var failures = 0
        func add(_ parts: [ReportPart]) throws {
            for part in parts {
                try file.write(archive.file("\(folder)/\(part.path)", part.content))
                if part.isError { failures += 1 }
            }
        }
        try add([.readme, .versions(of: connection), .machine])
        var cameras: [CameraInfo] = []
        do {
            cameras = try await connection.cameras()
            try add([.json("cameras.json", CameraList(cameras: cameras))])
        } catch let error as FleetClientError where error.isOfOnePart {
            try add([.error("cameras", error)])
        }
        for start in stride(from: 0, to: cameras.count, by: Self.atOnce) {
            let some = Array(cameras[start..<min(start + Self.atOnce, cameras.count)])
            for parts in try await sideBySide(some, { try await BodyReport(camera: $0).parts(connection) }) {
                try add(parts)
            }
        }
        try file.write(TapeArchive.end)
        try file.finish()
        return failures
    }

    /// `20260131-134510`, here.
    private static func date(_ time: time_t) -> String {
        var time = time
        var parts = tm()
        localtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// The JSON of `report`.
private struct WrittenReport: Encodable {
    var path: String
    /// How many parts could not be had.
    var failures: Int
}
