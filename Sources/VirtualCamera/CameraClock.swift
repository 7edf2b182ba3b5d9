import Glibc

/// The clock in a body: the machine's, off by as much as somebody set it wrong.
struct CameraClock: Sendable {
    /// How far the body's clock is ahead of the machine's, in seconds.
    var offset: Int

    /// Seconds since 1970 by the body's clock, and the thousandths of the second.
    func now() -> (seconds: Int, milliseconds: Int) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (time.tv_sec + offset, time.tv_nsec / 1_000_000)
    }

    /// Sets the clock from PTP's `YYYYMMDDThhmmss`, which is local time; what follows is ignored. False if it is no time.
    mutating func set(_ text: String) -> Bool {
        guard let seconds = Self.seconds(ofPtpText: text) else { return false }
        set(seconds: seconds)
        return true
    }

    /// Sets the clock to seconds since 1970.
    mutating func set(seconds: Int) {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        offset = seconds - time.tv_sec
    }

    /// The seconds since 1970 of PTP's way to write a moment, in local time; nil if it is none.
    static func seconds(ofPtpText text: String) -> Int? {
        let characters = Array(text.utf8)
        guard characters.count >= 15, characters[8] == UInt8(ascii: "T") else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: characters[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15),
            1970...9999 ~= year, 1...12 ~= month, 1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute, 0...60 ~= second
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        parts.tm_isdst = -1
        let seconds = mktime(&parts)
        return seconds >= 0 ? seconds : nil
    }

    /// How far local time is ahead of Greenwich's at a moment.
    static func secondsEastOfGreenwich(at seconds: Int) -> Int { local(seconds).tm_gmtoff }

    /// Seconds since 1970 of a moment whose local time was read as if it were Greenwich's, as Canon's CameraTime is.
    static func seconds(ofLocalTime seconds: Int) -> Int {
        seconds - secondsEastOfGreenwich(at: seconds - secondsEastOfGreenwich(at: seconds))
    }

    /// PTP's way to write a moment, in local time.
    static func ptpText(_ seconds: Int) -> String {
        let parts = local(seconds)
        return digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2) + "T"
            + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2)
    }

    /// EXIF's way to write a moment, in local time.
    static func exifText(_ seconds: Int) -> String {
        let parts = local(seconds)
        return digits(parts.tm_year + 1900, 4) + ":" + digits(parts.tm_mon + 1, 2) + ":" + digits(parts.tm_mday, 2)
            + " " + timeText(parts)
    }

    /// The time of the day, for people, with thousandths.
    static func timeText(_ seconds: Int, _ milliseconds: Int) -> String {
        timeText(local(seconds)) + "." + digits(Int32(milliseconds), 3)
    }

    private static func timeText(_ parts: tm) -> String {
        digits(parts.tm_hour, 2) + ":" + digits(parts.tm_min, 2) + ":" + digits(parts.tm_sec, 2)
    }

    private static func local(_ seconds: Int) -> tm {
        var seconds = seconds
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts
    }

    private static func digits(_ number: Int32, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
