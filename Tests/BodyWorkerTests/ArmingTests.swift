import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// The worker's part of a group's release over the link: 0x0106 ARM, 0x0107 FIRE, 0x0108 DISARM, of a body of each maker.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ArmingTests {
    /// Far enough for a command to be seen before it.
    private static let later: Int64 = 30_000_000_000
    private static let dialects: [VirtualBodyDescription.Dialect] = [.ptp, .nikon, .canonEOS]

    private func run(
        _ dialect: VirtualBodyDescription.Dialect, lag: Duration = .milliseconds(5), autofocus: Duration = .zero,
        cardSpace: Int = 1 << 30,
        _ test: (VirtualBody, StartedWorker) async throws -> Void
    ) async throws {
        var description = VirtualBodyDescription(dialect: dialect, index: 1)
        description.shutterLag = lag
        description.transactionLogLength = 10_000
        description.autofocusTime = autofocus
        description.cardSpace = cardSpace
        let rig = try await VirtualRig.start([description])
        do {
            let worker = try StartedWorker(arguments: ["--port", rig.listeners[0].portPath, "--home", "HOME"])
            #expect(try await worker.event(0xC100)["can"].array.contains(.string("arm")))
            try await test(rig.bodies[0], worker)
        } catch {
            await rig.stop()
            throw error
        }
        await rig.stop()
    }

    @Test("An armed body is released once, not before its time, and its images come", arguments: dialects)
    func release(dialect: VirtualBodyDescription.Dialect) async throws {
        try await run(dialect) { (body, worker) async throws in
            for shot in 1...3 as ClosedRange<UInt32> {
                let armed = try await worker.ask(0x0106, shot * 10)
                #expect(armed.code == 0x2001)
                #expect(armed.json["armed"] == .bool(true))
                #expect(armed.json["expected_images"].integer == 1)
                #expect(armed.json["method"].string?.isEmpty == false)
                #expect(armed.json["realtime"] == .bool(worker.policy == SCHED_FIFO))
                let deadline = monotonicTime() + 100_000_000
                let fired = try await worker.ask(0x0107, shot * 10 + 1, "{\"deadline_ns\": \(deadline)}")
                #expect(fired.code == 0x2001)
                let released = Int64(try #require(fired.json["released_at_monotonic_ns"].integer))
                #expect(released >= deadline && fired.json["requested_ns"].integer.map(Int64.init) == deadline)
                #expect(fired.json["attempts"].integer == 1 && fired.json["error"] == .null)
                #expect(try await worker.event(0x4002)["size"].integer ?? 0 > 0)
                try await body.hasReleased(Int(shot))
                let log = body.transactions()
                let releases = log.filter(\.isRelease)
                let arrival = try #require(releases.last?.arrival.monotonic)
                #expect(arrival >= UInt64(deadline))
                let between = log.count { $0.arrival.monotonic >= deadline && $0.arrival.monotonic < arrival }
                #expect(between == fired.json["transactions"].integer)
                if fired.json["woken_ns"] != .null { #expect(between == 0) }
                #expect(worker.policy == SCHED_OTHER)
                // Once.
                #expect(try await worker.ask(0x0107, shot * 10 + 2, "{\"deadline_ns\": \(deadline)}").code == 0x201D)
            }
            let picture = try await worker.ask(0x0002, 5)
            #expect(picture.code == 0x2001 && picture.json["images"].array.count == 1)
            try await body.hasReleased(4)
        }
    }

    @Test("A release that is called off is none, and the body is as before", arguments: dialects)
    func calledOff(dialect: VirtualBodyDescription.Dialect) async throws {
        try await run(dialect) { (body, worker) async throws in
            for (transaction, (code, json)) in [(0x0017, #"{"transaction_ID": 1}"#), (0x0108, "")].enumerated() {
                #expect(try await worker.ask(0x0106, 9).code == 0x2001)
                worker.command(0x0107, 1, "{\"deadline_ns\": \(monotonicTime() + Self.later)}")
                worker.command(UInt16(code), UInt32(transaction + 2), json)
                let answers = [try await worker.packet { $0.type == 3 }, try await worker.packet { $0.type == 3 }]
                #expect(
                    Dictionary(uniqueKeysWithValues: answers.map { ($0.transaction, $0.code) })
                        == [1: 0x201F, UInt32(transaction + 2): 0x2001])
            }
            #expect(worker.policy == SCHED_OTHER)
            #expect(body.transactions().filter(\.isRelease).isEmpty)
            #expect(body.halfPresses == (dialect == .canonEOS ? [true, false, true, false] : []))
            #expect(try await worker.ask(0x0002, 5).code == 0x2001)
        }
    }

    @Test("What lets go of another shot's arming calls no release off") func otherShot() async throws {
        try await run(.canonEOS) { (body, worker) async throws in
            #expect(try await worker.ask(0x0106, 1, #"{"shot": 2}"#).code == 0x2001)
            worker.command(0x0107, 2, "{\"deadline_ns\": \(monotonicTime() + 400_000_000)}")
            worker.command(0x0108, 3, #"{"shot": 1}"#)
            let answers = [try await worker.packet { $0.type == 3 }, try await worker.packet { $0.type == 3 }]
            #expect(answers.map(\.transaction) == [2, 3] && answers.allSatisfy { $0.code == 0x2001 })
            try await body.hasReleased(1)
        }
    }

    @Test("A server that is gone before the time releases nothing, whether it had fired or not", arguments: dialects)
    func end(dialect: VirtualBodyDescription.Dialect) async throws {
        for isFired in [false, true] {
            try await run(dialect) { (body, worker) async throws in
                #expect(try await worker.ask(0x0106, 1).code == 0x2001)
                if isFired { worker.command(0x0107, 2, "{\"deadline_ns\": \(monotonicTime() + Self.later)}") }
                worker.hangUp()
                #expect(try await worker.exitCode() == 0)
                #expect(body.transactions().filter(\.isRelease).isEmpty)
                #expect(body.halfPresses == (dialect == .canonEOS ? [true, false] : []))
            }
        }
    }

    @Test("A time that is over is refused, nothing is released, and the body stays armed") func past() async throws {
        try await run(.canonEOS) { (body, worker) async throws in
            #expect(
                try await worker.ask(0x0107, 1, "{\"deadline_ns\": \(monotonicTime() + Self.later)}").code == 0x201D)
            #expect(try await worker.ask(0x0106, 2).code == 0x2001)
            for deadline in [monotonicTime(), 0, -1, .min, .max] {
                #expect(try await worker.ask(0x0107, 3, "{\"deadline_ns\": \(deadline)}").code == 0x201D)
            }
            #expect(body.transactions().filter(\.isRelease).isEmpty)
            let deadline = monotonicTime() + 50_000_000
            #expect(try await worker.ask(0x0107, 4, "{\"deadline_ns\": \(deadline)}").code == 0x2001)
            try await body.hasReleased(1)
        }
    }

    @Test("Arming is given up when its time is over, and when the body is used for something else", arguments: dialects)
    func givenUp(dialect: VirtualBodyDescription.Dialect) async throws {
        try await run(dialect) { (body, worker) async throws in
            #expect(try await worker.ask(0x0106, 1, #"{"hold_seconds": 0.05}"#).code == 0x2001)
            _ = try await worker.event(0xC105)
            #expect(worker.policy == SCHED_OTHER)
            #expect(body.halfPresses == (dialect == .canonEOS ? [true, false] : []))
            #expect(try await worker.ask(0x0106, 2).code == 0x2001)
            // Reading does no harm.
            #expect(try await worker.ask(0x0103, 3).code == 0x2001)
            worker.command(0x000F, 4)
            _ = try await worker.event(0xC105)
            #expect(try await worker.answer(4).code == 0x2001)
            try await body.hasReleased(1)
            let deadline = monotonicTime() + Self.later
            #expect(try await worker.ask(0x0107, 5, "{\"deadline_ns\": \(deadline)}").code == 0x201D)
            #expect(try await worker.ask(0x0108, 6).code == 0x2001)
        }
    }

    @Test("A Nikon whose shutter is at bulb, or whose card is full or out, is not armed, and says why")
    func unfit() async throws {
        try await run(.nikon) { (_, worker) async throws in
            let speed = #"{"widget_id": "shutterspeed", "widget_value": "Bulb"}"#
            #expect(try await worker.ask(0x0009, 1, speed).code == 0x2001)
            let answer = try await worker.ask(0x0106, 2)
            #expect(answer.code == 0x2002 && answer.json["message"].string?.contains("Bulb") == true)
        }
        try await run(.nikon, cardSpace: 0) { (_, worker) async throws in
            #expect(try await worker.ask(0x0106, 1).code == 0x200C)
        }
    }

    @Test("A body whose release was called off by CANCEL is still armed") func stillArmed() async throws {
        try await run(.canonEOS) { (body, worker) async throws in
            #expect(try await worker.ask(0x0106, 1).code == 0x2001)
            worker.command(0x0107, 2, "{\"deadline_ns\": \(monotonicTime() + Self.later)}")
            worker.command(0x0017, 3, #"{"transaction_ID": 2}"#)
            #expect(try await worker.answer(2).code == 0x201F)
            let deadline = monotonicTime() + 50_000_000
            #expect(try await worker.ask(0x0107, 4, "{\"deadline_ns\": \(deadline)}").code == 0x2001)
            try await body.hasReleased(1)
            #expect(body.halfPresses == [true])
        }
    }

    @Test("A release is answered when the body has taken it, however long it is busy with it", arguments: dialects)
    func longExposure(dialect: VirtualBodyDescription.Dialect) async throws {
        try await run(dialect, lag: .seconds(600)) { (body, worker) async throws in
            #expect(try await worker.ask(0x0106, 1).code == 0x2001)
            let deadline = monotonicTime() + 50_000_000
            #expect(try await worker.ask(0x0107, 2, "{\"deadline_ns\": \(deadline)}").code == 0x2001)
            #expect(worker.policy == SCHED_OTHER)
            worker.hangUp()
            #expect(try await worker.exitCode() == 0)
            try await body.hasReleased(1)
        }
    }

    @Test("A RAW and a JPEG are expected where the body writes both") func pair() async throws {
        try await run(.nikon) { (_, worker) async throws in
            let choices = try await worker.ask(0x0008, 1, #"{"widget_id": "imagequality"}"#).json["choices"].array
            let both = try #require(choices.compactMap(\.string).first { $0.contains("+") })
            let quality = "{\"widget_id\": \"imagequality\", \"widget_value\": \"\(both)\"}"
            #expect(try await worker.ask(0x0009, 2, quality).code == 0x2001)
            #expect(try await worker.ask(0x0106, 3).json["expected_images"].integer == 2)
            let deadline = monotonicTime() + 50_000_000
            #expect(try await worker.ask(0x0107, 4, "{\"deadline_ns\": \(deadline)}").code == 0x2001)
            for _ in 0..<2 { _ = try await worker.event(0x4002) }
        }
    }

    @Test("A lens that is focused by hand, or takes its time, is armed all the same") func focus() async throws {
        try await run(.canonEOS, autofocus: .milliseconds(300)) { (body, worker) async throws in
            #expect(try await worker.ask(0x0106, 1).code == 0x2001)
            let deadline = monotonicTime() + 50_000_000
            #expect(try await worker.ask(0x0107, 2, "{\"deadline_ns\": \(deadline)}").code == 0x2001)
            _ = try await worker.event(0x4002)
        }
    }
}

/// CLOCK_MONOTONIC, in nanoseconds.
func monotonicTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

extension TransactionRecord {
    /// InitiateCapture, Nikon's 9207, Canon's 9128 with the button pressed fully.
    fileprivate var isRelease: Bool {
        switch operation.rawValue {
        case 0x100E, 0x9207: true
        case 0x9128: (parameters.first ?? 0) & 2 != 0
        default: false
        }
    }
}

extension VirtualBody {
    /// Waits until the log has the releases, each of which it notes when it has answered; there must not be more.
    fileprivate func hasReleased(_ count: Int) async throws {
        try await waitUntil("the body has released \(count) times") {
            transactions().filter(\.isRelease).count >= count
        }
        #expect(transactions().filter(\.isRelease).count == count)
    }

    /// The half presses and their ends, without those of a release.
    fileprivate var halfPresses: [Bool] {
        transactions().compactMap { record in
            guard record.parameters.first == 1 else { return nil }
            return record.operation.rawValue == 0x9128 ? true : record.operation.rawValue == 0x9129 ? false : nil
        }
    }
}
