import Testing
import Trigger

/// Triggers as settings describe them.
@Suite struct TriggerDescriptionTests {
    @Test("A line has a chip, a number or a name, and may be active low and have a pulse of its own")
    func gpio() throws {
        #expect(
            try TriggerDescription("gpio:gpiochip0:17")
                == .gpio(chip: "gpiochip0", line: "17", isActiveLow: false, pulse: .milliseconds(50)))
        #expect(
            try TriggerDescription("gpio:/dev/gpiochip1:FLASH:pulse=0.5:low")
                == .gpio(chip: "/dev/gpiochip1", line: "FLASH", isActiveLow: true, pulse: .microseconds(500)))
    }

    @Test("A box has a path, a speed and a text; path and text may have colons, and bytes are written with a backslash")
    func serial() throws {
        #expect(
            try TriggerDescription(#"serial:/dev/ttyUSB0:9600:FIRE\r\n"#)
                == .serial(path: "/dev/ttyUSB0", speed: 9_600, command: .init(text: Array("FIRE\r\n".utf8))))
        #expect(
            try TriggerDescription(#"serial:/dev/serial/by-path/pci-0000:00:14.0:115200:T:1\x00\\:answer=O\tK"#)
                == .serial(
                    path: "/dev/serial/by-path/pci-0000:00:14.0", speed: 115_200,
                    command: .init(text: Array("T:1\0\\".utf8), answer: Array("O\tK".utf8))))
    }

    @Test(
        "What describes no trigger is a sentence that says what is wrong",
        arguments: [
            ("", "no trigger"), ("gpio", "no trigger"), ("relay:1", "relay"), ("gpio:a", "chip"), ("gpio::1", "chip"),
            ("gpio:a:", "chip"), ("gpio:a:1:high", "high"), ("gpio:a:1:low:low", "again"),
            ("gpio:a:1:pulse=0", "pulse="),
            ("gpio:a:1:pulse=-1", "pulse="), ("gpio:a:1:pulse=nan", "pulse="), ("gpio:a:1:pulse=1e9", "pulse="),
            ("serial:ttyUSB0:9600:T", "whole path"), ("serial:/dev/a:9601:T", "9600"), ("serial:/dev/a", "speed"),
            ("serial:/dev/a:9600", "text"), ("serial:/dev/a:9600:", "text"), (#"serial:/dev/a:9600:\q"#, "backslash"),
            (#"serial:/dev/a:9600:\x0"#, "backslash"), (#"serial:/dev/a:9600:\x+1"#, "backslash"),
            ("serial:/dev/a:9600:T:answer=", "answer"),
            ("serial:/dev/a:9600:" + String(repeating: "a", count: 257), "256"),
        ])
    func refusals(text: String, word: String) {
        let failure = #expect(throws: TriggerDescription.Failure.self) { try TriggerDescription(text) }
        #expect(failure?.description.contains(word) == true, "\(failure as Any)")
    }
}
