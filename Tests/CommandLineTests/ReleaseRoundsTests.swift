import Testing

@testable import fleet_benchmark

@Suite("What fleet-benchmark release makes of what the bodies saw")
struct ReleaseRoundsTests {
    /// A line of the log, at a time in microseconds.
    private static func line(
        _ body: Int, _ operation: String, at time: Int64, _ parameters: String = "", response: String = "2001"
    ) throws -> SeenTransaction {
        let text = """
            {"answered_monotonic_ns":1,"answered_realtime_ns":\(time * 1000 + 500),"arrival_by":"kernel",\
            "arrival_monotonic_ns":1,"arrival_realtime_ns":\(time * 1000),"body":"Body \\"number\\":9","number":\(body),\
            "operation":"\(operation)","parameters":[\(parameters)],"response":"\(response)","transaction":7}
            """
        return try #require(Array(text.utf8).withUnsafeBytes { SeenTransaction($0) })
    }

    @Test("What releases is known by operation and answer")
    func lines() throws {
        #expect(try Self.line(1, "100E", at: 1).isRelease)
        #expect(try Self.line(1, "9207", at: 1, "4294967295,0").isRelease)
        #expect(try Self.line(1, "9128", at: 1, "3,1").isRelease)
        #expect(try !Self.line(1, "9128", at: 1, "1,0").isRelease)
        #expect(try !Self.line(1, "100E", at: 1, response: "2019").isRelease)
        let line = try Self.line(12, "9116", at: 42)
        #expect(line.body == 12 && line.arrival == 42_000 && line.answer == 42_500 && line.isArrivalByKernel)
        #expect(Array("{\"lost\":3}".utf8).withUnsafeBytes { SeenTransaction($0) } == nil)
    }

    @Test("Spreads are those that the bodies saw, beside the reported")
    func spreads() throws {
        var rounds = ReleaseRounds()
        rounds.add(
            [
                ReleaseRound(
                    decision: 100_000_000, reportedSpread: 35_000, departures: [1: 100_010_000, 2: 100_045_000]),
                ReleaseRound(
                    decision: 200_000_000, reportedSpread: 10_000, departures: [1: 200_000_000, 2: 200_010_000]),
            ], bodies: 1...2,
            seen: [
                try Self.line(1, "100E", at: 100_020), try Self.line(2, "9116", at: 100_030),
                try Self.line(2, "100E", at: 100_050), try Self.line(3, "100E", at: 100_900),
                try Self.line(1, "100E", at: 200_005), try Self.line(1, "100E", at: 200_300),
            ])
        #expect(rounds.spreads == [30])
        #expect(rounds.reported == [35])
        #expect(rounds.differences == [5])
        #expect(rounds.lateness == [45, 10])
        #expect(rounds.transactionsBetween.sorted() == [0, 0, 1])
        #expect(rounds.missed == 1)
        #expect(rounds.repeated == 1)
        #expect(rounds.widest.first?.body == 2 && rounds.widest.first?.operationBefore == "9116")
    }
}
