import Testing

@testable import BodyWorker

/// How long a body exposes, by what its driver calls its shutter speed.
@Suite struct ShutterSpeedTests {
    @Test(
        "The words of every driver are understood",
        arguments: [
            ("1/60", 16_666_666), ("1/1.3", 769_230_769), ("13/10", 1_300_000_000), ("0.5", 500_000_000),
            ("30", 30_000_000_000), ("30.0000s", 30_000_000_000), ("0.0166s", 16_600_000), ("2\"", 2_000_000_000),
            ("0", 0),
        ] as [(String, Int64)])
    func words(words: String, nanoseconds: Int64) {
        #expect(abs(ShutterSpeed.nanoseconds(of: words) - nanoseconds) <= 1)
    }

    @Test(
        "Other words say nothing, and what no shutter does neither",
        arguments: [
            "", "bulb", "Bulb", "Time", "auto", "1/0", "0/0", "1/", "/", "1/2/3", "-1", "1e300", "nan", "9999999", "s",
        ])
    func others(words: String) {
        #expect(ShutterSpeed.nanoseconds(of: words) == 0)
    }
}
