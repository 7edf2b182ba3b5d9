import Foundation
import NIOConcurrencyHelpers

/// What happened in a run: how often each command was answered how, what else was done, and what should not have happened.
final class SoakLedger: Sendable {
    /// How a command was answered.
    struct Answer: Hashable {
        let command: String
        /// `OK`, or the error's name.
        let name: String
    }

    private struct State {
        var answers: [Answer: Int] = [:]
        /// One message of each error of each command.
        var examples: [Answer: String] = [:]
        /// The longest time until an answer, in seconds, by command.
        var longest: [String: Double] = [:]
        var deeds: [String: Int] = [:]
        /// Seconds from a body's repair until it was ready.
        var recoveries: [Double] = []
        var failures = 0
    }

    private static let printedFailures = 200

    private let state = NIOLockedValueBox(State())
    private let start = ContinuousClock.now

    func note(_ command: String, _ name: String, after seconds: Double, message: String? = nil) {
        state.withLockedValue { state in
            let answer = Answer(command: command, name: name)
            state.answers[answer, default: 0] += 1
            state.longest[command] = max(state.longest[command] ?? 0, seconds)
            if let message, state.examples[answer] == nil { state.examples[answer] = message }
        }
    }

    /// Something was done that has no answer.
    func count(_ deed: String) {
        state.withLockedValue { $0.deeds[deed, default: 0] += 1 }
    }

    func note(recovery seconds: Double) {
        state.withLockedValue { $0.recoveries.append(seconds) }
    }

    /// Something happened that should not have happened: it is told at once.
    func fail(_ sentence: String) {
        let count = state.withLockedValue { state in
            state.failures += 1
            return state.failures
        }
        if count <= Self.printedFailures { tell("FAILURE: \(sentence)") }
    }

    /// A line on standard error, with the time of the run.
    func tell(_ line: String) {
        let seconds = Int(start.duration(to: .now) / .seconds(1))
        let text = "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)  \(line)\n"
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    var failures: Int { state.withLockedValue { $0.failures } }
    var commands: Int { state.withLockedValue { $0.answers.values.reduce(0, +) } }
    var refused: Int {
        state.withLockedValue { $0.answers.filter { $0.key.name != "OK" }.values.reduce(0, +) }
    }
    var longestAnswer: Double { state.withLockedValue { $0.longest.values.max() ?? 0 } }
    var recoveries: Samples { Samples(state.withLockedValue { $0.recoveries }) }
    var deeds: Int { state.withLockedValue { $0.deeds.values.reduce(0, +) } }

    /// Everything that was counted, a line each.
    var lines: [String] {
        state.withLockedValue { state in
            let commands = Set(state.answers.keys.map(\.command)).sorted()
            let answers = commands.map { command in
                let counts = state.answers.filter { $0.key.command == command }
                    .sorted { ($0.key.name == "OK" ? "" : $0.key.name) < ($1.key.name == "OK" ? "" : $1.key.name) }
                    .map { "\($0.key.name) \($0.value)" }
                let seconds = ((state.longest[command] ?? 0) * 10).rounded() / 10
                return "\(command): \(counts.joined(separator: ", ")); the longest took \(seconds) s"
            }
            let examples = state.examples.sorted { ($0.key.name, $0.key.command) < ($1.key.name, $1.key.command) }
                .map { "for example \($0.key.name) of \($0.key.command): \($0.value)" }
            let deeds = state.deeds.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            return answers + deeds + examples
        }
    }
}
