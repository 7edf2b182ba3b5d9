import FleetModel
import Glibc

/// Makes a widget's value of what a person writes. The kind of the widget decides, never the look of the text.
enum WidgetText {
    /// The value in the JSON type of the widget; a button takes no text, every other widget does.
    static func value(of text: String?, for widget: Widget) throws -> WidgetValue {
        guard widget.type != .button else {
            guard text == nil else { throw Failure("\(widget.name) is a button: it takes no value.") }
            return .none
        }
        guard let text else { throw Failure("Say what \(widget.name) is to be set to.") }
        switch widget.type {
        case .menu, .radio, .text: return .text(text)
        case .toggle:
            guard let toggle = toggle(text) else {
                throw Failure("\(widget.name) is a switch: set it to on or off, not to \"\(text)\".")
            }
            return .toggle(toggle)
        case .range:
            guard let number = Float(text), number.isFinite else {
                throw Failure("\(widget.name) is a range: set it to a number, not to \"\(text)\".")
            }
            return .number(number)
        case .date:
            guard let seconds = seconds(text) else {
                throw Failure(
                    """
                    \(widget.name) is a date: set it to now, to seconds since 1970, or to a time like \
                    2026-01-31T12:00:00, not to "\(text)".
                    """)
            }
            return .integer(seconds)
        case .button, .section: throw Failure("\(widget.name) cannot be set.")
        }
    }

    private static func toggle(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on", "true", "1": true
        case "off", "false", "0": false
        default: nil
        }
    }

    /// Seconds since 1970 of `now`, of digits, or of an ISO 8601 date and time; without a zone it is local time.
    private static func seconds(_ text: String) -> Int64? {
        if text == "now" { return Int64(time(nil)) }
        if let seconds = Int64(text) { return seconds }
        let format = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(?:(Z)|([+-])(\d\d):?(\d\d))?/
        guard text.allSatisfy(\.isASCII), let match = text.wholeMatch(of: format)?.output else { return nil }
        func number(_ digits: Substring?) -> Int32 { digits.flatMap { Int32($0) } ?? 0 }
        var parts = tm()
        parts.tm_year = number(match.1) - 1_900
        parts.tm_mon = number(match.2) - 1
        parts.tm_mday = number(match.3)
        parts.tm_hour = number(match.4)
        parts.tm_min = number(match.5)
        parts.tm_sec = number(match.6)
        parts.tm_isdst = -1
        let written = parts
        let isUTC = match.7 != nil || match.8 != nil
        let seconds = isUTC ? timegm(&parts) : mktime(&parts)
        // The C library makes 3 March of 31 February: that is no date.
        guard parts.tm_year == written.tm_year, parts.tm_mon == written.tm_mon, parts.tm_mday == written.tm_mday,
            written.tm_hour < 24, written.tm_min < 60, written.tm_sec < 60
        else { return nil }
        guard let sign = match.8 else { return Int64(seconds) }
        let offset = Int64(number(match.9)) * 3_600 + Int64(number(match.10)) * 60
        return Int64(seconds) - (sign == "+" ? offset : -offset)
    }
}
