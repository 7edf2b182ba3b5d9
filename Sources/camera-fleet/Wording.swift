import Glibc

/// `24.5 MB`.
func readableSize(_ bytes: Int64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
        value /= 1_000
        unit += 1
    }
    return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
}

/// A text without what would steer a terminal.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.value < 32 || (127...159).contains($0.value) ? "\u{FFFD}" : $0 }))
}

/// A folder of a body and a name in it.
func joinedPath(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The day and the time of day here, of seconds since 1970: `2026-05-03 13:45:10`.
func localDate(_ seconds: Int64) -> String {
    var seconds = time_t(seconds)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
        guard let start = text.baseAddress, strftime(start, text.count, "%F %T", &parts) > 0 else {
            return "\(seconds)"
        }
        return String(cString: start)
    }
}

/// The time of day here, of nanoseconds since 1970: `13:45:10`, or `13:45:10.123456`.
func localTime(_ nanoseconds: Int64, fraction: Bool = false) -> String {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    func digits(_ number: Int, _ count: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }.joined(separator: ":")
    return fraction ? "\(time).\(digits(Int(nanoseconds % 1_000_000_000 / 1_000), 6))" : time
}
