import ArgumentParser
import Glibc
import NIOCore
import PacketProtocol

/// What goes to standard output and standard error.
enum Output {
    /// Whether standard output is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }

    /// A line of text for a person or a script.
    static func line(_ text: String) async throws {
        try await write(ByteBuffer(string: text + "\n"))
    }

    /// One JSON document on a line.
    static func json(_ value: some Encodable) async throws {
        var document = PacketEncoder.json(value)
        document.writeStaticString("\n")
        try await write(document)
    }

    /// Bytes as they are. Waits for a slow reader without holding a thread; stops when the task is cancelled. Standard
    /// output that was closed ends the program without a complaint.
    static func write(_ bytes: ByteBuffer) async throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            try Task.checkCancellation()
            var poll = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            guard Glibc.poll(&poll, 1, 20) > 0 else {
                await Task.yield()
                continue
            }
            // A pipe that is writable takes this much without blocking.
            let piece = min(rest.readableBytes, Int(PIPE_BUF))
            let written = rest.withUnsafeReadableBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, piece) }
            if written >= 0 {
                rest.moveReaderIndex(forwardBy: written)
            } else if errno == EPIPE {
                throw ExitCode.success
            } else if errno != EINTR, errno != EAGAIN {
                throw Failure("Standard output cannot be written to: \(String(cString: strerror(errno))).")
            }
        }
    }

    /// A sentence on standard error.
    static func complain(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
