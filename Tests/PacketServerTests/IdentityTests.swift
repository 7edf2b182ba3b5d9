import Fleet
import FleetModel
import FleetTesting
import Testing
import VirtualCamera

/// Which body is which (protocol.md, CAMERA_INFO).
@Suite struct IdentityTests {
    @Test(
        "Two bodies that show the same serial number are two bodies, and stay who they are whatever goes and comes back"
    )
    func equalSerials() async throws {
        var bodies = TestFleet.nikons(2)
        bodies[1].serialNumber = bodies[0].serialNumber
        let folder = TemporaryFolder()
        try await TestFleet.run(bodies, folder: folder) { fleet in
            let registry = fleet.server.registry
            let before = await registry.list()
            #expect(before.count == 2)
            #expect(Set(before.map(\.id)).count == 2)
            #expect(before.map(\.cameraNumber) == [1, 2])
            // The one whose id is its serial number goes; the other must not take its place when it is opened anew.
            let index = before[0].id.rawValue.hasSuffix(bodies[0].serialNumber) ? 0 : 1
            let other = 1 - index
            await fleet.rig.listeners[index].unplug()
            try await waitUntil("it is unplugged") { await registry.list()[index].state == .unplugged }
            try fleet.killWorker(of: other)
            try await waitUntil("the other is opened anew") { await registry.list()[other].state != .ready }
            try await waitUntil("the other is ready again") { await registry.list()[other].state == .ready }
            let after = await registry.list()
            #expect(after.map(\.id) == before.map(\.id))
            #expect(after.map(\.port) == before.map(\.port))
        }
    }

    @Test("A body that another one replaces at its address is unplugged, and the new one is a body of its own")
    func replaced() async throws {
        let bodies = TestFleet.nikons(2)
        try await TestFleet.run([bodies[0]]) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let port = fleet.rig.listeners[0].port
            await fleet.rig.listeners[0].stop()
            let other = try await PtpIpListener.start(try VirtualBody(bodies[1]), port: port)
            try await waitUntil("the new body is ready") {
                await fleet.server.registry.list().contains {
                    $0.serial == bodies[1].serialNumber && $0.state == .ready
                }
            }
            let list = await fleet.server.registry.list()
            #expect(list.map(\.serial) == bodies.map(\.serialNumber))
            #expect(list[0].state == .unplugged)
            #expect(try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}").code == 0xA001)
            await other.stop()
        }
    }

    @Test("A body that is given twice is refused the second time")
    func givenTwice() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let port = BodyPort(path: fleet.rig.listeners[0].portPath)
            let registry = fleet.server.registry
            let error = await #expect(throws: FleetError.self) { try await registry.add(port) }
            #expect(error?.kind == .invalidParameter)
            #expect(await registry.list().count == 1)
        }
    }
}
