import ArgumentParser
import FleetModel
import Foundation
import PacketClient
import PacketProtocol

/// How a user measures the shutter lag of real bodies: with a clock in the picture.
struct LagBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "Find the shutter lag of each body with a clock in the picture, and the offsets that make up for it.",
        discussion: """
            1. Put a clock that shows milliseconds where every body sees it: LEDs in turn are best; a screen shows no \
            more than it draws, 60 times a second. Set manual focus, one short exposure time and one drive mode.
            2. fleet-benchmark lag --server HOST --group NAME --shots 20 releases the bodies so often, and prints a line \
            for each picture.
            3. Look at the pictures, and write what the clock shows in each, in milliseconds, after its line. Give the \
            lines on standard input, ended by Ctrl-D, or later with --readings FILE.
            4. By how much each body exposes later than the quickest is printed, with how much that changes from shot to \
            shot, and the offsets for FIRE_GROUP and CAPTURE_GROUP.

            When each release left is known from the shot, and counted. A clock that begins again between two bodies' \
            exposures reads wrong: leave such a shot out.
            """)

    @Option(
        help: ArgumentHelp("The server: HOST or HOST:PORT.", valueName: "host[:port]"),
        transform: LagBenchmark.address)
    var server = ServerAddress(host: "127.0.0.1")

    @Option(help: "The bodies of this group; every ready one unless it is given.")
    var group: String?

    @Option(help: "How many shots.")
    var shots = 10

    @Option(
        help: ArgumentHelp(
            "Fire nothing: take the readings of shots that were fired before from a file; - is standard input.",
            valueName: "file"))
    var readings: String?

    @Flag(help: "Print one JSON object: lags in milliseconds, and offsets in nanoseconds.")
    var json = false

    func validate() throws {
        guard 1...1000 ~= shots else { throw ValidationError("--shots is a number from 1 to 1000.") }
        guard group != "" else { throw ValidationError("--group takes a name.") }
    }

    mutating func run() async throws {
        let connection = try await FleetConnection.connect(to: server)
        if let token = ProcessInfo.processInfo.environment["CAMERA_FLEET_TOKEN"], !token.isEmpty {
            _ = try await connection.authenticate(token: token)
        }
        do {
            if readings == nil { try await fire(connection) }
            let lines = try lines()
            try await compute(lines, connection)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private static func address(_ text: String) throws -> ServerAddress {
        guard let address = ServerAddress(text) else { throw ValidationError("\"\(text)\" is not HOST or HOST:PORT.") }
        return address
    }

    // MARK: Shots

    private func fire(_ connection: FleetConnection) async throws {
        let target = group.map { GroupTarget.group($0) } ?? .ready
        let names = Dictionary(try await connection.cameras().map { ($0.id, $0.name) }, uniquingKeysWith: { $1 })
        Self.say("# After each line write what the clock shows in the picture, in milliseconds. End with Ctrl-D.")
        for _ in 0..<shots {
            let shot = try await connection.captureGroup(CaptureGroupArguments(target: target, requireAll: true))
            for camera in shot.cameras {
                let what =
                    camera.images.first.map { "\($0.folder)/\($0.name)" } ?? camera.error?.message
                    ?? "\(camera.state.rawValue)"
                Self.say("\(shot.number) \(names[camera.id] ?? camera.id.rawValue)     # \(what)")
            }
        }
    }

    /// Standard output is for the result.
    private static func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    // MARK: Readings

    private func lines() throws -> [ClockReading] {
        let text: String
        if let readings, readings != "-" {
            guard let file = try? String(contentsOfFile: readings, encoding: .utf8) else {
                throw BenchmarkFailure("\(readings) cannot be read.")
            }
            text = file
        } else {
            text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        }
        return try text.split(whereSeparator: \.isNewline).compactMap { try ClockReading($0) }
    }

    private func compute(_ lines: [ClockReading], _ connection: FleetConnection) async throws {
        var known: [String: BodyID] = [:]
        for camera in try await connection.cameras() {
            for name in ["\(camera.cameraNumber)", camera.name, camera.id.rawValue] { known[name] = camera.id }
        }
        var shots: [Int64: Shot] = [:]
        var readings: [ShutterLags.Reading] = []
        for line in lines {
            let shot: Shot
            if let fetched = shots[line.shot] { shot = fetched } else { shot = try await connection.shot(line.shot) }
            shots[line.shot] = shot
            guard let id = known[line.camera] else { throw BenchmarkFailure("There is no camera \(line.camera).") }
            guard let firedAt = shot.firedAt, let camera = shot.cameras.first(where: { $0.id == id }),
                let releasedAt = camera.releasedAt
            else { throw BenchmarkFailure("Shot \(line.shot) did not release \(line.camera).") }
            readings.append(
                .init(
                    shot: line.shot, camera: id.rawValue,
                    time: line.milliseconds - Double(releasedAt - firedAt) / 1e6))
        }
        let lags = ShutterLags(readings).lags
        guard !lags.isEmpty else {
            throw BenchmarkFailure(
                "There are no readings of two bodies of the same shot, which is what can be compared.")
        }
        try show(lags)
    }

    /// What is printed with `json`.
    private struct Result: Encodable {
        struct Lag: Encodable {
            let id: String
            let lag_ms: Double
            let deviation_ms: Double?
            let shots: Int
        }

        let lags: [Lag]
        let offsets: [String: Int64]
    }

    private func show(_ lags: [ShutterLags.Lag]) throws {
        let offsets = Dictionary(lags.map { ($0.camera, $0.offset) }, uniquingKeysWith: { $1 })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if json {
            let result = Result(
                lags: lags.map { .init(id: $0.camera, lag_ms: $0.mean, deviation_ms: $0.deviation, shots: $0.shots) },
                offsets: offsets)
            return print(String(decoding: try encoder.encode(result), as: UTF8.self))
        }
        for lag in lags {
            let deviation = lag.deviation.map { String(format: "%.3f ms", $0) } ?? "unknown"
            print(
                "\(lag.camera)  \(String(format: "%.3f", lag.mean)) ms after the quickest, deviation \(deviation), "
                    + "\(lag.shots) shots")
        }
        print("offsets: \(String(decoding: try encoder.encode(offsets), as: UTF8.self))")
    }
}
