import FleetTesting
import Foundation
import Testing

/// The program as a whole: its limits as options, a disk that is full, and its end in the middle of everything.
@Suite struct ProgramTests {
    @Test("Each limit of the page is an option of the program")
    func options() async throws {
        let server = try await ServedProgram(
            bodies: 1,
            options: [
                "--connections", "2", "--sessions", "1", "--commands-in-flight", "4", "--command-bytes", "100",
                "--unused-tickets", "1", "--command-seconds", "20", "--driver-seconds", "3", "--ending-seconds", "5",
                "--ticket-seconds", "9", "--waiting-events", "5", "--waiting-commands", "5", "--data-bytes", "1000",
            ])
        let client = try await server.client()
        try await waitUntil("the body is ready") {
            try await client.ask(Ask.cameras).json["cameras"][0]["state"].string == "ready"
        }
        let session = try await client.open(1)
        try await client.ask(Ask.open, "{\"camera\":1}").expect(.tooMany)
        try await client.ask(Ask.liveView, session: session).expect(.ok)
        try await client.ask(Ask.liveView, session: session).expect(.tooMany)
        let second = try await server.client()
        try await second.ask(Ask.check).expect(.ok)
        let third = try await RawClient.connect(port: server.commandPort)
        try await third.packet().expect(.tooMany)
        #expect(await third.isClosedByServer())
        try await second.command(Ask.check, transaction: 1, "{}" + String(repeating: " ", count: 83))
        try await second.packet().expect(.invalidParameter)
        #expect(await second.isClosedByServer())
    }

    @Test(
        "A limit that is none is a sentence and an exit code",
        arguments: [
            ("--connections", "0"), ("--connections", "1000001"), ("--sessions", "-1"), ("--commands-in-flight", "x"),
            ("--command-bytes", "63"), ("--data-bytes", "16777217"), ("--command-seconds", "0"),
            ("--driver-seconds", "nan"), ("--ending-seconds", "0"), ("--ticket-seconds", "86401"),
            ("--waiting-events", "0"),
        ])
    func refusedOptions(_ option: String, _ value: String) async throws {
        let run = try await Command.run(
            Programs.path("camera-fleet"), ["serve", "--no-usb", "--command-port", "0", "\(option)=\(value)"])
        #expect(run.code != 0)
        #expect(run.errors.contains(option))
    }

    @Test("On a full disk an upload is Store_Full, downloads go on, and the server lives")
    func fullDisk() async throws {
        // No file of the server's may be longer than 512 KiB, which the system reports as it does a full disk.
        let server = try await ServedProgram(bodies: 1, after: "ulimit -f 1024")
        try await server.waitUntilReady(1)
        let client = try await server.client()
        let session = try await client.open(1)
        let files = try await client.ask(Ask.files, session: session, "{\"recurse\":true}").expect(.ok).json["files"]
        let folder = files[0]["folder"].string ?? ""
        func upload(_ name: String, _ size: Int) async throws -> RawPacket {
            let place = "{\"folder\":\"\(folder)\",\"name\":\"\(name)\",\"size\":\(size)}"
            let ticket = try await client.ask(Ask.upload, session: session, place).expect(.ok).json["ticket"]
            let connection = try await RawClient.connect(port: server.downloadPort)
            let json = "{\"ticket\":\"\(ticket.string ?? "")\"}"
            try await connection.command(Ask.upload, session: session, transaction: 1, json)
            try await connection.packet().expect(.ok)
            let bytes = [UInt8](repeating: 9, count: size)
            try await connection.piece(bytes, at: 0, session: session, transaction: 1)
            return try await connection.packet()
        }
        let refused = try await upload("LONG.JPG", 1 << 20)
        #expect(refused.expect(.storeFull).json["message"].string?.contains("disk") == true)
        try await upload("SHORT.JPG", 1000).expect(.ok)
        let file = "{\"folder\":\"\(folder)\",\"name\":\"\(files[0]["name"].string ?? "")\"}"
        let ticket = try await client.ask(Ask.download, session: session, file).expect(.ok).json["ticket"]
        let downloads = try await RawClient.connect(port: server.downloadPort)
        let whole = try await downloads.download(ticket.string ?? "", session: session)
        whole.last.expect(.ok)
        #expect(whole.bytes.count == files[0]["size"].integer)
        #expect(server.command.isRunning)
    }

    @Test("SIGTERM in the middle of everything closes every connection, ends every worker, and is no error")
    func endInTheMiddle() async throws {
        let server = try await ServedProgram(bodies: 2)
        try await server.waitUntilReady(2)
        let client = try await server.client()
        let (first, second) = (try await client.open(1), try await client.open(2))
        try await client.ask(Ask.subscribe).expect(.ok)
        func ticket(_ code: UInt16, _ json: String) async throws -> String {
            try await client.ask(code, session: first, json).expect(.ok).json["ticket"].string ?? ""
        }
        let files = try await client.ask(Ask.files, session: first, "{\"recurse\":true}").json["files"]
        let (folder, name) = (files[0]["folder"].string ?? "", files[0]["name"].string ?? "")
        let view = "{\"ticket\":\"\(try await ticket(Ask.liveView, "{}"))\"}"
        let down =
            "{\"ticket\":\"\(try await ticket(Ask.download, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\"}"))\"}"
        let place = "{\"folder\":\"\(folder)\",\"name\":\"N.JPG\",\"size\":4000000}"
        let up = "{\"ticket\":\"\(try await ticket(Ask.upload, place))\"}"
        let viewer = try await RawClient.connect(port: server.liveViewPort)
        try await viewer.command(Ask.liveView, session: first, transaction: 1, view)
        _ = try await viewer.packet { $0.type == 2 }
        let upload = try await RawClient.connect(port: server.downloadPort)
        try await upload.command(Ask.upload, session: first, transaction: 2, up)
        try await upload.packet().expect(.ok)
        let download = try await RawClient.connect(port: server.downloadPort, receiveBuffer: 4096)
        try await download.stopReading()
        try await download.command(Ask.download, session: first, transaction: 3, down)
        try await client.ask(Ask.sequence, session: first, "{\"count\":1000,\"interval_seconds\":0}").expect(.ok)
        for transaction in UInt32(100)..<150 {
            try await client.command(Ask.capture, session: second, transaction: transaction)
        }
        let workers = TestFleet.processes(running: "body-worker", below: server.command.processID)
        #expect(workers.count == 2)
        server.command.signal(SIGTERM)
        for connection in [client, viewer, upload] { #expect(await connection.isClosedByServer()) }
        let end = await server.command.wait(limit: .seconds(20))
        #expect(end.code == 0)
        #expect(end.errors.isEmpty, "\(end.errors)")
        #expect(workers.allSatisfy { TestFleet.isGone($0) })
    }
}
