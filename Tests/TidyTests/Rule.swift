import Testing

/// One file of the repository, or an example of one.
struct File: Sendable {
    /// Its path from the repository's top, such as `Sources/Fleet/Session.swift`.
    let path: String
    let lines: [String]
    /// Its code, line by line: all of the text where the language is neither Swift nor C.
    let code: [String]
    /// Its comments, line by line: all of the text where the language is neither Swift nor C.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if [".swift", ".c", ".h"].contains(where: path.hasSuffix) {
            let source = SourceText(text)
            code = source.code
            comments = source.comments
        } else {
            code = lines
            comments = lines
        }
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isInSources: Bool { path.hasPrefix("Sources/") }
    var isInTests: Bool { path.hasPrefix("Tests/") }
}

/// What a rule found.
struct Finding: CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 is the file as a whole.
    let line: Int
    let rule: String
    let text: String

    var description: String { "\(path):\(line): \(rule): \(text.trimmed)" }
}

/// A rule of the house, and what shows that it can be broken.
struct Rule: Sendable, CustomTestStringConvertible {
    /// A small file, and the lines at which the rule shall find something.
    struct Example: Sendable {
        let path: String
        let text: String
        let lines: [Int]

        /// The file breaks the rule at these lines.
        static func bad(_ path: String, _ text: String, at lines: Int...) -> Example {
            Example(path: path, text: text, lines: lines)
        }

        /// The file keeps the rule.
        static func good(_ path: String, _ text: String) -> Example {
            Example(path: path, text: text, lines: [])
        }
    }

    let name: String
    let examples: [Example]
    /// The lines at which a file breaks the rule, from 1; 0 is the file as a whole.
    let check: @Sendable (File) -> [Int]

    var testDescription: String { name }

    func findings(in file: File) -> [Finding] {
        check(file).map { line in
            let text = file.lines.indices.contains(line - 1) ? file.lines[line - 1] : ""
            return Finding(path: file.path, line: line, rule: name, text: text)
        }
    }

    static let all: [Rule] = [
        .imports, .length, .names, .notes, .machinePaths, .traps, .unchecked, .visibleLocks, .boundedStreams, .noSleeps,
    ]
}

extension [String] {
    /// The numbers, from 1, of the lines that are so.
    func numbers(where isSo: (String) -> Bool) -> [Int] {
        indices.filter { isSo(self[$0]) }.map { $0 + 1 }
    }
}

extension String {
    /// The text's words: what is left when everything but letters, digits and underscores is taken out.
    var words: [Substring] {
        split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    }

    var trimmed: String {
        String(drop(while: \.isWhitespace))
    }
}
