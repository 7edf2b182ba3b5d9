import Foundation
import Glibc
import NIOConcurrencyHelpers
import NIOPosix

/// The latest transactions of a body, at most `capacity`; the oldest goes when another comes.
struct TransactionRing: Sendable {
    private var records: [TransactionRecord] = []
    private var next = 0
    let capacity: Int

    init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    mutating func append(_ record: TransactionRecord) {
        guard capacity > 0 else { return }
        if records.count < capacity {
            records.append(record)
        } else {
            records[next] = record
            next = (next + 1) % capacity
        }
    }

    /// Oldest first.
    var all: [TransactionRecord] { Array(records[next...] + records[..<next]) }
}

/// A file that the transactions of a rig are written to, one a line, as JSON.
///
/// Written by a thread of the pool, so that no body waits for a disk. At most `limit` records wait to be written; when it
/// is full, more are not kept, and a line `{"lost": N}` says how many.
public final class TransactionLogFile: Sendable {
    private struct Waiting {
        var records: [TransactionRecord] = []
        var lost = 0
        var isScheduled = false
        var isClosed = false
    }

    private static let limit = 16_384

    private let descriptor: Int32
    private let waiting = NIOLockedValueBox(Waiting())
    /// Held by whoever writes.
    private let writing = NIOLock()

    /// Opens a file to append to; it is made if it is not there.
    ///
    /// - Throws: `DescriptionError` that says why it cannot be written.
    public init(path: String) throws(DescriptionError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw DescriptionError("The log \(path) cannot be written: \(String(cString: strerror(errno))).")
        }
    }

    deinit { close(descriptor) }

    /// Writes what waits, and takes no more.
    public func finish() async {
        waiting.withLockedValue { $0.isClosed = true }
        try? await NIOThreadPool.singleton.runIfActive { self.drain() }
    }

    func append(_ record: TransactionRecord) {
        let isFirst = waiting.withLockedValue { waiting in
            guard !waiting.isClosed else { return false }
            guard waiting.records.count < Self.limit else {
                waiting.lost += 1
                return false
            }
            waiting.records.append(record)
            defer { waiting.isScheduled = true }
            return !waiting.isScheduled
        }
        if isFirst { NIOThreadPool.singleton.submit { _ in self.drain() } }
    }

    private func drain() {
        writing.withLock {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            while true {
                let (records, lost) = waiting.withLockedValue { waiting in
                    defer {
                        waiting.records = []
                        waiting.lost = 0
                        waiting.isScheduled = false
                    }
                    return (waiting.records, waiting.lost)
                }
                guard !records.isEmpty || lost > 0 else { return }
                var lines = Data()
                for record in records {
                    guard let line = try? encoder.encode(record) else { continue }
                    lines.append(line)
                    lines.append(UInt8(ascii: "\n"))
                }
                if lost > 0 { lines.append(Data("{\"lost\":\(lost)}\n".utf8)) }
                // A disk that is full costs lines, and no body anything; it is tried again when more is to be written.
                guard write(lines) else {
                    waiting.withLockedValue { $0.lost += records.count + lost }
                    return
                }
            }
        }
    }

    private func write(_ lines: Data) -> Bool {
        lines.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let more = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if more > 0 { written += more } else if more == 0 || errno != EINTR { return false }
            }
            return true
        }
    }
}
