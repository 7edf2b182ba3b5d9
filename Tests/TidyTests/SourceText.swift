/// A Swift or C file's text taken apart: code without comments and without what stands in string literals, and the
/// comments, line by line.
struct SourceText {
    /// The code, blank where a comment or the inside of a string literal was.
    private(set) var code: [String] = []
    /// The comments, blank where there is code.
    private(set) var comments: [String] = []

    init(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.run()
        code = Self.lines(scanner.code)
        comments = Self.lines(scanner.comments)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private enum Mode {
        /// Code; inside an interpolation, with the parentheses that are open in it.
        case code(parentheses: Int?)
        case literal(hashes: Int, quotes: Int)
        case line
        case block
    }

    private struct Scanner {
        let bytes: [UInt8]
        var code: [UInt8] = []
        var comments: [UInt8] = []
        private var index = 0
        private var modes: [Mode] = [.code(parentheses: nil)]

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        mutating func run() {
            while index < bytes.count {
                switch modes.last {
                case .literal(let hashes, let quotes): literal(hashes: hashes, quotes: quotes)
                case .line, .block: comment()
                case .code(let parentheses): plain(parentheses)
                case nil: modes = [.code(parentheses: nil)]
                }
            }
        }

        private func sees(_ text: StaticString, at offset: Int = 0) -> Bool {
            let start = index + offset
            guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
            return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[start + $0] == text.utf8Start[$0] }
        }

        private func count(_ byte: Character, at offset: Int) -> Int {
            bytes[min(index + offset, bytes.count)...].prefix { $0 == byte.asciiValue }.count
        }

        /// Takes one byte, as most are, that is none of those that mean anything here.
        private mutating func takesOrdinary(but meaningful: StaticString, asCode: Bool, asComment: Bool) -> Bool {
            let byte = bytes[index]
            guard byte != UInt8(ascii: "\n") else { return false }
            for other in 0..<meaningful.utf8CodeUnitCount where meaningful.utf8Start[other] == byte { return false }
            code.append(asCode ? byte : UInt8(ascii: " "))
            comments.append(asComment ? byte : UInt8(ascii: " "))
            index += 1
            return true
        }

        private mutating func take(_ count: Int, asCode: Bool = false, asComment: Bool = false) {
            for byte in bytes[index..<min(index + count, bytes.count)] {
                let isBreak = byte == UInt8(ascii: "\n")
                code.append(asCode || isBreak ? byte : UInt8(ascii: " "))
                comments.append(asComment || isBreak ? byte : UInt8(ascii: " "))
            }
            index += count
        }

        private mutating func plain(_ parentheses: Int?) {
            if takesOrdinary(but: "/#\"()", asCode: true, asComment: false) { return }
            if sees("//") {
                modes.append(.line)
                return
            }
            if sees("/*") {
                modes.append(.block)
                return take(2, asComment: true)
            }
            let hashes = count("#", at: 0)
            let quotes = count("\"", at: hashes)
            if quotes > 0 {
                let opening = quotes >= 3 ? 3 : 1
                modes.append(.literal(hashes: hashes, quotes: opening))
                return take(hashes + opening)
            }
            if let parentheses {
                if sees(")"), parentheses == 0 {
                    modes.removeLast()
                    return take(1)
                }
                let change = sees("(") ? 1 : sees(")") ? -1 : 0
                modes[modes.count - 1] = .code(parentheses: parentheses + change)
            }
            take(max(hashes, 1), asCode: true)
        }

        private mutating func literal(hashes: Int, quotes: Int) {
            if takesOrdinary(but: "\\\"", asCode: false, asComment: false) { return }
            if sees("\\"), count("#", at: 1) >= hashes {
                if sees("(", at: 1 + hashes) {
                    modes.append(.code(parentheses: 0))
                    return take(2 + hashes)
                }
                return take(1 + hashes + (sees("\n", at: 1 + hashes) ? 0 : 1))
            }
            if count("\"", at: 0) >= quotes, count("#", at: quotes) >= hashes {
                modes.removeLast()
                return take(quotes + hashes)
            }
            if quotes == 1, sees("\n") { modes.removeLast() }
            take(1)
        }

        private mutating func comment() {
            if takesOrdinary(but: "/*", asCode: false, asComment: true) { return }
            if case .line = modes.last {
                if sees("\n") { modes.removeLast() }
                return take(1, asComment: true)
            }
            if sees("/*") {
                modes.append(.block)
                return take(2, asComment: true)
            }
            if sees("*/") {
                modes.removeLast()
                return take(2, asComment: true)
            }
            take(1, asComment: true)
        }
    }
}
