import FleetTesting
import Testing

/// How a body is lost: the command is answered, 0xC101 says why, and the worker ends with 1.
@Suite(.serialized, .timeLimit(.minutes(1))) struct LossTests {
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    @Test(
        "A body that ends the connection within a command leaves an answer and a reason",
        arguments: [(true, "unreachable", 0xA001), (false, "lost", 0xA002)] as [(Bool, String, UInt16)])
    func withinCommand(isGone: Bool, reason: String, code: UInt16) async throws {
        body.change { $0.faults[0x1014] = .close(isGone: isGone) }
        let answer = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        #expect(answer.code == code)
        #expect(answer.json["message"].string?.isEmpty == false)
        try await expectEnd(reason)
    }

    @Test("A body that says nothing within a command is silent") func silence() async throws {
        body.change { device in for operation in device.operations { device.faults[operation] = .silence } }
        let answer = try await worker.ask(0x0007, 1, #"{"widget_id": "iso"}"#)
        #expect(answer.code == 0xA003 || answer.code == 0xA002)
        try await expectEnd("silent")
    }

    @Test("The whole configuration of a body that goes meanwhile is no list that lacks the rest") func tree()
        async throws
    {
        body.change { $0.faults[0x1014] = .close(isGone: true) }
        let answer = try await worker.ask(0x000A, 1, #"{"values": true}"#)
        #expect(answer.code == 0xA001)
        try await expectEnd("unreachable")
    }

    @Test("A body that nobody uses and that goes is noticed", arguments: [(true, "unreachable"), (false, "lost")])
    func whileIdle(isGone: Bool, reason: String) async throws {
        body.disappear(isGone: isGone)
        try await expectEnd(reason)
    }

    @Test("A body that goes within a release leaves an answer") func withinRelease() async throws {
        body.change { $0.release = [] }
        worker.command(0x0002, 1)
        try await waitUntil("the body was released") { body.asked.contains(0x100E) }
        body.disappear(isGone: true)
        #expect(try await worker.answer(1).code == 0xA001)
        try await expectEnd("unreachable")
    }

    private func expectEnd(_ reason: String) async throws {
        let failed = try await worker.event(0xC101)
        #expect(failed["reason"].string == reason)
        #expect(failed["error"]["message"].string?.isEmpty == false)
        #expect(try await worker.exitCode() == 1)
    }
}
