extension Rule {
    static let traps = Rule(
        name: "nothing from outside can end the process: no try!, as! or fatalError",
        examples: [
            .bad("Sources/Fleet/A.swift", "let a = try! f()\nlet b = c as! Int\nfatalError(\"no\")", at: 1, 2, 3),
            .bad("Sources/Fleet/A.swift", "let a = \"\\(b as! Int)\"", at: 1),
            .good("Sources/Fleet/A.swift", "// try! fatalError()\nlet a = \"try! as! fatalError()\"\nlet b = try? f()"),
            .good("Tests/FleetTests/A.swift", "let a = try! f()"),
        ]
    ) { file in
        guard file.isSwift, file.isInSources else { return [] }
        return file.code.numbers { line in
            line.contains("try!") || line.contains("fatalError(") || line.contains(" as! ")
        }
    }

    static let unchecked = Rule(
        name: "what the compiler does not check for races, a comment proves, on its line or the one above",
        examples: [
            .bad("Sources/Fleet/A.swift", "\nfinal class A: @unchecked Sendable {}", at: 2),
            .bad("Sources/Fleet/A.swift", "nonisolated(unsafe) var a = 1\n@preconcurrency import B", at: 1, 2),
            .good("Sources/Fleet/A.swift", "/// Its lock guards it.\nfinal class A: @unchecked Sendable {}"),
            .good("Sources/Fleet/A.swift", "nonisolated(unsafe) let a = 1  // Never changes."),
        ]
    ) { file in
        guard file.isSwift else { return [] }
        return file.code.numbers { line in
            line.contains("@unchecked") || line.contains("nonisolated(unsafe)") || line.contains("@preconcurrency")
        }.filter { number in
            file.comments[max(number - 2, 0)..<number].allSatisfy { $0.trimmed.isEmpty }
        }
    }

    static let visibleLocks = Rule(
        name: "locks are those that ThreadSanitizer sees, which those of Synchronization are not",
        examples: [
            .bad("Tests/FleetTests/A.swift", "import Foundation\nimport Synchronization", at: 2),
            .good("Tests/FleetTests/A.swift", "import NIOConcurrencyHelpers"),
        ]
    ) { file in
        guard file.isSwift else { return [] }
        return file.code.numbers { $0.words.contains("import") && $0.words.contains("Synchronization") }
    }

    static let noSleeps = Rule(
        name: "a test waits for a condition, not for time to pass",
        examples: [
            .bad("Tests/FleetTests/A.swift", "try await Task.sleep(for: .seconds(1))\nusleep(10)", at: 1, 2),
            .bad("Tests/FleetTesting/A.swift", "try await ContinuousClock().sleep(for: .seconds(1))", at: 1),
            .bad("Tests/Client/client.py", "import time\ntime.sleep(1)\n", at: 2),
            .bad("Tests/Client/run", "#!/bin/bash\nsleep 1\n", at: 2),
            .good("Tests/FleetTesting/Waiting.swift", "try await ContinuousClock().sleep(for: .milliseconds(10))"),
            .good("Tests/FleetTests/A.swift", "func sleep(until deadline: Instant) {}\n// Task.sleep(1)"),
            .good("Sources/Fleet/A.swift", "try await Task.sleep(for: .seconds(1))"),
        ]
    ) { file in
        // Waiting for a condition is looking again and again, with pauses: there, and nowhere else.
        guard file.isInTests, file.path != "Tests/FleetTesting/Waiting.swift" else { return [] }
        return file.code.numbers { line in
            if !file.isSwift, line.trimmed.hasPrefix("sleep ") { return true }
            return ["sleep(", "sleep (", "nanosleep"].contains { line.contains($0) } && !line.contains("func ")
        }
    }

    static let boundedStreams = Rule(
        name: "a stream has a bound (bufferingPolicy)",
        examples: [
            .bad("Sources/Fleet/A.swift", "let s = AsyncStream<Int> { _ in }", at: 1),
            .bad("Sources/Fleet/A.swift", "\nlet s = AsyncStream(Int.self) { _ in }", at: 2),
            .bad(
                "Sources/Fleet/A.swift", "(a, b) = AsyncStream.makeStream()\nlet c = D.makeStream(of: E.self)", at: 1, 2
            ),
            .bad("Tests/FleetTests/A.swift", "return AsyncThrowingStream<Int, any Error> { _ in }", at: 1),
            .bad(
                "Sources/Fleet/A.swift", "let s = AsyncStream(\n    Int.self, bufferingPolicy: .unbounded) { _ in }",
                at: 1),
            .good(
                "Sources/Fleet/A.swift",
                "let s = AsyncStream<Int>.makeStream(\n    bufferingPolicy: .bufferingNewest(1))"),
            .good("Sources/Fleet/A.swift", "func f() -> AsyncStream<Int> {\n}\nvar s: AsyncStream<Int> { g() }"),
            .good("Sources/Fleet/A.swift", "var c: [AsyncStream<(A, B)>.Continuation] = []\nAsyncStream(unfolding: f)"),
            .good("Sources/Fleet/A.swift", "func f() -> (AsyncStream<Int>, Int) {\n}\nlet s: any AsyncSequence"),
        ]
    ) { file in
        guard file.isSwift else { return [] }
        var found: [Int] = []
        for (index, line) in file.code.enumerated() where line.contains("Stream") {
            for name in ["AsyncStream", "AsyncThrowingStream", "makeStream"] {
                for range in line.ranges(of: name) {
                    let rest = String(line[range.upperBound...])
                    let following = file.code[(index + 1)...].prefix(20).joined(separator: "\n")
                    if makesUnbounded(name, after: line[..<range.lowerBound], before: rest + "\n" + following) {
                        found.append(index + 1)
                    }
                }
            }
        }
        return found
    }

    private static func makesUnbounded(_ name: String, after start: Substring, before end: String) -> Bool {
        let previous = start.last { !$0.isWhitespace }
        if start.hasSuffix("func ") || start.last?.isLetter == true { return false }
        var rest = end[...]
        if rest.first == "<" { rest = rest.dropFirst(balanced(rest, "<", ">").count) }
        if rest.hasPrefix(".init(") { rest = rest.dropFirst(".init".count) }
        switch rest.first {
        case "(":
            let arguments = balanced(rest, "(", ")")
            if arguments.contains(".unbounded") { return true }
            return !arguments.contains("bufferingPolicy") && !arguments.contains("unfolding")
        case " ":
            // A trailing closure makes a stream; a body after a type, or an accessor's, does not.
            guard name != "makeStream", rest.drop(while: \.isWhitespace).first == "{" else { return false }
            return previous != ">" && previous != ":" && !start.hasSuffix("some ") && !start.hasSuffix("any ")
        default:
            return false
        }
    }

    /// The text from its opening sign to the one that closes it.
    private static func balanced(_ text: Substring, _ open: Character, _ close: Character) -> Substring {
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == open { depth += 1 }
            if text[index] == close { depth -= 1 }
            index = text.index(after: index)
            if depth == 0 { break }
        }
        return text[..<index]
    }
}
