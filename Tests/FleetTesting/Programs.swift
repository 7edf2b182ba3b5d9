import FoundationEssentials
import Glibc

/// The package's programs, which are built beside the tests.
public enum Programs {
    /// The path of a program.
    public static func path(_ name: String) -> String {
        "\(folder)/\(name)"
    }

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
