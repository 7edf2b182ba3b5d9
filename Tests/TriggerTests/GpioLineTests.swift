import Testing
import Trigger

/// libgpiod itself, as far as a machine without a chip can try it.
@Suite struct GpioLineTests {
    @Test(
        "A chip that is none is an error that names it, by name, path, label and number",
        arguments: ["gpiochip-none", "/dev/gpiochip-none", "/dev/null", "/etc/hostname", "no such label", "4000"])
    func noChip(name: String) async throws {
        #expect(throws: TriggerError.noChip(name)) { try GpioLine(chip: name, line: "1", isActiveLow: false) }
        let output = try TriggerDescription("gpio:\(name):17:low").output()
        #expect(output.kind == .gpio && output.port == "\(name):17")
        #expect(await output.problem() == .noChip(name))
        await #expect(throws: TriggerError.noChip(name)) { try await output.pulse(at: 0) }
    }

    @Test("Errors tell a photographer what is wrong and what to do")
    func sentences() {
        let taken = TriggerError.lineTaken(port: "gpiochip0:17", consumer: "w1-gpio")
        #expect("\(taken)".contains("gpiochip0:17") && "\(taken)".contains("\"w1-gpio\""))
        #expect("\(TriggerError.lineTaken(port: "gpiochip0:17", consumer: nil))".contains("another program"))
        #expect("\(TriggerError.noPermission(path: "/dev/gpiochip0"))".contains("group"))
        #expect("\(TriggerError.noChip("9"))".contains("gpiodetect"))
        #expect("\(TriggerError.noLine("40", chip: "gpiochip0"))".contains("no line 40"))
    }
}
