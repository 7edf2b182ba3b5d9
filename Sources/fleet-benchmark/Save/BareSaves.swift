import Foundation

/// Objects saved without the server: by a bare C program with a thread a body, each object synchronised before the next.
struct BareSaves {
    /// What the bare program prints.
    private struct Saved: Decodable {
        let ns: Double
        let bytes: Double
    }

    let programs: Programs
    /// The bodies' ports, in libgphoto2's words.
    let ports: [String]
    /// The folder on the bodies.
    let folder: String
    let names: [String]

    /// Saves all of them, and gives megabytes a second.
    func save(by build: BareCamera.Build) throws -> Double {
        let home = try TemporaryFolder()
        let target = try TemporaryFolder()
        let name = "bare-camera-\(build.rawValue)"
        let program = try RunningProgram(
            programs.path(name), ["save", target.path, folder, "\(names.count)"] + names + ports,
            environment: ["HOME": home.path])
        let (output, code) = try program.finish()
        guard code == 0 else { throw BenchmarkFailure("\(name) ended with \(code).") }
        let saved = try JSONDecoder().decode(Saved.self, from: Data(output.utf8))
        return saved.bytes * 1000 / saved.ns
    }
}
