import FleetTesting
import Foundation
import Testing

/// A thousand connections at once on each port of the program.
@Suite struct CrowdTests {
    private static let crowd = 1000
    /// What a thousand connections may cost, half a packet each: 64 KiB and more each are the buffers that reading takes.
    private static let mostMemory = 400 << 20

    @Test("A thousand connections are served on each port, and a thousand half packets hold up nobody")
    func crowds() async throws {
        raiseDescriptorLimit()
        let server = try await ServedProgram(bodies: 0)
        let before = try server.residentMemory()
        for port in server.ports {
            var clients: [RawClient] = []
            for _ in 0..<Self.crowd { clients.append(try await RawClient.connect(port: port)) }
            for client in clients { try await client.command(Ask.cameras, transaction: 3) }
            for client in clients {
                let answer = try await client.packet { $0.type == 3 }
                answer.expect(port == server.commandPort ? .ok : .operationNotSupported)
            }
            // A header that promises the longest command, and the beginning of its body.
            let half = header(262_144, 1, Ask.check, 0) + [UInt8](repeating: 0x20, count: 2000)
            for client in clients { try await client.send(half) }
            let another = try await RawClient.connect(port: port)
            for _ in 0..<10 { _ = try await another.ask(Ask.cameras) }
            let growth = try server.residentMemory() - before
            print("a thousand half packets: the server's memory grew by \(growth / 1024) KiB")
            #expect(growth < Self.mostMemory)
            for client in clients { try await client.reset() }
            await another.close()
            try await waitUntil("the server has let go of them") {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.command.processID)/fd").count < 100
            }
        }
        #expect(server.command.isRunning)
    }

    /// The crowd's other ends are this process's.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
