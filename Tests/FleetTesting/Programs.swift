import FoundationEssentials
import Glibc

/// The package's programs, which are built beside the tests.
public enum Programs {
    /// The path of a program.
    public static func path(_ name: String) -> String {
        "\(folder)/\(name)"
    }

    /// What a program's environment needs where it and the tests are built with a sanitizer: how that reports.
    public static let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
        ["ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"].contains($0.key)
    }

    /// What `camera-fleet serve` is told then: drivers' processes look for leaks before they end, and have the time.
    public static let sanitizerArguments = sanitizerOptions.isEmpty ? [] : ["--ending-seconds", "20"]

    /// Where this test runs from.
    public static let folder: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let path = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }()
}

/// A folder that is gone with the test.
public final class TemporaryFolder: Sendable {
    /// Where it is.
    public let path: String

    /// Makes a folder.
    public init() {
        var template = Array("/tmp/camera-fleet-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
    }

    deinit {
        guard path.hasPrefix("/tmp/camera-fleet-test-") else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
