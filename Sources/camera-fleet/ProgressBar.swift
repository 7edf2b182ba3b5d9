import Glibc
import NIOConcurrencyHelpers

/// How far downloads are, on standard error, when that is a terminal and they take longer than a second.
final class ProgressBar: Sendable {
    private struct State {
        var total: Int64 = 0
        var done: Int64 = 0
        var drawn: ContinuousClock.Instant?
    }

    private let state = NIOLockedValueBox(State())
    private let started = ContinuousClock.now
    private let isShown = isatty(STDERR_FILENO) != 0

    /// More is to come.
    func expect(_ bytes: Int64) {
        state.withLockedValue { $0.total += bytes }
    }

    /// More has come.
    func advance(by bytes: Int64) {
        let line: String? = state.withLockedValue { state in
            state.done += bytes
            let now = ContinuousClock.now
            guard isShown, now - started > .seconds(1) else { return nil }
            if let drawn = state.drawn, now - drawn < .milliseconds(100) { return nil }
            state.drawn = now
            let share = state.total > 0 ? min(1, Double(state.done) / Double(state.total)) : 0
            let filled = Int(share * 30)
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            return "\r[\(bar)] \(readableSize(state.done)) of \(readableSize(state.total))   "
        }
        if let line { write(line) }
    }

    /// Takes the bar away, before a line is printed.
    func clear() {
        let wasDrawn = state.withLockedValue { state in
            defer { state.drawn = nil }
            return state.drawn != nil
        }
        if wasDrawn { write("\r" + String(repeating: " ", count: 70) + "\r") }
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
