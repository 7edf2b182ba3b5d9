/// A shutter speed in the words of a driver.
enum ShutterSpeed {
    /// How long it exposes, in nanoseconds: of `1/60`, `0.5`, `13/10`, `30`, `0.0166s` or `30"`; 0 for bulb and other words.
    static func nanoseconds(of words: String) -> Int64 {
        let number = words.hasSuffix("s") || words.hasSuffix("\"") ? words.dropLast() : words[...]
        let parts = number.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
        let seconds: Double
        switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
        case (1, let whole?, _): seconds = whole
        case (2, let above?, let below?): seconds = above / below
        default: return 0
        }
        guard seconds.isFinite, 0...longest ~= seconds else { return 0 }
        return Int64(seconds * 1e9)
    }

    /// In seconds.
    private static let longest = 3600.0
}
