import CDriverLog
import FleetTesting
import Testing

/// What FIRE does when the body does not do as it should.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ArmingRefusalTests {
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    private func fire(_ more: String = "") async throws -> LinkPacket {
        try await worker.ask(0x0107, 2, "{\"deadline_ns\": \(monotonicTime() + 50_000_000)\(more)}")
    }

    @Test("A body that is busy at its time is asked again, until it releases once") func busy() async throws {
        #expect(try await worker.ask(0x0106, 1).code == 0x2001)
        body.change { $0.faults[0x100E] = .refusal(0x2019, times: 3) }
        let answer = try await fire(", \"late_limit_ns\": 10000000000")
        #expect(answer.code == 0x2001 && answer.json["attempts"].integer == 4)
        #expect(body.asked.count { $0 == 0x100E } == 4)
        #expect(try await worker.event(0x4002)["name"].string == "IMG_1000.JPG")
        #expect(try await worker.ask(0x0103, 3).code == 0x2001)
        #expect(body.asked.count { $0 == 0x100E } == 4)
    }

    @Test("A body that stays busy is Device_Busy, and is asked no more") func staysBusy() async throws {
        #expect(try await worker.ask(0x0106, 1).code == 0x2001)
        body.change { $0.faults[0x100E] = .refusal(0x2019, times: .max) }
        #expect(try await fire(", \"late_limit_ns\": 0").code == 0x2019)
        #expect(body.asked.count { $0 == 0x100E } == 1)
        #expect(worker.policy == 0)
        body.change { $0.faults[0x100E] = nil }
        #expect(try await worker.ask(0x0106, 3).code == 0x2001)
        #expect(try await fire().code == 0x2001)
    }

    @Test("A body that refuses its release is asked once, and says what to look at") func refused() async throws {
        #expect(try await worker.ask(0x0106, 1).code == 0x2001)
        body.change { $0.faults[0x100E] = .refusal(0x2002, times: 1) }
        let answer = try await fire()
        #expect(answer.code == 0x2002 && answer.json["message"].string?.contains("focus") == true)
        #expect(body.asked.count { $0 == 0x100E } == 1)
        #expect(try await worker.ask(0x0002, 3).code == 0x2001)
    }

    @Test("A release that is not answered may have happened: it is told with its time, and the body's loss after it")
    func silence() async throws {
        #expect(try await worker.ask(0x0106, 1).code == 0x2001)
        body.change { $0.faults[0x100E] = .silence }
        let answer = try await fire()
        #expect(answer.code == 0x2001)
        #expect(answer.json["released_at_monotonic_ns"].integer ?? 0 > 0)
        #expect(answer.json["error"]["message"].string?.isEmpty == false)
        _ = try await worker.event(0xC101)
        #expect(body.asked.count { $0 == 0x100E } == 1)
    }

    @Test("A body that goes while it is armed is told of as ever") func gone() async throws {
        #expect(try await worker.ask(0x0106, 1).code == 0x2001)
        body.disappear(isGone: true)
        #expect(try await worker.event(0xC101)["reason"].string == "unreachable")
    }

    @Test("A body that cannot be released, or has no card, is not armed, and says why") func unable() async throws {
        var device = PlayedDevice()
        device.operations.removeAll { $0 == 0x100E }
        let unable = try StartedWorker(try PlayedBody(device))
        #expect(try await unable.event(0xC100)["can"].array.contains(.string("arm")) == false)
        #expect(try await unable.ask(0x0106, 1).code == 0x2005)
        device = PlayedDevice()
        device.storages = []
        let empty = try StartedWorker(try PlayedBody(device))
        _ = try await empty.event(0xC100)
        #expect(try await empty.ask(0x0106, 1).code == 0x2013)
    }

    @Test("Arguments that make no sense are refused, and the body is not armed") func arguments() async throws {
        for json in [#"{"hold_seconds": 0}"#, #"{"hold_seconds": -1}"#, #"{"hold_seconds": "x"}"#, "["] {
            #expect(try await worker.ask(0x0106, 1, json).code == 0x201D)
        }
        #expect(try await worker.ask(0x0107, 2).code == 0x201D)
    }

    @Test("What a driver says before it writes a request over USB is taken for the request") func words() {
        driver_release_begin(1, -1, nil, nil)
        defer { driver_release_end() }
        driver_release_words("Sending PTP_OC 0x90c7 (Nikon Get (Event)) request...")
        driver_release_words("Sending PTP_OC 0x9128 (EOS Remote Release On) (0x1,0x1) request...")
        driver_release_words("Sending PTP_OC 0x9128 (EOS Remote Release On) (0x3,0x1) data...")
        driver_release_words("Sending PTP_OC 0x9207 (Set Control Device B) (0xd2c1) request...")
        #expect(driver_release_state().sent == 0)
        driver_release_words("Sending PTP_OC 0x9128 (EOS Remote Release On) (0x3,0x1) request...")
        let state = driver_release_state()
        #expect(state.sent > 1 && state.releases == 1 && state.before == 3 && state.woken == 0)
    }
}
