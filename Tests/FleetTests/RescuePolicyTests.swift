import Fleet
import FleetModel
import Testing

/// When a body is rescued. Times are handed in, so none passes.
@Suite struct RescuePolicyTests {
    private let start = ContinuousClock.now
    private let body = BodyID(rawValue: "body-1")

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func policy() -> RescuePolicy { RescuePolicy(after: .seconds(30), every: .seconds(300), atOnce: 2) }

    @Test("A body in fault is rescued after its time and not before, though it is tried again meanwhile")
    func after() {
        var policy = policy()
        policy.note(body, .fault, at: at(0))
        for second in 1..<30 {
            policy.note(body, .connecting, at: at(second))
            policy.note(body, .fault, at: at(second))
            #expect(policy.due(at: at(second)).isEmpty)
        }
        #expect(policy.due(at: at(30)) == [body])
    }

    @Test("A body that works again, or is away, begins anew", arguments: [BodyState.ready, .busy, .unplugged])
    func recovered(state: BodyState) {
        var policy = policy()
        policy.note(body, .fault, at: at(0))
        policy.note(body, state, at: at(29))
        #expect(policy.due(at: at(100)).isEmpty)
        policy.note(body, .fault, at: at(100))
        #expect(policy.due(at: at(129)).isEmpty)
        #expect(policy.due(at: at(130)) == [body])
    }

    @Test(
        "A rescue that runs is not begun again, and the next one waits for its time, whether the body worked between or not"
    )
    func every() {
        var policy = policy()
        policy.note(body, .fault, at: at(0))
        #expect(policy.due(at: at(40)) == [body])
        #expect(policy.due(at: at(400)).isEmpty, "it still runs")
        policy.ended(body)
        policy.note(body, .ready, at: at(60))
        policy.note(body, .fault, at: at(70))
        #expect(policy.due(at: at(339)).isEmpty)
        #expect(policy.due(at: at(340)) == [body])
        policy.ended(body)
        policy.note(body, .ready, at: at(341))
        policy.note(body, .fault, at: at(1000))
        #expect(policy.due(at: at(1029)).isEmpty)
        #expect(policy.due(at: at(1030)) == [body])
    }

    @Test("Two run at once, and the body that waits longest is next")
    func atOnce() {
        var policy = policy()
        let bodies = (1...4).map { BodyID(rawValue: "body-\($0)") }
        for (index, body) in bodies.reversed().enumerated() { policy.note(body, .fault, at: at(index)) }
        #expect(policy.due(at: at(100)) == [bodies[3], bodies[2]])
        #expect(policy.due(at: at(101)).isEmpty)
        policy.ended(bodies[2])
        #expect(policy.due(at: at(102)) == [bodies[1]])
        policy.called(off: bodies[1])
        #expect(policy.due(at: at(103)) == [bodies[0]])
    }

    @Test(
        "After events were lost the list decides: who is not on it is away, who is in fault was so since it was heard of"
    )
    func lost() {
        var policy = policy()
        let (other, third) = (BodyID(rawValue: "other"), BodyID(rawValue: "third"))
        policy.note(body, .fault, at: at(0))
        policy.note(other, .fault, at: at(0))
        policy.note(third, .fault, at: at(0))
        policy.note(all: [(body, .fault), (other, .ready)], at: at(20))
        #expect(policy.due(at: at(30)) == [body])
    }

    @Test("Bodies beyond the most that are remembered wait until others work again")
    func bounded() {
        var policy = RescuePolicy(after: .seconds(30), every: .seconds(300), atOnce: .max)
        for number in 0..<5000 { policy.note(BodyID(rawValue: "\(number)"), .fault, at: at(0)) }
        #expect(policy.due(at: at(30)).count == 4096)
    }
}
