import ArgumentParser
import Foundation

/// Images while server and workers are killed at random moments: nothing that was told is lost, and nothing is missing at the end.
struct EndureBenchmark: Benchmark {
    static let configuration = CommandConfiguration(
        commandName: "endure",
        abstract: "Kill server and workers while pictures are taken, and account for every image.",
        discussion: """
            Bodies, in a process that outlives the server, are released as a group again and again. Meanwhile the server \
            and its workers are killed (SIGKILL), bodies are detached, hang and break off. The server is started again with \
            the same data folder. At each start and at the end everything that was told as saved is there, byte for byte; no \
            file under a final name is partial or unknown; at the end nothing is left over, and every image of each card is \
            saved once. Progress, and whatever should not have happened, is told on standard error.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "How often a server or a worker is killed.")
    var kills = 1000

    @Option(help: "How many bodies.")
    var bodies = 8

    @Option(help: "After how many minutes it ends in any case.")
    var minutes = 600.0

    @Option(
        help: "Another number has other things happen; the same number does not have the same happen at the same time.")
    var seed: UInt64 = 1

    func validate() throws {
        guard 1...1_000_000 ~= kills else { throw ValidationError("--kills is a number from 1 to 1000000.") }
        guard 1...100 ~= bodies else { throw ValidationError("--bodies is a number from 1 to 100.") }
        guard minutes > 0, minutes <= 100_000 else { throw ValidationError("--minutes is a number up to 100000.") }
    }

    func measure(with programs: Programs) async throws -> [Finding] {
        let run = try EndureRun(programs, bodies: bodies, kills: kills, seconds: minutes * 60, seed: seed)
        return [try await run.run()]
    }
}
