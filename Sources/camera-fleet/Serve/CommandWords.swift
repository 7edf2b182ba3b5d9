/// The words of a command line, for a program that is run without a shell: parted by spaces, kept together by quotes and by
/// a backslash; nothing else means anything.
enum CommandWords {
    /// The words; nil where a quote is not closed, or a backslash is the last.
    static func of(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text.makeIterator()
        while let character = rest.next() {
            switch (character, quote) {
            case ("\\", nil), ("\\", "\""):
                guard let next = rest.next() else { return nil }
                word = (word ?? "") + String(next)
            case (_, let open?) where character == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (" ", nil), ("\t", nil), ("\n", nil):
                if let whole = word { words.append(whole) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(word) }
        return words
    }
}
