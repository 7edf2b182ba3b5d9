import Testing

@testable import fleet_benchmark

@Suite("What fleet-benchmark lag makes of a clock in the pictures")
struct ShutterLagTests {
    @Test("Lags are those after the quickest, whatever the clock shows")
    func lags() {
        let lags = ShutterLags([
            .init(shot: 1, camera: "front", time: 1000), .init(shot: 1, camera: "left", time: 1030),
            .init(shot: 1, camera: "right", time: 1012),
            .init(shot: 2, camera: "front", time: 77), .init(shot: 2, camera: "left", time: 109),
            .init(shot: 2, camera: "right", time: 89),
        ]).lags
        #expect(lags.map(\.camera) == ["front", "right", "left"])
        #expect(lags.map { ($0.mean * 1e6).rounded() / 1e6 } == [0, 12, 31])
        #expect(lags.map(\.offset) == [0, -12_000_000, -31_000_000])
        #expect(lags.map(\.shots) == [2, 2, 2])
        // From shot to shot only the left one's differs, against the mean of all.
        let deviations = lags.compactMap(\.deviation)
        #expect(deviations.count == 3 && deviations.allSatisfy { $0 < 1 } && deviations[2] > deviations[0])
    }

    @Test("Bodies that are missing in some shots are compared all the same")
    func missingBodies() {
        let lags = ShutterLags([
            .init(shot: 1, camera: "1", time: 100), .init(shot: 1, camera: "2", time: 105),
            .init(shot: 2, camera: "2", time: 300), .init(shot: 2, camera: "3", time: 320),
            .init(shot: 3, camera: "3", time: 900),
        ]).lags
        #expect(lags.map(\.camera) == ["1", "2", "3"])
        #expect(zip(lags.map(\.mean), [0, 5, 25]).allSatisfy { abs($0 - $1) < 0.001 })
        #expect(lags.map(\.shots) == [1, 2, 1])
        #expect(lags[0].deviation == nil)
    }

    @Test("Shots of one body say nothing")
    func lonelyBodies() {
        #expect(ShutterLags([.init(shot: 1, camera: "1", time: 5)]).lags.isEmpty)
        #expect(ShutterLags([]).lags.isEmpty)
    }

    @Test("Readings are lines of shot, camera and milliseconds")
    func readings() throws {
        let reading = try ClockReading("12 front left 1834.5  # DSC_0001.JPG")
        #expect(reading?.shot == 12 && reading?.camera == "front left" && reading?.milliseconds == 1834.5)
        #expect(try ClockReading("  # nothing") == nil)
        #expect(try ClockReading("") == nil)
        for line in ["12 1834.5", "x front 1834.5", "12 front soon", "12 front inf"] {
            #expect(throws: BenchmarkFailure.self) { try ClockReading(line) }
        }
    }
}
