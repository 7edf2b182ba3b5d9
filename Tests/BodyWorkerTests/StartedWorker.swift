import CProcess
import FleetTesting
import Foundation
import NIOConcurrencyHelpers

/// A packet as it came over the link, cut by its length and nothing else.
struct LinkPacket: Sendable {
    /// 1 command, 2 data, 3 response, 4 event.
    let type: UInt16
    let code: UInt16
    let session: UInt32
    let body: [UInt8]

    var transaction: UInt32 { body.little(at: 0) }
    var content: [UInt8] { Array(body.dropFirst(4)) }
    var json: JSONValue { (try? JSONDecoder().decode(JSONValue.self, from: Data(content))) ?? .null }
}

/// The built body-worker behind a socket pair: tests write bytes into its link, and read what it writes. Ended, if nothing
/// else ends it, when the test lets it go.
final class StartedWorker: Sendable {
    struct Silent: Error {}
    struct Ended: Error {}

    let folder = TemporaryFolder()
    let link: Int32
    private let processDescriptor: Int32
    /// Kept for as long as the worker.
    private let body: PlayedBody?

    init(arguments: [String], body: PlayedBody? = nil) throws {
        self.body = body
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw POSIXError(.EMFILE)
        }
        defer { close(ends[1]) }
        let home = folder.path
        let words =
            [Programs.path("body-worker")]
            + arguments.map {
                $0.replacingOccurrences(of: "HOME", with: home)
            }
        var strings = words.map { strdup($0) } + [nil]
        let variables = ["PATH": "/usr/bin:/bin"].merging(Programs.sanitizerOptions) { $1 }
        var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (strings + environment).forEach { free($0) } }
        var process: pid_t = 0
        var descriptor: Int32 = -1
        let failure = fleet_process_start(
            words[0], &strings, &environment, nil, -1, ends[1], false, &process, &descriptor)
        guard failure == 0 else { throw POSIXError(.init(rawValue: failure) ?? .EIO) }
        link = ends[0]
        processDescriptor = descriptor
    }

    /// A worker for a body that the tests play.
    convenience init(_ body: PlayedBody, patience: Int = 7500) throws {
        try self.init(
            arguments: [
                "--port", body.path, "--home", "HOME", "--guid", "000102030405060708090a0b0c0d0eff",
                "--patience-ms", "\(patience)",
            ], body: body)
    }

    deinit {
        close(link)
        if !Programs.sanitizerOptions.isEmpty {
            // It looks for leaks before it ends, and is given the time.
            var ready = pollfd(fd: processDescriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&ready, 1, 20_000)
        }
        _ = fleet_process_signal(processDescriptor, SIGKILL)
        _ = fleet_process_reap(processDescriptor)
        close(processDescriptor)
    }

    // MARK: The link

    func send(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = Foundation.send(link, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// A command: u32 length, u16 type 1, u16 code, u32 session 0, u32 transaction, JSON.
    func command(_ code: UInt16, _ transaction: UInt32, _ json: String = "") {
        send(
            .little(UInt32(16 + json.utf8.count)) + .little(UInt16(1)) + .little(code) + .little(UInt32(0))
                + .little(transaction) + Array(json.utf8))
    }

    /// The next packet.
    func packet() async throws -> LinkPacket {
        let header = try await bytes(12)
        let length: UInt32 = header.little(at: 0)
        let body = try await bytes(Int(length) - 12)
        return LinkPacket(
            type: header.little(at: 4), code: header.little(at: 6), session: header.little(at: 8), body: body)
    }

    /// The next packet of that kind; others are dropped.
    func packet(where isWanted: (LinkPacket) -> Bool) async throws -> LinkPacket {
        while true {
            let packet = try await packet()
            if isWanted(packet) { return packet }
        }
    }

    /// The next event of that code.
    func event(_ code: UInt16) async throws -> JSONValue {
        try await packet { $0.type == 4 && $0.code == code }.json
    }

    /// The answer to a command; what comes before it is dropped.
    func answer(_ transaction: UInt32) async throws -> LinkPacket {
        try await packet { $0.type == 3 && $0.transaction == transaction }
    }

    /// Sends a command and gives its answer.
    func ask(_ code: UInt16, _ transaction: UInt32 = 9, _ json: String = "") async throws -> LinkPacket {
        command(code, transaction, json)
        return try await answer(transaction)
    }

    /// How the kernel schedules the body's thread, the process' first: SCHED_OTHER, SCHED_FIFO; -1 where it is gone.
    var policy: Int32 {
        let words = try? String(contentsOfFile: "/proc/self/fdinfo/\(processDescriptor)", encoding: .utf8)
        let line = words?.split(separator: "\n").first { $0.hasPrefix("Pid:") }
        guard let process = line.flatMap({ Int32($0.dropFirst(4).trimmingCharacters(in: .whitespaces)) }) else {
            return -1
        }
        return sched_getscheduler(process)
    }

    /// Closes the server's end.
    func hangUp() { shutdown(link, Int32(SHUT_RDWR)) }

    /// The exit code, waited for.
    func exitCode() async throws -> Int32 {
        try await aside { [processDescriptor] in
            var ready = pollfd(fd: processDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 20_000) == 1 else { throw Silent() }
            return fleet_process_reap(processDescriptor)
        }
    }

    private func bytes(_ count: Int) async throws -> [UInt8] {
        try await aside { [link] in
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                var ready = pollfd(fd: link, events: Int16(POLLIN), revents: 0)
                guard poll(&ready, 1, 20_000) == 1 else { throw Silent() }
                let read = bytes.withUnsafeMutableBytes {
                    recv(link, $0.baseAddress?.advanced(by: filled), count - filled, 0)
                }
                guard read > 0 else { throw Ended() }
                filled += read
            }
            return bytes
        }
    }

    /// Waits on a thread of Dispatch's, so that no other test waits for this one.
    private func aside<Value: Sendable>(_ action: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try action() }) }
        }
    }
}
