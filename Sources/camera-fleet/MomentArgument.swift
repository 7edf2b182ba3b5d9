import ArgumentParser
import Glibc

/// A moment: `2026-01-31`, `2026-01-31T13:45` or `2026-01-31T13:45:10` by this machine's clock, with `Z` behind it in UTC; or
/// nanoseconds since 1970.
struct MomentArgument: ExpressibleByArgument {
    let nanoseconds: Int64

    init?(argument: String) {
        if argument.count >= 16, let number = Int64(argument), number > 0 {
            nanoseconds = number
            return
        }
        let isUTC = argument.hasSuffix("Z")
        let halves = (isUTC ? argument.dropLast() : argument[...])
            .split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == " " }
        guard let day = Self.numbers(halves[0], "-", widths: [4, 2, 2]),
            let time = halves.count == 1
                ? [0, 0]
                : Self.numbers(halves[1], ":", widths: [2, 2]) ?? Self.numbers(halves[1], ":", widths: [2, 2, 2])
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (day[0] - 1900, day[1] - 1, day[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time.count > 2 ? time[2] : 0)
        parts.tm_isdst = -1
        let seconds = isUTC ? timegm(&parts) : mktime(&parts)
        // The 30th of February becomes another day, which nobody meant.
        guard parts.tm_mon == day[1] - 1, parts.tm_mday == day[2], time[0] < 24, time[1] < 60, parts.tm_year < 300,
            seconds >= 0
        else { return nil }
        nanoseconds = Int64(seconds) * 1_000_000_000
    }

    private static func numbers(_ text: Substring, _ separator: Character, widths: [Int]) -> [CInt]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == widths else { return nil }
        let numbers = parts.compactMap { part in part.utf8.allSatisfy { 48...57 ~= $0 } ? CInt(part) : nil }
        return numbers.count == widths.count ? numbers : nil
    }
}
