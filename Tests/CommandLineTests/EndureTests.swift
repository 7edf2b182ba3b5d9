import FleetTesting
import Testing

@Suite("Images while server and workers are killed")
struct EndureTests {
    /// The long run is `fleet-benchmark endure`, with many kills and bodies.
    @Test(
        "After some kills nothing that was told is lost, and everything on the cards is saved once",
        .enabled(
            if: Programs.sanitizerOptions.isEmpty, "A driver that is killed cannot look for leaks, and says so."),
        .timeLimit(.minutes(3)))
    func kills() async throws {
        let run = try Command(
            Programs.path("fleet-benchmark"), ["endure", "--kills", "10", "--bodies", "3", "--seed", "7"])
        let end = await run.wait(limit: .seconds(150))
        #expect(end.code == 0, "\(end.output)\(end.errors)")
        #expect(end.output.contains("  failures: 0.000 (at most 0.000)  ok"), "\(end.output)")
    }
}
