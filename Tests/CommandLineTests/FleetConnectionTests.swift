import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketClient
import PacketProtocol
import Testing

@Suite("A connection of the client", .timeLimit(.minutes(1)))
struct FleetConnectionTests {
    private func connect(
        _ port: Int, timeLimit: TimeAmount = .seconds(10), eventCapacity: Int = 1_024
    ) async throws(FleetClientError) -> FleetConnection {
        try await FleetConnection.connect(
            to: ServerAddress(host: "127.0.0.1", port: port), timeLimit: timeLimit, eventCapacity: eventCapacity)
    }

    @Test("The greeting is read, and a command is written as the page says")
    func bytes() async throws {
        let seen = NIOLockedValueBox<[ReceivedCommand]>([])
        try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { command in
                seen.withLockedValue { $0.append(command) }
                return [command.response(#"{"widget_id":"iso","widget_type":262,"label":"ISO","readonly":false}"#)]
            }
        } _: { port in
            let connection = try await connect(port)
            #expect(connection.greeting.server == "scripted/1" && connection.greeting.liveViewPort == 4444)
            let widget = try await connection.request(
                .getWidgetCurrentValue, sessionID: 7, arguments: WidgetArguments(widgetID: "iso"), as: Widget.self)
            #expect(widget.name == "iso" && widget.type == .radio && widget.value == nil)
            await connection.close()
        }
        let command = try #require(seen.withLockedValue { $0.first })
        #expect(command.code == 0x0007 && command.session == 7 && command.transaction != 0)
        #expect(command.json == #"{"widget_id":"iso"}"#)
    }

    @Test("Answers that come out of order reach those who asked")
    func outOfOrder() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            var commands: [ReceivedCommand] = []
            while commands.count < 20, let command = try await peer.command() { commands.append(command) }
            for command in commands.reversed() {
                try await peer.send(command.response(#"{"time":\#(command.session),"cameras":1}"#))
            }
            _ = try await peer.command()
        } _: { port in
            let connection = try await connect(port)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for session in 1...20 as ClosedRange<UInt32> {
                    group.addTask {
                        let check = try await connection.request(
                            .checkConnection, sessionID: session, as: FleetCheck.self)
                        return check.time == Int64(session)
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test("A refusal carries its kind, its sentence and what libgphoto2 said; an unknown code is a General_Error")
    func refusals() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { command in
                switch command.code {
                case 0x0902:
                    [
                        command.response(
                            #"""
                            {"error":"Device_Busy","message":"Wait.","gphoto2":{"code":-110,"text":"I/O in progress"}}
                            """#, code: 0x2019)
                    ]
                case 0x0900: [command.response(#"{"error":"New","message":"Odd."}"#, code: 0x2ABC)]
                default: [command.response("nonsense", code: 0x2005)]
                }
            }
        } _: { port in
            let connection = try await connect(port)
            let busy = FleetError(.deviceBusy, "Wait.", driver: DriverError(code: -110, text: "I/O in progress"))
            await #expect(throws: FleetClientError.refused(busy)) { try await connection.cameras() }
            await #expect(throws: FleetClientError.refused(FleetError(.generalError, "Odd."))) {
                try await connection.check()
            }
            await #expect {
                try await connection.unsubscribe()
            } throws: { error in
                guard case .refused(let refusal)? = error as? FleetClientError else { return false }
                return refusal.kind == .operationNotSupported
            }
        }
    }

    @Test("When the server closes, everybody who waits is told, and so is who asks later")
    func closes() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            for _ in 0..<3 { _ = try await peer.command() }
        } _: { port in
            let connection = try await connect(port)
            await withTaskGroup(of: FleetClientError?.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        do throws(FleetClientError) {
                            _ = try await connection.check()
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                for await error in group {
                    guard case .connectionLost? = error else {
                        Issue.record("\(String(describing: error))")
                        continue
                    }
                }
            }
            await #expect(throws: FleetClientError.self) { try await connection.check() }
            await #expect(throws: FleetClientError.self) { for try await _ in connection.events {} }
        }
    }

    @Test(
        "What is no fleet server is told from one",
        arguments: [
            ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"), ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n"),
            greeting(version: 2), packet(type: 4, 0xC001, transaction: 1, ByteBuffer(string: "{}")),
            packet(type: 4, 0x0800, transaction: 1, ByteBuffer(string: "{}")),
            packet(type: 3, 0x2001, transaction: 1, ByteBuffer(string: "{}")),
            packet(type: 2, 0x0005, transaction: 1, ByteBuffer(string: "{}")),
            packet(type: 1, 0x0900, transaction: 1, ByteBuffer(string: "{}")),
        ])
    func garbage(bytes: ByteBuffer) async throws {
        try await withPeer { peer in
            try await peer.send(bytes)
            _ = try await peer.command()
        } _: { port in
            await #expect {
                try await connect(port)
            } throws: { error in
                guard case .notUnderstood? = error as? FleetClientError else { return false }
                return true
            }
        }
    }

    @Test("A server that says nothing is given up after the time limit")
    func silent() async throws {
        try await withPeer { peer in
            _ = try await peer.command()
        } _: { port in
            await #expect {
                try await connect(port, timeLimit: .milliseconds(50))
            } throws: { error in
                "\(error)".contains("does not greet")
            }
        }
    }

    @Test("A server that closes before it greets, or is not there, is an error that says so")
    func early() async throws {
        try await withPeer { _ in
        } _: { port in
            await #expect(throws: FleetClientError.self) { try await connect(port) }
        }
        let port = try unusedPort()
        await #expect {
            try await connect(port)
        } throws: { error in
            "\(error)".hasPrefix("No fleet server answers at 127.0.0.1:\(port). Start one with")
        }
    }

    @Test("A server that is full says so instead of greeting")
    func full() async throws {
        try await withPeer { peer in
            let json = #"{"error":"Too_Many","message":"4096 connections are open."}"#
            try await peer.send(packet(type: 3, 0xA004, transaction: 0, ByteBuffer(string: json)))
        } _: { port in
            let full = FleetError(.tooMany, "4096 connections are open.")
            await #expect(throws: FleetClientError.refused(full)) { try await connect(port) }
        }
    }

    @Test("An answer that cannot be read is an error of its own, and the connection lives on")
    func unreadable() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            try await peer.serve { command in
                [command.response(command.code == 0x0902 ? #"{"cameras":[{"id":1}]}"# : #"{"time":1,"cameras":2}"#)]
            }
        } _: { port in
            let connection = try await connect(port)
            await #expect {
                try await connection.cameras()
            } throws: { error in
                guard case .notUnderstood? = error as? FleetClientError else { return false }
                return true
            }
            #expect(try await connection.check().cameras == 2)
        }
    }

    @Test("Unread events are bounded: the newest are dropped and counted, the older ones come in order")
    func events() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            guard let subscription = try await peer.command() else { return }
            for number in 2...6 as ClosedRange<UInt32> {
                try await peer.send(
                    packet(type: 4, 0xC005, transaction: number, ByteBuffer(string: #"{"count":\#(number)}"#)))
            }
            try await peer.send(subscription.response())
            _ = try await peer.command()
        } _: { port in
            let connection = try await connect(port, eventCapacity: 2)
            try await connection.subscribe(to: ["events_lost"])
            #expect(connection.events.dropped == 3)
            var reader = connection.events.makeAsyncIterator()
            for number in 2...3 as ClosedRange<UInt32> {
                let event = try #require(try await reader.next())
                #expect(event.number == number && event.event == .eventsLost && event.name == "events_lost")
                #expect(event.read(EventsLost.self)?.count == Int(number))
            }
            await connection.close()
            #expect(try await reader.next() == nil, "closed by this side, they end without an error")
            await #expect(throws: FleetClientError.closed) { try await connection.check() }
        }
    }

    @Test("A task that is cancelled stops waiting, and the command of a session is cancelled on the server")
    func cancel() async throws {
        let cancelled = NIOLockedValueBox<(ReceivedCommand, ReceivedCommand)?>(nil)
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        try await withPeer { peer in
            try await peer.send(greeting())
            guard let capture = try await peer.command() else { return }
            arrived.yield()
            guard let cancel = try await peer.command() else { return }
            cancelled.withLockedValue { $0 = (capture, cancel) }
            try await peer.send(cancel.response(), capture.response("{}", code: 0x201F))
            try await peer.serve { [$0.response(#"{"time":1,"cameras":2}"#)] }
        } _: { port in
            let connection = try await connect(port)
            let asking = Task { try await connection.request(.captureImage, sessionID: 5) }
            for await _ in arrivals { break }
            asking.cancel()
            await #expect(throws: FleetClientError.cancelled) { try await asking.value }
            #expect(try await connection.check().cameras == 2, "late answers disturb nobody")
        }
        let (capture, cancel) = try #require(cancelled.withLockedValue { $0 })
        #expect(cancel.code == 0x0017 && cancel.session == 5 && cancel.transaction != capture.transaction)
        #expect(cancel.json == #"{"transaction_ID":\#(capture.transaction)}"#)
    }

    @Test("With 256 commands in flight one more is refused, and the others still wait")
    func tooMany() async throws {
        try await withPeer { peer in
            try await peer.send(greeting())
            var commands: [ReceivedCommand] = []
            while commands.count < 256, let command = try await peer.command() { commands.append(command) }
            try await peer.send(packet(type: 4, 0xC005, transaction: 2, ByteBuffer(string: #"{"count":1}"#)))
            _ = try await peer.command()
        } _: { port in
            let connection = try await connect(port)
            await withTaskGroup { group in
                for _ in 0..<256 { group.addTask { _ = try? await connection.check() } }
                var reader = connection.events.makeAsyncIterator()
                _ = try? await reader.next()
                await #expect {
                    try await connection.check()
                } throws: { error in
                    guard case .refused(let refusal)? = error as? FleetClientError else { return false }
                    return refusal.kind == .tooMany
                }
                group.cancelAll()
            }
        }
    }

    @Test(
        "A server's address is HOST or HOST:PORT",
        arguments: [
            ("localhost", "localhost", 5555, "localhost:5555"), ("10.0.0.2:1", "10.0.0.2", 1, "10.0.0.2:1"),
            ("[::1]", "::1", 5555, "[::1]:5555"), ("[fe80::1]:65535", "fe80::1", 65535, "[fe80::1]:65535"),
        ])
    func address(text: String, host: String, port: Int, description: String) throws {
        let address = try #require(ServerAddress(text))
        #expect(address == ServerAddress(host: host, port: port) && address.description == description)
    }

    @Test(
        "What is no server's address is refused",
        arguments: [
            "", ":", ":5555", "a:", "a:0", "a:65536", "a:-1", "a:+1", "a:b", "a:1:2", "::1", "[::1", "[]", "[a]",
            "[::1]x",
            "[::1]:", "a b", "http://a", "a/b", "é",
        ])
    func noAddress(text: String) {
        #expect(ServerAddress(text) == nil)
    }
}
