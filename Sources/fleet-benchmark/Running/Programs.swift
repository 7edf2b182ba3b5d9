import Foundation
import Glibc

/// A sentence that ends the benchmark.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ sentence: String) {
        description = sentence
    }
}

/// Where the programs are that a benchmark starts.
struct Programs {
    private let folder: String

    /// The given folder, or that of this program.
    init(folder: String?) throws {
        self.folder = try folder ?? Self.ownFolder()
        for name in ["camera-fleet", "body-worker", "virtual-camera", "bare-camera-stock", "bare-camera-best"]
        where access(path(name), X_OK) != 0 {
            throw BenchmarkFailure(
                "\(name) should stand beside fleet-benchmark, at \(path(name)); Deploy/benchmark builds it.")
        }
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    private static func ownFolder() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw BenchmarkFailure("The folder of this program cannot be found.") }
        let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }
}
