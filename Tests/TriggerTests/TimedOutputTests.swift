import Dispatch
import FleetTesting
import NIOConcurrencyHelpers
import Testing
import Trigger

/// A trigger's pulses, on a stand-in for its line.
@Suite struct TimedOutputTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A pulse begins at its time and not before, lasts as long as it should, and says when it was given")
    func time() async throws {
        let line = StandInLine()
        let output = try line.output(pulse: .milliseconds(20))
        for distance in [Self.second / 10, Self.second / 2] {
            let time = PulseClock.now() + distance
            let given = try await output.pulse(at: time)
            let (start, end) = (try #require(line.switches.dropLast().last), try #require(line.switches.last))
            #expect(start.isActive && !end.isActive)
            #expect(start.time >= time && given >= start.time && given < end.time)
            #expect(end.time - given >= 20_000_000)
        }
        #expect(line.openings == 1)
    }

    @Test("A pulse whose time is over is given at once")
    func over() async throws {
        let line = StandInLine()
        let output = try line.output()
        for time in [Int64.min, 0, PulseClock.now() - 5 * Self.second] {
            let before = PulseClock.now()
            #expect(try await output.pulse(at: time) >= before)
        }
        #expect(line.pulses.count == 3)
    }

    @Test("Pulses are given in the order of their times, whatever the order in which they were asked for")
    func order() async throws {
        let gate = DispatchSemaphore(value: 0)
        let line = StandInLine { gate.wait() }
        let output = try line.output()
        let told = Told()
        _ = output.schedule(at: 0) { told.take($0) }
        try await waitUntil("the first pulse is on") { line.pulses.count == 1 }
        let numbers = NIOLockedValueBox<[Int64]>([])
        for number: Int64 in [30, 10, 20, 10, 40] {
            _ = output.schedule(at: number) { result in
                told.take(result)
                numbers.withLockedValue { $0.append(number) }
            }
        }
        for _ in 0..<6 { gate.signal() }
        try await waitUntil("all are given") { told.results.count == 6 }
        #expect(numbers.withLockedValue { $0 } == [10, 10, 20, 30, 40])
        let times = try told.results.map { try $0.get() }
        #expect(times == times.sorted() && line.pulses.count == 6)
    }

    @Test("A pulse that is taken back in time is not given, nor is that of a cancelled task")
    func cancel() async throws {
        let line = StandInLine()
        let output = try line.output()
        let told = Told()
        let pulse = output.schedule(at: PulseClock.now() + 3_600 * Self.second) { told.take($0) }
        pulse.cancel()
        pulse.cancel()
        #expect(told.results == [.failure(.cancelled)])
        let task = Task { try await output.pulse(at: PulseClock.now() + 3_600 * Self.second) }
        task.cancel()
        await #expect(throws: TriggerError.cancelled) { try await task.value }
        #expect(line.pulses.isEmpty)
        let given = output.schedule(at: 0) { told.take($0) }
        try await waitUntil("the pulse is given") { told.results.count == 2 }
        given.cancel()
        #expect(told.results.count == 2 && line.pulses.count == 1)
    }

    @Test("Only so many pulses wait: one more is refused, and there is room again when one was taken back")
    func bound() async throws {
        let output = try StandInLine().output(capacity: 3)
        let far = PulseClock.now() + 3_600 * Self.second
        let told = Told()
        let pulses = (0..<3).map { output.schedule(at: far + Int64($0)) { told.take($0) } }
        await #expect(throws: TriggerError.tooMany(port: "stand-in:1", limit: 3)) { try await output.pulse(at: far) }
        pulses[1].cancel()
        let another = output.schedule(at: far) { told.take($0) }
        #expect(told.results == [.failure(.cancelled)])
        another.cancel()
        #expect(told.results.count == 2)
    }

    @Test("A line that fails is freed and opened anew for the next pulse, and the problem is known until it works")
    func failure() async throws {
        let line = StandInLine()
        let output = try line.output()
        #expect(await output.problem() == nil)
        let taken = TriggerError.lineTaken(port: "stand-in:1", consumer: "other")
        line.fail(taken)
        await #expect(throws: taken) { try await output.pulse(at: 0) }
        #expect(line.frees == 1)
        #expect(await output.problem() == taken)
        #expect(line.pulses.isEmpty)
        line.fail(nil)
        #expect(await output.problem() == nil)
        #expect(try await output.pulse(at: 0) > 0)
    }

    @Test("A line that was gone for a moment is freed before it is opened anew, and the pulse is given")
    func again() async throws {
        let line = StandInLine()
        let output = try line.output()
        #expect(await output.problem() == nil)
        line.fail(.noOutput(port: "stand-in:1"), times: 1)
        #expect(try await output.pulse(at: 0) > 0)
        #expect(line.openings == 2 && line.frees == 1 && line.pulses.count == 1)
    }

    @Test("A line is opened, and so at rest, before anybody asks for a pulse")
    func opening() async throws {
        let line = StandInLine()
        let output = try line.output()
        try await waitUntil("the line is open") { line.openings == 1 }
        withExtendedLifetime(output) {}
    }

    @Test("A trigger that is not used any more frees its line, and pulses that waited are not given")
    func end() async throws {
        let line = StandInLine()
        let told = Told()
        do {
            let output = try line.output()
            #expect(await output.problem() == nil)
            _ = output.schedule(at: PulseClock.now() + 3_600 * Self.second) { told.take($0) }
        }
        try await waitUntil("the line is freed") { line.frees == 1 }
        #expect(told.results == [.failure(.stopped)])
        #expect(line.pulses.isEmpty)
    }

    @Test("Nobody looks at a line when a pulse is near: then it is what was known last")
    func quiet() async throws {
        let line = StandInLine()
        let output = try line.output()
        #expect(await output.problem() == nil)
        let told = Told()
        let time = PulseClock.now() + Self.second / 8
        _ = output.schedule(at: time) { told.take($0) }
        line.fail(.noOutput(port: "stand-in:1"))
        let problem = await output.problem()
        #expect(problem == nil || PulseClock.now() > time - Self.second / 100)
        try await waitUntil("the pulse failed") { told.results.count == 1 }
        #expect(told.results == [.failure(.noOutput(port: "stand-in:1"))])
    }
}
