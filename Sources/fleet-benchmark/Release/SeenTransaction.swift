import Foundation
import Glibc

/// A transaction as the log of the virtual bodies has it.
struct SeenTransaction: Sendable {
    /// The body's number, from 1.
    let body: Int
    /// When its request came in, in nanoseconds since 1970.
    let arrival: Int64
    /// Whether the kernel said so; otherwise it is when the body saw it.
    let isArrivalByKernel: Bool
    /// When it was answered, in nanoseconds since 1970; nil where it was not.
    let answer: Int64?
    /// The operation's code, four digits in hexadecimal.
    let operation: String
    /// Whether it released the shutter: the request to, which the body did not refuse.
    let isRelease: Bool

    /// Reads a line of the log; nil where it is none.
    init?(_ line: UnsafeRawBufferPointer) {
        guard let body = Self.number(after: "\"number\":", in: line),
            let arrival = Self.number(after: "\"arrival_realtime_ns\":", in: line),
            let operation = Self.find("\"operation\":\"", in: line)
        else { return nil }
        self.body = Int(body)
        self.arrival = arrival
        isArrivalByKernel = Self.find("\"arrival_by\":\"kernel\"", in: line) != nil
        answer = Self.number(after: "\"answered_realtime_ns\":", in: line)
        self.operation = String(decoding: line[operation...].prefix(4), as: UTF8.self)
        isRelease = Self.find("\"response\":\"2001\"", in: line) != nil && Self.isRelease(self.operation, line)
    }

    /// InitiateCapture, Nikon's, and Canon's RemoteReleaseOn when it presses the shutter fully (its second bit).
    private static func isRelease(_ code: String, _ line: UnsafeRawBufferPointer) -> Bool {
        switch code {
        case "100E", "9207", "90C0", "90CB": true
        case "9128": number(after: "\"parameters\":[", in: line).map { $0 & 2 != 0 } ?? false
        default: false
        }
    }

    private static func number(after key: StaticString, in line: UnsafeRawBufferPointer) -> Int64? {
        guard let start = find(key, in: line) else { return nil }
        var number: Int64 = 0
        var digits = 0
        for byte in line[start...].prefix(while: { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            number = number &* 10 &+ Int64(byte - UInt8(ascii: "0"))
            digits += 1
        }
        return 1...19 ~= digits ? number : nil
    }

    /// Where a line goes on after a word, which begins with a quotation mark; nil where it has none.
    private static func find(_ word: StaticString, in line: UnsafeRawBufferPointer) -> Int? {
        guard let base = line.baseAddress else { return nil }
        let length = word.utf8CodeUnitCount
        var place = 0
        while place + length <= line.count {
            guard let mark = memchr(base + place, Int32(UInt8(ascii: "\"")), line.count - place) else { return nil }
            place = UnsafeRawPointer(mark) - base
            guard place + length <= line.count else { return nil }
            if memcmp(mark, word.utf8Start, length) == 0 { return place + length }
            place += 1
        }
        return nil
    }
}

/// The log of the virtual bodies, read as it grows.
final class SeenTransactions {
    private let file: FileHandle
    private var rest = Data()

    /// How often it is looked whether the log has grown, and how long it must not before it is taken for whole: in
    /// microseconds, and times.
    private static let pause: UInt32 = 50_000
    private static let quietLooks = 6

    init(path: String) throws {
        file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    }

    /// What was logged since this was asked last, once it is all of what happened until now: when nothing more comes, or
    /// something that happened later does.
    ///
    /// Throws where the log has lost transactions.
    func next() throws -> [SeenTransaction] {
        let now = Int64(Date().timeIntervalSince1970 * 1e9)
        var transactions: [SeenTransaction] = []
        var quiet = 0
        while quiet < Self.quietLooks, transactions.last.map({ $0.arrival <= now }) ?? true {
            let bytes = try file.read(upToCount: 16 << 20) ?? Data()
            guard !bytes.isEmpty else {
                quiet += 1
                usleep(Self.pause)
                continue
            }
            quiet = 0
            rest.append(bytes)
            try take(&transactions)
        }
        return transactions
    }

    /// Takes the whole lines, and keeps what is left.
    private func take(_ transactions: inout [SeenTransaction]) throws {
        let taken = try rest.withUnsafeBytes { bytes in
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                guard let transaction = SeenTransaction(line) else {
                    throw BenchmarkFailure(
                        "The virtual bodies' log has a gap: \(String(decoding: line, as: UTF8.self))")
                }
                transactions.append(transaction)
                start = end + 1
            }
            return start
        }
        rest = Data(rest.dropFirst(taken))
    }
}
