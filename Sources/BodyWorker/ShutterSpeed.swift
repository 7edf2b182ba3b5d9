import FleetModel
import GPhoto2

/// A shutter speed in the words of a driver.
enum ShutterSpeed {
    /// How long a body is set to expose, in nanoseconds; 0 where that is not known.
    ///
    /// Throws General_Error with a remedy where it is set to keep its shutter open until it is told.
    static func timed(of camera: Camera, remedy: String) throws(FleetError) -> Int64 {
        guard case .text(let words)? = try? camera.widget(named: "shutterspeed").root?.value else { return 0 }
        guard !words.lowercased().hasPrefix("bulb") else {
            throw FleetError(.generalError, "The body's shutter speed is Bulb: \(remedy).")
        }
        return nanoseconds(of: words)
    }

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
