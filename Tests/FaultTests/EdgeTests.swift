import Fleet
import FleetTesting
import Glibc
import Testing
import VirtualCamera

/// Every field of the header at its edges, on all three ports (protocol.md, section 1).
@Suite struct EdgeTests {
    private static let commandLimit: UInt32 = 262_144
    private static let dataLimit: UInt32 = 1_048_600

    @Test("packet_len and packet_type at every edge get an answer, or Invalid_Parameter and the end")
    func lengthsAndTypes() async throws {
        let server = try await ServedProgram(bodies: 0)
        for port in server.ports {
            let isUploading = port == server.downloadPort
            let limit = isUploading ? Self.dataLimit : Self.commandLimit
            var lengths: [UInt32] = [0, 11, 12, 13, 15, 16, 18, Self.commandLimit - 1, Self.commandLimit]
            lengths += [Self.commandLimit + 1, limit - 1, limit, limit + 1, 1 << 31, .max]
            for length in lengths {
                // The longest are tried as what they may be, and as one that they may not.
                let types: [UInt16] = length > 100_000 && length < 1 << 30 ? [1, 2] : [0, 1, 2, 3, 4, 5, 65_535]
                for type in types {
                    var bytes = header(length, type, Ask.check, 0)
                    if length > 12, length <= limit {
                        bytes += Array(([UInt8].little(UInt32(7)) + Array("{}".utf8)).prefix(Int(length) - 12))
                        bytes += [UInt8](repeating: 0x20, count: max(0, Int(length) - bytes.count))
                    }
                    try await expectPage(bytes, on: port, isUploading, "packet_len \(length), packet_type \(type)")
                }
            }
        }
        #expect(try await server.client().ask(Ask.check).code == Response.ok.rawValue)
    }

    @Test("session_ID and transaction_ID at every edge are given back as they came")
    func numbers() async throws {
        let server = try await ServedProgram(bodies: 0)
        for port in server.ports {
            for session in [0, 4711, UInt32.max] {
                for transaction in [0, 1, UInt32.max] {
                    let client = try await RawClient.connect(port: port)
                    try await client.command(Ask.check, session: session, transaction: transaction)
                    let answer = try await client.packet { $0.type == 3 }
                    #expect(answer.session == session && answer.transaction == transaction)
                    let isServed = port == server.commandPort && session == 0
                    answer.expect(isServed ? .ok : session == 0 ? .operationNotSupported : .sessionNotOpen)
                    await client.close()
                }
            }
        }
    }

    private func expectPage(_ bytes: [UInt8], on port: Int, _ isUploading: Bool, _ what: String) async throws {
        let client = try await RawClient.connect(port: port)
        try? await client.send(bytes)
        try? await client.finishSending()
        let answers = try await client.untilClosed()
        Reading(bytes, onPortOfUploads: isUploading).check(answers, streams: false, "\(what) on \(port)")
        await client.close()
    }

    @Test("A client that sends and closes its side in one breath gets its answer, on every port")
    func oneBreath() async throws {
        let server = try await ServedProgram(bodies: 0)
        for port in server.ports {
            for _ in 0..<20 {
                let client = try await RawClient.connect(port: port)
                try await client.command(Ask.check, transaction: 5)
                try await client.finishSending()
                let answer = try await client.packet { $0.type == 3 }
                #expect(answer.expect(port == server.commandPort ? .ok : .operationNotSupported).transaction == 5)
                #expect(await client.isClosedByServer())
                await client.close()
            }
        }
    }

    @Test("JSON of 64 levels is taken and of 65 is not, and the connection lives on")
    func depth() async throws {
        let server = try await ServedProgram(bodies: 0)
        let client = try await server.client()
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> String {
                let inner = open == "[" ? "" : "1"
                return "{\"more\":" + String(repeating: open, count: depth - 1) + inner
                    + String(repeating: close, count: depth - 1) + "}"
            }
            try await client.ask(Ask.check, nested(64)).expect(.ok)
            try await client.ask(Ask.check, nested(65)).expect(.invalidParameter)
            try await client.ask(Ask.check, nested(20_000)).expect(.invalidParameter)
        }
        try await client.ask(Ask.check).expect(.ok)
    }

    @Test("A data packet of 1 MiB is taken; with one byte more it is Invalid_Parameter and the end")
    func longestData() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let files = try await client.ask(Ask.files, session: session, "{\"recurse\":true}").json["files"]
            let folder = files[0]["folder"].string ?? ""
            let size = 1 << 20
            for (surplus, isTaken) in [(0, true), (1, false)] {
                let place = "{\"folder\":\"\(folder)\",\"name\":\"N\(surplus).JPG\",\"size\":\(size + surplus)}"
                let answer = try await client.ask(Ask.upload, session: session, place).expect(.ok)
                let connection = try await RawClient.connect(port: fleet.server.downloadPort)
                try await connection.command(
                    Ask.upload, session: session, transaction: 8,
                    "{\"ticket\":\"\(answer.json["ticket"].string ?? "")\"}")
                try await connection.packet().expect(.ok)
                let bytes = [UInt8](repeating: 3, count: size + surplus)
                try? await connection.piece(bytes, at: 0, session: session, transaction: 8)
                if isTaken {
                    #expect(try await connection.packet().expect(.ok).json["size"].integer == size)
                } else {
                    let last = try await connection.packet { $0.transaction == 0 }.expect(.invalidParameter)
                    #expect(last.json["message"].string?.contains("1048600") == true)
                    #expect(await connection.isClosedByServer())
                }
                await connection.close()
            }
        }
    }

    @Test("A ticket of another session is Session_Not_Open on both ports, and its own session uses it all the same")
    func foreignTickets() async throws {
        var limits = FleetLimits()
        limits.ticketTime = .seconds(600)
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let (own, other) = (try await client.open(1), try await client.open(1))
            let files = try await client.ask(Ask.files, session: own, "{\"recurse\":true}").json["files"]
            let (folder, name) = (files[0]["folder"].string ?? "", files[0]["name"].string ?? "")
            let asked: [(UInt16, String, Int)] = [
                (Ask.download, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\"}", fleet.server.downloadPort),
                (Ask.upload, "{\"folder\":\"\(folder)\",\"name\":\"N.JPG\",\"size\":1}", fleet.server.downloadPort),
                (Ask.liveView, "{}", fleet.server.liveViewPort),
            ]
            for (code, json, port) in asked {
                let ticket = try await client.ask(code, session: own, json).expect(.ok).json["ticket"].string ?? ""
                let connection = try await RawClient.connect(port: port)
                for session in [other, 0, 99_999] {
                    try await connection.ask(code, session: session, "{\"ticket\":\"\(ticket)\"}")
                        .expect(.sessionNotOpen)
                }
                try await connection.ask(code, session: own, "{\"ticket\":\"\(ticket)\"}").expect(.ok)
                await connection.close()
            }
        }
    }
}
