import Glibc
import Testing

/// A real pseudo-terminal, whose other end the test holds as a box would.
final class PseudoTerminal: Sendable {
    /// Where programs open it.
    let path: String
    private let descriptor: Int32

    init() throws {
        var (here, there): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 64)
        try #require(openpty(&here, &there, &name, nil, nil) == 0)
        close(there)
        descriptor = here
        _ = fcntl(descriptor, F_SETFL, O_RDWR | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { close(descriptor) }

    /// What programs wrote since the last call.
    func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    /// Says something.
    func write(_ text: String) { _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) } }

    /// How it is set.
    var settings: termios {
        var settings = termios()
        tcgetattr(descriptor, &settings)
        return settings
    }
}
