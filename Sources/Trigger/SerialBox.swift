/// A box at a serial port that gives a pulse when it is sent a text, and may answer.
public final class SerialBox: PulseDevice {
    /// What is sent to it and heard of it.
    public struct Command: Sendable, Hashable {
        /// What makes it give a pulse.
        public var text: [UInt8]
        /// What it says to that; nil where nothing is waited for.
        public var answer: [UInt8]?
        /// How long it may take to say it.
        public var answerTime: Duration

        /// A text, and what the box says to it within a time.
        public init(text: [UInt8], answer: [UInt8]? = nil, answerTime: Duration = .seconds(1)) {
            self.text = text
            self.answer = answer
            self.answerTime = answerTime
        }
    }

    /// The most bytes that are read while an answer is waited for.
    private static let longestAnswer = 4_096
    /// How much of another answer an error shows.
    private static let shownBytes = 40

    private let port: SerialPort
    private let path: String
    private let command: Command

    /// Opens a port with a speed of `speeds`.
    ///
    /// Throws `noSerialPort` (of a speed that is none, too), `noPermission` and `serialPortTaken`.
    public init(path: String, speed: Int, command: Command) throws(TriggerError) {
        guard let bits = SerialPort.speeds[speed] else { throw .noSerialPort(path: path) }
        port = try SerialPort(path: path, speed: bits)
        self.path = path
        self.command = command
    }

    /// The speeds that are taken, in bits a second, the slowest first.
    public static var speeds: [Int] { SerialPort.speeds.keys.sorted() }

    /// Drops what the box said before.
    public func prepare() throws(TriggerError) { try port.forgetInput() }

    /// Sends the text; the time is that at which the kernel had all of it.
    public func begin() throws(TriggerError) -> Int64 {
        try port.write(command.text, until: PulseClock.now() + limit)
        return PulseClock.now()
    }

    /// Waits for the answer, where there is to be one.
    public func finish(begunAt time: Int64) throws(TriggerError) {
        guard let answer = command.answer else { return }
        var said: [UInt8] = []
        while said.count < Self.longestAnswer {
            let more = try port.read(atMost: Self.longestAnswer - said.count, until: time + limit)
            guard !more.isEmpty else { break }
            said += more
            if Self.contains(said, answer) { return }
        }
        throw .noAnswer(
            path: path, expected: Self.shown(answer), said: Self.shown(Array(said.prefix(Self.shownBytes))))
    }

    private var limit: Int64 { Int64(command.answerTime / .nanoseconds(1)) }

    private static func contains(_ said: [UInt8], _ answer: [UInt8]) -> Bool {
        guard !answer.isEmpty else { return true }
        return said.indices.contains { said[$0...].starts(with: answer) }
    }

    /// Bytes as a person reads them: what is no letter or sign of ASCII as a setting writes it.
    private static func shown(_ bytes: [UInt8]) -> String { EscapedText.written(bytes) }
}
