import Fleet
import FleetModel
import FleetTesting
import Testing
import VirtualCamera

/// Bodies and workers that fail, and the others meanwhile.
@Suite struct FaultTests {
    /// A witness asks another body, and every answer is OK.
    private func witness(_ fleet: TestFleet, camera: Int) async throws {
        let client = try await fleet.server.client()
        let session = try await client.open(camera)
        for _ in 0..<10 {
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
        }
        await client.close()
    }

    private func state(_ fleet: TestFleet, _ camera: Int) async -> String {
        await fleet.server.registry.list().first { $0.cameraNumber == camera }?.state.rawValue ?? "none"
    }

    @Test("A worker that is killed costs its body a Camera_Fault and a moment, and no other body anything")
    func killedWorker() async throws {
        var bodies = TestFleet.nikons(2)
        bodies[0].shutterLag = .seconds(2)
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            // A release whose worker is killed before its image comes.
            try await client.command(0x0002, session: session, transaction: 1, "{}")
            try await waitUntil("the release was sent") {
                fleet.rig.bodies[0].transactionCount(.nikonInitiateCaptureRecInMedia) > 0
            }
            try fleet.killWorker(of: 0)
            let answer = try await client.packet { $0.type == 3 && $0.transaction == 1 }
            #expect(answer.code == 0xA002)
            #expect(answer.json["error"].string == "Camera_Fault")
            try await witness(fleet, camera: 2)
            try await waitUntil("the body is ready again") { await state(fleet, 1) == "ready" }
            let after = try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}")
            #expect(after.code == 0x2001)
        }
    }

    @Test("A body that goes silent gets its command Camera_Fault or Timed_Out, and is ready again when it speaks")
    func silentBody() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            fleet.rig.bodies[0].inject(.silent)
            try await client.command(0x0007, session: session, transaction: 1, "{\"widget_id\":\"iso\"}")
            try await witness(fleet, camera: 2)
            let code = try await client.packet { $0.transaction == 1 }.code
            #expect([0xA002, 0xA003].contains(code))
            try await waitUntil("it is in fault") { await state(fleet, 1) == "fault" }
            try await witness(fleet, camera: 2)
            let refused = try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}")
            #expect([0xA002, 0xA003].contains(refused.code))
            fleet.rig.bodies[0].repair()
            try await waitUntil("the body is ready again") { await state(fleet, 1) == "ready" }
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
        }
    }

    @Test("A body that is unplugged gets Camera_Unplugged, its session lives, and works again when it is back")
    func unplugged() async throws {
        try await TestFleet.run(TestFleet.nikons(2)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            _ = try await client.ask(0x0910, "{\"events\":[\"camera_detached\",\"camera_attached\"]}")
            await fleet.rig.listeners[0].unplug()
            let gone = try await client.packet { $0.type == 4 }
            #expect(gone.code == 0xC007)
            #expect(gone.json["state"].string == "unplugged")
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0xA001)
            #expect(try await client.ask(0x0005, session: session, "{}").code == 0xA001)
            // A session can be opened on it all the same.
            let other = try await client.open(1)
            #expect(try await client.ask(0x0900, session: other, "{}").code == 0xA001)
            try await fleet.rig.listeners[0].replug()
            let back = try await client.packet { $0.type == 4 }
            #expect(back.code == 0xC006)
            #expect(back.json["state"].string == "ready")
            #expect(back.json["id"] == gone.json["id"])
            for session in [session, other] {
                #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
            }
        }
    }

    @Test("A command past its time limit is Timed_Out, and the body works on")
    func timeLimit() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].shutterLag = .seconds(2)
        try await TestFleet.run(bodies) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let answer = try await client.ask(0x0002, session: session, "{\"time_limit_seconds\":0.2}")
            #expect(answer.code == 0xA003)
            #expect(answer.json["error"].string == "Timed_Out")
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
            for bad in ["0", "-1", "\"1\"", "null", "1e9"] {
                let answer = try await client.ask(0x0002, session: session, "{\"time_limit_seconds\":\(bad)}")
                #expect(answer.code == 0x201D)
            }
        }
    }

    @Test("A driver that does not return is ended after its grace, and its body opened anew")
    func hungDriver() async throws {
        var limits = FleetLimits()
        limits.commandTime = .seconds(2)
        limits.driverGrace = .milliseconds(300)
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            fleet.rig.bodies[0].inject(.silent)
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0xA003)
            try await waitUntil("the worker was ended") { await state(fleet, 1) == "fault" }
            fleet.rig.bodies[0].repair()
            try await waitUntil("the body is ready again") { await state(fleet, 1) == "ready" }
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0x2001)
        }
    }
}
