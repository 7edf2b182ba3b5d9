/// What a driver's summary says of a body, a line for each thing: `Manufacturer: Nikon Corporation`. For bodies whose
/// drivers have no widgets for it.
struct BodySummary {
    private let text: String

    /// Takes a summary (gp_camera_get_summary), or none.
    init(_ text: String?) {
        self.text = text ?? ""
    }

    /// What stands behind a name and its colon; nil where nothing does.
    subscript(name: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let found = Self.word(String(parts[0])), found == name else { continue }
            return Self.word(String(parts[1]))
        }
        return nil
    }

    /// A text without the blanks around it; nil for nothing, and for the word for nothing.
    static func word(_ text: String) -> String? {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        let word = String(start[...last])
        return word.lowercased() == "none" ? nil : word
    }
}
