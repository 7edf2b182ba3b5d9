/// A trigger as a setting describes it: `gpio:CHIP:LINE[:low][:pulse=MS]` or `serial:PATH:SPEED:TEXT[:answer=TEXT]`.
public enum TriggerDescription: Sendable, Hashable {
    /// A line of a GPIO chip, and how long it is active.
    case gpio(chip: String, line: String, isActiveLow: Bool, pulse: Duration)
    /// A box at a serial port of a speed in bits a second.
    case serial(path: String, speed: Int, command: SerialBox.Command)

    /// Why a text describes no trigger, in a sentence.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// How long a line is active unless it is said.
    public static let usualPulse: Duration = .milliseconds(50)
    /// The longest text and answer, in bytes.
    private static let longestText = 256
    private static let form = "write gpio:CHIP:LINE[:low][:pulse=MS] or serial:PATH:SPEED:TEXT[:answer=TEXT]"

    /// Reads a setting.
    ///
    /// Throws a sentence that says what is wrong in it.
    public init(_ text: String) throws(Failure) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Failure(description: "\"\(text)\" is no trigger: \(Self.form).") }
        switch parts[0] {
        case "gpio": self = try Self.gpio(parts[1])
        case "serial": self = try Self.serial(parts[1])
        default:
            throw Failure(description: "There are no triggers of the kind \"\(parts[0])\": \(Self.form).")
        }
    }

    private static func gpio(_ text: Substring) throws(Failure) -> TriggerDescription {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count >= 2, !words[0].isEmpty, !words[1].isEmpty else {
            throw Failure(description: "A line has a chip and a number or a name: write gpio:CHIP:LINE.")
        }
        var (isActiveLow, pulse): (Bool, Duration?) = (false, nil)
        for word in words.dropFirst(2) {
            if word == "low", !isActiveLow {
                isActiveLow = true
            } else if word.hasPrefix("pulse="), pulse == nil {
                guard let milliseconds = Double(word.dropFirst("pulse=".count)), (0.01...10_000).contains(milliseconds)
                else { throw Failure(description: "pulse= takes a number of milliseconds from 0.01 to 10000.") }
                pulse = .seconds(milliseconds / 1_000)
            } else {
                throw Failure(description: "\"\(word)\" says nothing of a line, or says it again: \(form).")
            }
        }
        return .gpio(
            chip: String(words[0]), line: String(words[1]), isActiveLow: isActiveLow, pulse: pulse ?? usualPulse)
    }

    /// A path may have colons in it, and so may a text: between them stands the speed.
    private static func serial(_ text: Substring) throws(Failure) -> TriggerDescription {
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        guard
            let place = words.indices.dropFirst().first(where: { index in
                Int(words[index]).map { SerialBox.speeds.contains($0) } ?? false
            }), let speed = Int(words[place]), text.hasPrefix("/")
        else {
            let speeds = SerialBox.speeds.map(String.init).joined(separator: ", ")
            throw Failure(
                description: "A box has a port's whole path and a speed: write serial:/dev/ttyUSB0:9600:TEXT; "
                    + "the speeds are \(speeds).")
        }
        let rest = words[(place + 1)...].joined(separator: ":")
        let halves = rest.ranges(of: ":answer=").last.map { (rest[..<$0.lowerBound], rest[$0.upperBound...]) }
        let command = SerialBox.Command(
            text: try bytes("text", halves?.0 ?? rest[...]),
            answer: try halves.map { (_, answer) throws(Failure) in try bytes("answer", answer) })
        return .serial(path: words[..<place].joined(separator: ":"), speed: speed, command: command)
    }

    private static func bytes(_ what: String, _ text: Substring) throws(Failure) -> [UInt8] {
        guard let bytes = EscapedText.read(text) else {
            throw Failure(
                description:
                    #"The \#(what) "\#(text)" has a backslash that begins nothing: there are \r, \n, \t, \\ and \x0A."#)
        }
        guard (1...longestText).contains(bytes.count) else {
            throw Failure(description: "The \(what) of a box has 1 to \(longestText) bytes.")
        }
        return bytes
    }

    /// The trigger, whose device is opened by its own thread; that it cannot be is no error here.
    ///
    /// Throws `system` where the process has no descriptors left.
    public func output() throws(TriggerError) -> any TriggerOutput {
        switch self {
        case .gpio(let chip, let line, let isActiveLow, let pulse):
            try TimedOutput(kind: .gpio, port: "\(chip):\(line)", pulseLength: pulse) { () throws(TriggerError) in
                try GpioLine(chip: chip, line: line, isActiveLow: isActiveLow)
            }
        case .serial(let path, let speed, let command):
            try TimedOutput(kind: .serial, port: path) { () throws(TriggerError) in
                try SerialBox(path: path, speed: speed, command: command)
            }
        }
    }
}
