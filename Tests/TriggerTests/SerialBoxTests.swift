import FleetTesting
import Glibc
import Testing
import Trigger

/// A serial box, on a real pseudo-terminal.
@Suite struct SerialBoxTests {
    private func output(
        _ path: String, _ text: String = "FIRE\r\n", answer: String? = nil, within time: Duration = .seconds(20)
    ) throws -> TimedOutput {
        let command = SerialBox.Command(text: Array(text.utf8), answer: answer.map { Array($0.utf8) }, answerTime: time)
        return try TimedOutput(kind: .serial, port: path) { () throws(TriggerError) in
            try SerialBox(path: path, speed: 9_600, command: command)
        }
    }

    /// Pulses, while the box says something as soon as it was told to give one; what the box heard.
    private func pulse(
        _ output: TimedOutput, at time: Int64 = 0, box: PseudoTerminal, hearing text: String = "FIRE\r\n",
        saying answers: [String] = []
    ) async throws -> Result<Int64, TriggerError> {
        let told = Told()
        _ = output.schedule(at: time) { told.take($0) }
        var heard = ""
        try await waitUntil("the box was told") {
            heard += box.read()
            return heard.count >= text.count || !told.results.isEmpty
        }
        #expect(heard == text)
        for answer in answers { box.write(answer) }
        try await waitUntil("the pulse is over") { !told.results.isEmpty }
        return told.results[0]
    }

    @Test("The text goes to the box as it is, not before its time, at 8N1 and the speed that is set")
    func text() async throws {
        let box = try PseudoTerminal()
        let output = try output(box.path, "A:1\n\u{3}?\r")
        #expect(await output.problem() == nil)
        let settings = box.settings
        #expect(settings.c_cflag & tcflag_t(CSIZE | PARENB | CSTOPB) == tcflag_t(CS8))
        #expect(cfgetospeed(withUnsafePointer(to: settings) { $0 }) == speed_t(B9600))
        #expect(settings.c_oflag & tcflag_t(OPOST) == 0 && settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
        #expect(settings.c_iflag & tcflag_t(IXON | IXOFF | ICRNL) == 0)
        let time = PulseClock.now() + 100_000_000
        let given = try await pulse(output, at: time, box: box, hearing: "A:1\n\u{3}?\r").get()
        #expect(given >= time)
    }

    @Test("An answer is waited for, in pieces and among other words too; what was said before is none")
    func answer() async throws {
        let box = try PseudoTerminal()
        let output = try output(box.path, answer: "OK")
        #expect(await output.problem() == nil)
        for answers in [["OK\r\n"], ["echo FIRE\r\nO", "K"], ["OOK"]] {
            #expect(try await pulse(output, box: box, saying: answers).get() > 0)
            box.write("OK from before")
        }
    }

    @Test("A box that does not answer in time, or says something else, is an error with what it said")
    func noAnswer() async throws {
        let box = try PseudoTerminal()
        let output = try output(box.path, answer: "OK", within: .seconds(2))
        #expect(await output.problem() == nil)
        let silent = TriggerError.noAnswer(path: box.path, expected: "OK", said: "")
        #expect(try await pulse(output, box: box) == .failure(silent))
        #expect(await output.problem() == silent)
        let wrong = try await pulse(output, box: box, saying: ["ERR 5\r\n"])
        #expect(wrong == .failure(.noAnswer(path: box.path, expected: "OK", said: #"ERR 5\r\n"#)))
        #expect(try await pulse(output, box: box, saying: ["OK"]).get() > 0)
        #expect(await output.problem() == nil)
    }

    @Test("A box that never ends talking is read so far and no farther")
    func chatter() async throws {
        let box = try PseudoTerminal()
        let output = try output(box.path, answer: "OK")
        #expect(await output.problem() == nil)
        let told = Told()
        _ = output.schedule(at: 0) { told.take($0) }
        try await waitUntil("the pulse is over") {
            if !box.read().isEmpty || told.results.isEmpty { box.write(String(repeating: "x", count: 512)) }
            return !told.results.isEmpty
        }
        let said = String(repeating: "x", count: 40)
        #expect(told.results == [.failure(.noAnswer(path: box.path, expected: "OK", said: said))])
    }

    @Test("A port that is gone is an error that says so, and it works again when it is back")
    func gone() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/box"
        var box = try PseudoTerminal()
        try #require(symlink(box.path, path) == 0)
        let output = try output(path)
        #expect(await output.problem() == nil)
        // Its other end is closed, as with a cable that is pulled, and nothing is at the path.
        unlink(path)
        box = try PseudoTerminal()
        await #expect(throws: TriggerError.noSerialPort(path: path)) { try await output.pulse(at: 0) }
        #expect(await output.problem() == .noSerialPort(path: path))
        try #require(symlink(box.path, path) == 0)
        #expect(await output.problem() == nil)
        #expect(try await pulse(output, box: box).get() > 0)
    }

    @Test("A port that breaks while an answer is waited for is gone")
    func breaks() async throws {
        var box: PseudoTerminal? = try PseudoTerminal()
        let path = try #require(box?.path)
        let output = try output(path, answer: "OK")
        #expect(await output.problem() == nil)
        let told = Told()
        _ = output.schedule(at: 0) { told.take($0) }
        try await waitUntil("the box was told") { box?.read().isEmpty == false }
        box = nil
        try await waitUntil("the pulse failed") { !told.results.isEmpty }
        #expect(told.results == [.failure(.serialPortGone(path: path))])
    }

    @Test("What is no serial port, or not there, is an error that names it")
    func noPort() async throws {
        for path in ["/dev/none-of-this-name", "/dev/null", "/dev", "/etc/hostname"] {
            let output = try output(path)
            #expect(await output.problem() == .noSerialPort(path: path))
            let error = await #expect(throws: TriggerError.self) { try await output.pulse(at: 0) }
            #expect(error.map { "\($0)" }?.contains(path) == true)
        }
    }
}
