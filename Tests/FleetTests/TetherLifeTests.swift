import PacketProtocol
import Testing

@testable import Fleet

/// The life of a body at one port, without a body.
@Suite struct TetherLifeTests {
    private func opened(isNetwork: Bool = false) -> TetherLife {
        var life = TetherLife(isNetwork: isNetwork)
        _ = life.take(.turnCame)
        _ = life.take(.opened)
        return life
    }

    @Test("A body that is plugged waits for its turn, is opened, and is ready")
    func opening() {
        var life = TetherLife(isNetwork: false)
        #expect(life.state == .plugged)
        #expect(life.take(.turnCame) == .open(isKnown: false))
        #expect(life.state == .opening)
        #expect(life.take(.opened) == .none)
        #expect(life.state == .ready)
    }

    @Test("A body whose driver fails is opened again at once, and after further failures with longer pauses")
    func failing() {
        var life = opened()
        #expect(life.take(.ended(.lost, openFor: .seconds(60))) == .wait(.zero))
        #expect(life.state == .fault)
        var pauses: [Duration] = []
        for _ in 0..<8 {
            #expect(life.take(.waited) == .awaitTurn)
            #expect(life.take(.turnCame) == .open(isKnown: true))
            guard case .wait(let pause) = life.take(.ended(.silent, openFor: nil), chance: 0) else { break }
            pauses.append(pause)
        }
        #expect(pauses.prefix(3) == [.milliseconds(400), .milliseconds(600), .milliseconds(800)])
        #expect(pauses.suffix(4).allSatisfy { $0 == .seconds(1) })
    }

    @Test("A body that was open for long enough starts anew with its failures; one that fails soon after does not")
    func steadiness() {
        var steady = opened()
        var hasty = opened()
        for _ in 0..<3 {
            #expect(steady.take(.ended(.driver, openFor: .seconds(11))) == .wait(.zero))
            let step = hasty.take(.ended(.driver, openFor: .seconds(1)), chance: 0)
            #expect(step != .look(after: .zero))
            for event in [TetherLife.Event.waited, .turnCame, .opened] {
                _ = steady.take(event)
                _ = hasty.take(event)
            }
        }
        #expect(hasty.take(.ended(.driver, openFor: .seconds(1)), chance: 0) == .wait(.milliseconds(800)))
    }

    @Test("What somebody has to do something about is tried more seldom, and what no driver knows least of all")
    func pausesByReason() {
        var longest: [Duration] = []
        for reason in [WorkerFailure.Reason.driver, .held, .permission, .unsupported] {
            var life = TetherLife(isNetwork: false)
            var last = Duration.zero
            for _ in 0..<200 {
                _ = life.take(.turnCame)
                if case .wait(let pause) = life.take(.ended(reason, openFor: nil), chance: 0) { last = pause }
                _ = life.take(.waited)
            }
            longest.append(last)
        }
        #expect(longest == [.seconds(1), .seconds(3), .seconds(3), .seconds(30)])
    }

    @Test("Pauses differ by chance, so that bodies that failed together do not come back together")
    func jitter() {
        var pauses: Set<Duration> = []
        for chance in [0, 0.25, 0.5, 1] {
            var life = TetherLife(isNetwork: false)
            _ = life.take(.turnCame)
            if case .wait(let pause) = life.take(.ended(.driver, openFor: nil), chance: chance) { pauses.insert(pause) }
        }
        #expect(pauses.count == 4)
        #expect(pauses.allSatisfy { $0 >= .milliseconds(200) && $0 <= .milliseconds(240) })
    }

    @Test("A body on the network that is away is looked for, less often after a minute, and opened when it is found")
    func network() {
        var life = opened(isNetwork: true)
        #expect(life.take(.ended(.unreachable, openFor: .seconds(5))) == .look(after: .seconds(1)))
        #expect(life.state == .unplugged)
        for _ in 0..<59 { #expect(life.take(.waited) == .look(after: .seconds(1))) }
        #expect(life.take(.waited) == .look(after: .seconds(3)))
        #expect(life.take(.found) == .awaitTurn)
        #expect(life.state == .plugged)
    }

    @Test("A device that its driver has lost is waited for to be gone, and opened again where it is not")
    func lostOnUsb() {
        var life = opened()
        #expect(life.take(.ended(.unreachable, openFor: .seconds(5))) == .wait(.seconds(2)))
        #expect(life.state == .unplugged)
        #expect(life.take(.waited) == .awaitTurn)
    }

    @Test(
        "A device that is removed is gone, whatever it was at, and nothing brings it back",
        arguments: [[], [.turnCame], [.turnCame, .opened], [.turnCame, .ended(.held, openFor: nil)]]
            as [[TetherLife.Event]])
    func removed(_ before: [TetherLife.Event]) {
        var life = TetherLife(isNetwork: false)
        for event in before { _ = life.take(event) }
        #expect(life.take(.removed) == .none)
        #expect(life.state == .gone)
        for event in [TetherLife.Event.turnCame, .opened, .waited, .found, .reset] {
            #expect(life.take(event) == .none)
        }
        #expect(life.state == .gone)
    }

    @Test("A reset opens the body anew without a pause, and what comes late says nothing")
    func reset() {
        var life = opened()
        #expect(life.take(.reset) == .awaitTurn)
        #expect(life.take(.opened) == .none)
        #expect(life.state == .plugged)
    }
}
