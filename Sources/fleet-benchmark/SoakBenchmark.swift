import ArgumentParser

struct SoakBenchmark: Benchmark {
    static let configuration = CommandConfiguration(commandName: "soak", abstract: "…")
    @OptionGroup var common: CommonOptions
    func measure(with programs: Programs) async throws -> [Finding] { [] }
}
