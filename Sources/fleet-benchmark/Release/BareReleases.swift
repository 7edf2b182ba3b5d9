import Foundation

/// Releases without the server: by a bare C program with a thread a body, or by as many gphoto2 processes.
struct BareReleases {
    /// A bare C program, and how it releases.
    struct Side: Hashable {
        enum Way: String {
            /// gp_camera_trigger_capture.
            case trigger
            /// The widget eosremoterelease, at half press before.
            case press
        }

        let build: BareCamera.Build
        let way: Way

        /// Its name in tables.
        var name: String { "\(build.rawValue), \(way.rawValue)" }
    }

    /// What the bare program prints.
    private struct Passages: Decodable {
        let first_ns: [Int64]
        let last_ns: [Int64]
    }

    let programs: Programs
    /// The bodies' ports, in libgphoto2's words.
    let ports: [String]
    /// Whether the bodies have live view, which is on before each release.
    let hasView: Bool

    /// What the threads that only sleep print.
    private struct Sleep: Decodable {
        let spread_ns: [Int64]
        let latest_ns: [Int64]
    }

    /// Threads, as many as there are bodies, that only sleep to one time, so many times: how far apart they run, and how long
    /// after the time the last of them does, in microseconds.
    func sleep(_ count: Int) throws -> (spreads: [Double], lateness: [Double]) {
        let program = try RunningProgram(
            programs.path("bare-camera-best"), ["sleep", "\(count)", "\(ports.count)"],
            environment: ["HOME": try Self.home().path])
        let (output, code) = try program.finish(within: 3600)
        guard code == 0 else { throw BenchmarkFailure("The threads that only sleep ended with \(code).") }
        let sleep = try JSONDecoder().decode(Sleep.self, from: Data(output.utf8))
        return (sleep.spread_ns.map { Double($0) / 1e3 }, sleep.latest_ns.map { Double($0) / 1e3 })
    }

    /// Releases all bodies so often with a bare program.
    func release(_ count: Int, by side: Side) throws -> [ReleaseRound] {
        let home = try Self.home()
        let name = "bare-camera-\(side.build.rawValue)"
        let program = try RunningProgram(
            programs.path(name), ["release", "\(count)", side.way.rawValue, hasView ? "view" : "blind"] + ports,
            environment: ["HOME": home.path])
        let (output, code) = try program.finish(within: 3600)
        guard code == 0 else { throw BenchmarkFailure("\(name) ended with \(code).") }
        let passages = try JSONDecoder().decode(Passages.self, from: Data(output.utf8))
        return passages.first_ns.map { ReleaseRound(decision: $0) }
    }

    /// Releases all bodies so often with processes that are started together.
    func releaseByProcesses(_ count: Int) throws -> [ReleaseRound] {
        let homes = try ports.map { _ in try Self.home() }
        return try (0..<count).map { _ in
            let round = ReleaseRound(decision: Int64(Date().timeIntervalSince1970 * 1e9))
            let running = try zip(ports, homes).map { port, home in
                try RunningProgram(
                    "/usr/bin/env", ["gphoto2", "--port", port, "--trigger-capture"], environment: ["HOME": home.path],
                    isQuiet: true)
            }
            for program in running {
                let (output, code) = try program.finish(within: 60)
                guard code == 0 else {
                    throw BenchmarkFailure("gphoto2 released nothing (it should be installed): \(output)")
                }
            }
            // A body is busy until its picture is on the card.
            usleep(200_000)
            return round
        }
    }

    /// A home in which libgphoto2 is told to leave pictures on the card.
    private static func home() throws -> TemporaryFolder {
        let home = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: "\(home.path)/.gphoto", withIntermediateDirectories: true)
        try Data("ptp2=capturetarget=card\n".utf8).write(to: URL(fileURLWithPath: "\(home.path)/.gphoto/settings"))
        return home
    }
}
