import FleetTesting
import Testing
import VirtualCamera

@Suite("The control port", .serialized) struct ControlPortTests {
    /// A rig of a Nikon and a plain body with its control port.
    private func withControl(
        _ test: (_ port: Int, VirtualRig) async throws -> Void
    ) async throws {
        var descriptions = [VirtualBodyDescription(dialect: .nikon), VirtualBodyDescription(dialect: .ptp, index: 2)]
        for index in descriptions.indices {
            descriptions[index].pictures = 1
            descriptions[index].shutterLag = .zero
            descriptions[index].transactionLogLength = 8
        }
        let rig = try await VirtualRig.start(descriptions)
        let control = try await ControlPort.start(rig)
        let running = Task { await control.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await test(control.port, rig)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        await rig.stop()
        try result.get()
    }

    @Test("Faults are injected, listed with their strikes, and repaired")
    func faults() async throws {
        try await withControl { port, rig in
            let control = try ControlSocket(port: port)
            let injected = try await control.ask(
                #"{"do":"fault","body":1,"kind":"failing","code":"2002","on":["1004"],"at":2,"times":1}"#)
            #expect(injected == #"{"fault":1,"ok":true}"#)
            let session = try InitiatorSession(port: rig.listeners[0].port)
            #expect(try (0..<3).map { _ in try session.response(0x1004) } == [0x2001, 0x2002, 0x2001])
            #expect(
                try await control.ask(#"{"do":"faults","body":"Body 1"}"#)
                    == #"{"faults":[{"at":2,"code":"2002","fault":1,"kind":"failing","on":["1004"],"strikes":1,"#
                    + #""times":1}],"ok":true}"#)
            #expect(try await control.ask(#"{"do":"repair","body":1,"fault":1}"#) == #"{"ok":true}"#)
            #expect(
                try await control.ask(#"{"do":"repair","body":1,"fault":1}"#)
                    == #"{"error":"The body has no fault 1.","ok":false}"#)
            #expect(
                try await control.ask(#"{"do":"fault","body":"all","kind":"busy"}"#)
                    == #"{"bodies":[{"fault":2},{"fault":1}],"ok":true}"#)
            #expect(try session.response(0x1004) == 0x2019)
            #expect(
                try await control.ask(#"{"do":"repair","body":"all"}"#) == #"{"bodies":[{},{}],"ok":true}"#)
            #expect(try session.response(0x1004) == 0x2001)
        }
    }

    @Test(
        "Every kind of fault can be asked for, and is told as it was",
        arguments: [
            #""kind":"silent","times":1"#, #""kind":"hang""#, #""kind":"slow","ms":2.5"#,
            #""code":"A002","kind":"failing""#, #""kind":"busy","times":3"#, #""kind":"drop","on":["1001","101B"]"#,
            #""after":100,"kind":"cut""#, #""by":-3,"kind":"wrong_length""#,
            #""kind":"garbage","length":10,"seed":-7"#, #""kind":"garbage","seed":1"#,
            #""kind":"garbage_packet","packet":"absurd_length""#, #""kind":"garbage_packet","packet":"short_length""#,
            #""kind":"garbage_packet","packet":"unknown_type""#,
            #""kind":"garbage_packet","packet":"noise","seed":4"#, #""kind":"wrong_transaction""#,
            #""kind":"card_full""#, #""kind":"no_card""#,
        ])
    func kinds(words: String) async throws {
        try await withControl { port, _ in
            let control = try ControlSocket(port: port)
            #expect(try await control.ask(#"{"do":"fault","body":2,\#(words)}"#) == #"{"fault":1,"ok":true}"#)
            let told = try await control.ask(#"{"do":"faults","body":2}"#)
            for word in words.split(separator: ",\"").joined(separator: "|\"").split(separator: "|") {
                #expect(told.contains(word), "\(word)")
            }
        }
    }

    @Test("What a hand does can be asked for")
    func hands() async throws {
        try await withControl { port, rig in
            let control = try ControlSocket(port: port)
            let body = rig.bodies[0]
            #expect(try await control.ask(#"{"do":"press_shutter","body":1}"#) == #"{"ok":true}"#)
            try await waitUntil("the picture is there") { body.filePaths.count == 2 }
            #expect(
                try await control.ask(#"{"do":"turn_dial","body":1,"property":"500F","value":800}"#) == #"{"ok":true}"#)
            #expect(body.value(of: .exposureIndex) == 800)
            #expect(
                try await control.ask(#"{"do":"turn_dial","body":1,"property":"500F","value":"fast"}"#)
                    == #"{"error":"Property 500F cannot be \"fast\" on this body.","ok":false}"#)
            let path = "/DCIM/100D7500/DSC_0001.JPG"
            #expect(try await control.ask(#"{"do":"delete","body":1,"path":"\#(path)"}"#) == #"{"ok":true}"#)
            #expect(
                try await control.ask(#"{"do":"delete","body":1,"path":"\#(path)"}"#)
                    == #"{"error":"There is no \#(path) that could be deleted.","ok":false}"#)
            #expect(try await control.ask(#"{"do":"remove_card","body":1}"#) == #"{"ok":true}"#)
            #expect(
                try await control.ask(#"{"do":"press_shutter","body":1}"#)
                    == #"{"error":"The body is busy, or its card is full or not there.","ok":false}"#)
            #expect(try await control.ask(#"{"do":"insert_card","body":1}"#) == #"{"ok":true}"#)
            #expect(body.isCardInserted)
        }
    }

    @Test("The cable can be pulled and put back, and connections be dropped")
    func cable() async throws {
        try await withControl { port, rig in
            let control = try ControlSocket(port: port)
            let session = try InitiatorSession(port: rig.listeners[0].port)
            #expect(try await control.ask(#"{"do":"unplug","body":"6000001"}"#) == #"{"ok":true}"#)
            #expect(session.command.isClosedByBody())
            #expect(throws: InitiatorSocket.Failure.self) { try InitiatorSocket(port: rig.listeners[0].port) }
            #expect(try await control.ask(#"{"do":"replug","body":1}"#) == #"{"ok":true}"#)
            let again = try InitiatorSession(port: rig.listeners[0].port)
            #expect(try await control.ask(#"{"do":"drop","body":1}"#) == #"{"ok":true}"#)
            #expect(again.command.isClosedByBody())
        }
    }

    @Test("Bodies and transactions are listed")
    func lists() async throws {
        try await withControl { port, rig in
            let control = try ControlSocket(port: port)
            let session = try InitiatorSession(port: rig.listeners[1].port)
            #expect(try session.response(0x1007, .max, 0, 0) == 0x2001)
            try await waitUntil("the log has both") { rig.bodies[1].transactions().count == 2 }
            let bodies = try await control.ask(#"{"do":"bodies"}"#)
            #expect(bodies.contains(#""name":"Body 2","number":2,"personality":"ptp","port":"ptpip:127.0.0.1:"#))
            let transactions = try await control.ask(#"{"do":"transactions","body":2,"last":1}"#)
            #expect(transactions.contains(#""operation":"1007","parameters":[4294967295,0,0],"response":"2001""#))
            #expect(!transactions.contains(#""operation":"1002""#))
        }
    }

    @Test(
        "What makes no sense is refused in a sentence, and the next line is taken",
        arguments: [
            ("nonsense", "This is not JSON."), ("", "This is not JSON."),
            ("[1]", "A request is a JSON object in braces."),
            ("{}", "The request: do must be one of bodies, fault, "),
            (#"{"do":"explode"}"#, "The request: do must be one of bodies, fault, "),
            (#"{"do":"drop"}"#, "The request: body must be a number from 1 to 2, a name, a serial number or all."),
            (#"{"do":"drop","body":0}"#, "The request: body must be a number from 1 to 2"),
            (#"{"do":"drop","body":-9223372036854775808}"#, "The request: body must be a number from 1 to 2"),
            (#"{"do":"drop","body":"-9223372036854775808"}"#, "The request: body must be a body: there is no -922"),
            (#"{"do":"drop","body":"Nobody"}"#, "The request: body must be a body: there is no Nobody."),
            (#"{"do":"drop","body":1,"x":1}"#, "The request: there is no key x; there are body, do."),
            (#"{"do":"fault","body":1}"#, "The request: kind must be one of silent, hang, "),
            (#"{"do":"fault","body":1,"kind":"fire"}"#, "The request: kind must be one of silent, hang, "),
            (#"{"do":"fault","body":1,"kind":"busy","at":0}"#, "The request: at must be 1 or more"),
            (#"{"do":"fault","body":1,"kind":"busy","times":0}"#, "The request: times must be 1 or more"),
            (#"{"do":"fault","body":1,"kind":"busy","on":["GetObject"]}"#, "The request: on must be operation codes"),
            (#"{"do":"fault","body":1,"kind":"busy","ms":1}"#, "The request: there is no key ms; "),
            (#"{"do":"fault","body":1,"kind":"slow"}"#, "The request: ms must say how slow."),
            (#"{"do":"fault","body":1,"kind":"failing","code":8194}"#, "The request: code must be a text."),
            (#"{"do":"fault","body":1,"kind":"wrong_length"}"#, "The request: by must be a number of bytes"),
            (#"{"do":"fault","body":1,"kind":"card_full","times":1}"#, "The request: times means nothing to card_full"),
            (#"{"do":"turn_dial","body":1,"property":"500F"}"#, "The request: value must be a whole number or a text."),
            (#"{"do":"transactions","body":1,"last":5000}"#, "The request: last must be 0 to 1000."),
        ])
    func refusals(line: String, sentence: String) async throws {
        try await withControl { port, rig in
            let control = try ControlSocket(port: port)
            let answer = try await control.ask(line)
            #expect(answer.hasPrefix(#"{"error":""# + sentence), "\(answer)")
            #expect(answer.hasSuffix(#"","ok":false}"#))
            #expect(try await control.ask(#"{"do":"repair","body":1}"#) == #"{"ok":true}"#)
            #expect(rig.bodies[0].faults.isEmpty)
        }
    }

    @Test("A line that is too long is refused, and the next one is taken")
    func longLine() async throws {
        try await withControl { port, _ in
            let control = try ControlSocket(port: port)
            let long = String(repeating: "x", count: 300_000)
            #expect(try await control.ask(long) == #"{"error":"The line has more than 65536 bytes.","ok":false}"#)
            let padded = #"{"do":"repair","body":1}"# + String(repeating: " ", count: 60_000)
            #expect(try await control.ask(padded) == #"{"ok":true}"#)
        }
    }

    @Test("Requests that come together are answered in order, also the last one without its end")
    func order() async throws {
        try await withControl { port, _ in
            let control = try ControlSocket(port: port)
            try control.send(#"{"do":"fault","body":1,"kind":"busy"}"# + "\n" + #"{"do":"repair","body":1}"#)
            control.endSending()
            #expect(try await control.receiveLine() == #"{"fault":1,"ok":true}"#)
            #expect(try await control.receiveLine() == #"{"ok":true}"#)
            await #expect(throws: InitiatorSocket.Failure.self) { try await control.receiveLine() }
        }
    }

    @Test("There is room for sixteen programs; the next one is told so, and one that leaves makes room")
    func manyConnections() async throws {
        try await withControl { port, _ in
            var connections = try (0..<16).map { _ in try ControlSocket(port: port) }
            for connection in connections {
                #expect(try await connection.ask(#"{"do":"repair","body":1}"#) == #"{"ok":true}"#)
            }
            let extra = try ControlSocket(port: port)
            #expect(
                try await extra.receiveLine()
                    == #"{"error":"There are 16 programs at the control port already.","ok":false}"#)
            connections.removeLast()
            try await waitUntil("there is room") {
                let next = try ControlSocket(port: port)
                return (try? await next.ask(#"{"do":"repair","body":1}"#)) == #"{"ok":true}"#
            }
        }
    }

    @Test("A program that asks and does not read keeps nobody else waiting")
    func unreadAnswers() async throws {
        try await withControl { port, _ in
            let deaf = try ControlSocket(port: port)
            let requests = String(repeating: #"{"do":"bodies"}"# + "\n", count: 1000)
            deaf.sendWithoutWaiting(requests, times: 200)
            let other = try ControlSocket(port: port)
            #expect(try await other.ask(#"{"do":"repair","body":1}"#) == #"{"ok":true}"#)
        }
    }

    @Test("The program's subcommands ask for the same, and say what is wrong")
    func subcommands() async throws {
        try await withControl { port, rig in
            func run(_ arguments: String...) async throws -> Command.Result {
                try await Command.run(Programs.path("virtual-camera"), arguments + ["--control", "\(port)"])
            }
            let fault = try await run(
                "fault", "1", "wrong-length", "--by", "-10", "--on", "101B", "1009", "--times", "2")
            #expect(fault.code == 0, "\(fault.errors)")
            #expect(fault.output == "Fault 1\n")
            #expect(
                rig.bodies[0].faults.map(\.fault) == [.wrongLength(by: -10).on(.getPartialObject, .getObject).times(2)])
            #expect(try await run("repair", "1", "1").code == 0)
            #expect(rig.bodies[0].faults.isEmpty)
            #expect(try await run("act", "2", "turn-dial", "--property", "500F", "--value", "400").code == 0)
            #expect(rig.bodies[1].value(of: .exposureIndex) == 400)
            let bodies = try await run("bodies")
            #expect(bodies.output.hasPrefix("1\tBody 1\tD7500\t6000001\tptpip:127.0.0.1:"))
            let unknown = try await run("fault", "3", "busy")
            #expect(unknown.code != 0)
            #expect(unknown.errors.contains("there is no 3"))
        }
    }
}

/// A connection to a control port.
private final class ControlSocket {
    private let socket: InitiatorSocket
    private var unread: [UInt8] = []

    init(port: Int) throws {
        socket = try InitiatorSocket(port: port)
    }

    func send(_ text: String) throws { try socket.send(bytes: Array(text.utf8)) }

    func endSending() { socket.endSending() }

    func sendWithoutWaiting(_ text: String, times: Int) {
        for _ in 0..<times where !socket.sendWithoutWaiting(Array(text.utf8)) { return }
    }

    func ask(_ line: String) async throws -> String {
        try send(line + "\n")
        return try await receiveLine()
    }

    /// Waits without holding a thread: the port is served by those that tests run on.
    func receiveLine() async throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeFirst(end + 1) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            try await waitUntil("the control port answers", within: .seconds(60)) { socket.hasInput }
            unread += try socket.receiveSome()
        }
    }
}
