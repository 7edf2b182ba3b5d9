import Glibc

/// Why a pulse was not given, or did not go as it should. Its description tells a photographer what to do.
public enum TriggerError: Error, Sendable, Hashable {
    /// This machine has no GPIO chip of that name, path, label or number.
    case noChip(String)
    /// The chip has no line of that number or name.
    case noLine(String, chip: String)
    /// Another program has the line; `consumer` is what it calls itself, where the kernel knows.
    case lineTaken(port: String, consumer: String?)
    /// The line is the kernel's own, or cannot be an output.
    case noOutput(port: String)
    /// The chip or the serial port may not be opened by this user.
    case noPermission(path: String)
    /// There is nothing at the path of a serial port, or it is no serial port.
    case noSerialPort(path: String)
    /// Another program has the serial port for itself.
    case serialPortTaken(path: String)
    /// The serial port was open and is gone: unplugged, or hung up.
    case serialPortGone(path: String)
    /// The box took the text too slowly.
    case notTaken(path: String)
    /// The box did not give its answer in time; `said` is the beginning of what it said instead.
    case noAnswer(path: String, expected: String, said: String)
    /// As many pulses wait as may.
    case tooMany(port: String, limit: Int)
    /// It was taken back before its time.
    case cancelled
    /// The trigger is not used any more: the server ends.
    case stopped
    /// The system refused something else.
    case system(port: String, doing: String, errno: Int32)
}

extension TriggerError: CustomStringConvertible {
    /// What is wrong and what to do, in a sentence or two.
    public var description: String {
        switch self {
        case .noChip(let chip):
            "This machine has no GPIO chip \(chip): `gpiodetect` lists those that it has."
        case .noLine(let line, let chip):
            "The GPIO chip \(chip) has no line \(line): `gpioinfo` lists those that it has."
        case .lineTaken(let port, let consumer):
            "The line \(port) is used by \(consumer.map { "\"\($0)\"" } ?? "another program"): end that, or take another line."
        case .noOutput(let port):
            "The line \(port) cannot be switched by a program: `gpioinfo` lists those that are unused; take another one."
        case .noPermission(let path):
            "\(path) may not be opened by this user: `ls -l \(path)` shows its group; add the user to it, and log in again."
        case .noSerialPort(let path):
            "There is no serial port \(path): plug the box in, or look under /dev/serial/by-id for its name."
        case .serialPortTaken(let path):
            "\(path) is used by another program: end that first."
        case .serialPortGone(let path):
            "The serial port \(path) is gone: look at the box's cable and power."
        case .notTaken(let path):
            "The box at \(path) takes no text: look at its power and its speed."
        case .noAnswer(let path, let expected, let said):
            "The box at \(path) did not answer \"\(expected)\" in time"
                + (said.isEmpty ? "" : ", it said \"\(said)\"") + ": look at its power, its speed and its command."
        case .tooMany(let port, let limit):
            "\(limit) pulses wait for \(port) already: try again when some were given."
        case .cancelled: "The pulse was taken back before its time."
        case .stopped: "The trigger is not used any more: the server ends."
        case .system(let port, let doing, let errno):
            "\(port) does not work (\(doing): \(String(cString: strerror(errno)))): look at its cable, then start the server again."
        }
    }
}
