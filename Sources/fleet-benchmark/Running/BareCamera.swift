import Foundation

/// A bare C program that drives a body with libgphoto2 and nothing else.
struct BareCamera {
    /// As Debian ships libgphoto2, or with everything that is known to make it fast.
    enum Build: String, CaseIterable {
        case stock
        case best
    }

    /// What it prints.
    struct Result: Decodable {
        let open_ns: Double
        let cpu_ns: Double
        let wall_ns: Double
        let ns: [Double]
        let bytes: [Double]

        /// Megabytes a second of each call.
        var megabytesPerSecond: [Double] { zip(bytes, ns).map { $0 * 1000 / $1 } }
        /// Calls a second over all of them.
        var callsPerSecond: Double { Double(ns.count) * 1e9 / ns.reduce(0, +) }
        /// Milliseconds of each call.
        var milliseconds: [Double] { ns.map { $0 / 1e6 } }
        /// Percent of one processor, while the calls ran.
        var processor: Double { 100 * cpu_ns / wall_ns }
    }

    let programs: Programs
    let build: Build

    /// Runs it on a body's port, in a home of its own.
    func run(_ port: String, _ arguments: [String]) throws -> Result {
        let home = try TemporaryFolder()
        let program = try RunningProgram(
            programs.path("bare-camera-\(build.rawValue)"), [port] + arguments, environment: ["HOME": home.path])
        let (output, code) = try program.finish()
        guard code == 0 else { throw BenchmarkFailure("bare-camera-\(build.rawValue) ended with \(code).") }
        return try JSONDecoder().decode(Result.self, from: Data(output.utf8))
    }
}
