import FleetTesting
import PacketServer
import Testing

/// What is refused with a response, after which the connection lives on (protocol.md, sections 1 and 2).
@Suite struct RefusalTests {
    @Test(
        "Bad JSON, missing and ill-typed arguments get Invalid_Parameter, and the connection lives on",
        arguments: [
            "{", "{}x", "[]", "null", "{\"camera\":NaN}", "{\"camera\":01}", "{\"camera\":1,}", "{\"camera\":true}",
            "{\"camera\":null}", "{\"camera\":1.5}", "{\"camera\":[1]}", "{\"camera\":{}}", "{}", "{\"camera\":7}",
            "{\"camera\":\"nobody\"}", "\u{FEFF}{\"camera\":1}",
        ])
    func badArguments(_ json: String) async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            let answer = try await client.ask(0x0903, json)
            #expect(answer.code == 0x201D)
            #expect(answer.json["error"].string == "Invalid_Parameter")
            #expect(answer.json["message"].string?.isEmpty == false)
            #expect(try await client.ask(0x0900, "{}").code == 0x2001)
        }
    }

    @Test("Unknown commands get Operation_Not_Supported, those of a body without a session Session_Not_Open")
    func unknownCommands() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            #expect(try await client.ask(0x0123, "{}").code == 0x2005)
            #expect(try await client.ask(0x096F, "{}").code == 0x2005)
            #expect(try await client.ask(0x0007, "{\"widget_id\":\"iso\"}").code == 0x2003)
            #expect(try await client.ask(0x0007, session: 12, "{\"widget_id\":\"iso\"}").code == 0x2003)
            #expect(try await client.ask(0x0902, session: 12, "{}").code == 0x2003)
            #expect(try await client.ask(0x0939, "{}").code == 0x2005)
        }
    }

    @Test("A command that does not belong to the port gets Operation_Not_Supported")
    func wrongPort() async throws {
        try await TestServer.run([]) { server in
            for port in [server.liveViewPort, server.downloadPort] {
                let client = try await RawClient.connect(port: port)
                #expect(try await client.ask(0x0902, "{}").code == 0x2005)
                #expect(try await client.ask(0x0900, "{}").code == 0x2005)
                #expect(try await client.ask(0x0005, session: 3, "{\"ticket\":\"x\"}").code == 0x2003)
                #expect(try await client.ask(0x0004, session: 3, "{\"ticket\":\"x\"}").code == 0x2003)
            }
        }
    }

    @Test("Events that nobody knows cannot be subscribed to")
    func unknownEvents() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            #expect(try await client.ask(0x0910, "{\"events\":[\"shutter\"]}").code == 0x201D)
            #expect(try await client.ask(0x0910, "{\"events\":\"camera_state\"}").code == 0x201D)
            #expect(try await client.ask(0x0910, "{\"events\":[\"camera_state\"]}").code == 0x2001)
            #expect(try await client.ask(0x0910, "{}").code == 0x2001)
            #expect(try await client.ask(0x0911, "{}").code == 0x2001)
        }
    }

    @Test("Without authentication any token makes an admin")
    func anyToken() async throws {
        try await TestServer.run([]) { server in
            let client = try await server.client()
            #expect(try await client.ask(0x0901, "{\"token\":\"anything\"}").json["role"].string == "admin")
            #expect(try await client.ask(0x0901, "{}").code == 0x201D)
        }
    }

    @Test("A connection above the limit of its port is told Too_Many and closed, and a place that is free is taken")
    func tooManyConnections() async throws {
        var limits = PortLimits()
        limits.connections = 2
        try await TestServer.run([], portLimits: limits) { server in
            for port in [server.commandPort, server.liveViewPort, server.downloadPort] {
                var open: [RawClient] = []
                for _ in 1...2 {
                    let client = try await RawClient.connect(port: port)
                    #expect(try await client.ask(0x0902, "{}").type == 3)
                    open.append(client)
                }
                let refused = try await RawClient.connect(port: port)
                let answer = try await refused.packet()
                #expect(answer.code == 0xA004)
                #expect(await refused.isClosedByServer())
                await open[0].close()
                try await waitUntil("the place is free") {
                    let client = try await RawClient.connect(port: port)
                    let answer = try? await client.ask(0x0902, "{}")
                    await client.close()
                    return answer != nil
                }
            }
        }
    }
}
