/// A line of what a user read off the pictures: `SHOT CAMERA MILLISECONDS`.
struct ClockReading: Equatable {
    /// The shot's number.
    let shot: Int64
    /// The body's number, name or id.
    let camera: String
    /// What the clock in the picture shows.
    let milliseconds: Double

    /// Reads a line; nil where there is nothing on it but space or, after `#`, a remark.
    ///
    /// Throws a sentence for a line that is none.
    init?(_ line: some StringProtocol) throws {
        let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return nil }
        guard words.count >= 3, let shot = Int64(words[0]), let time = words.last.flatMap({ Double($0) }), time.isFinite
        else {
            throw BenchmarkFailure("\"\(line)\" is not SHOT CAMERA MILLISECONDS, such as: 12 front-left 1834.5")
        }
        self.shot = shot
        camera = words[1..<(words.count - 1)].joined(separator: " ")
        milliseconds = time
    }
}
