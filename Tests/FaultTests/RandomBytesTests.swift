import FleetTesting
import Testing

/// Bytes that no client should send, on all three ports of the program. A seed that fails is named; it makes the same
/// bytes again.
@Suite struct RandomBytesTests {
    /// So many seeds are tried on each port.
    private static let seeds = 200
    /// How much more memory the server may have afterwards: what its allocator keeps, far from what was sent.
    private static let mostGrowth = 128 << 20

    @Test("Whatever bytes come, each gets the page's answer or a clean close, and the next client is served")
    func randomBytes() async throws {
        let server = try await ServedProgram(bodies: 1)
        try await server.waitUntilReady(1)
        // What is used once is used for ever: the growth is counted from then on.
        for port in server.ports { try await play(0..<16, on: port, of: server) }
        let before = try server.residentMemory()
        for port in server.ports { try await play(16..<Self.seeds, on: port, of: server) }
        let client = try await server.client()
        try await waitUntil("the body is ready") {
            try await client.ask(Ask.cameras).json["cameras"][0]["state"].string == "ready"
        }
        let session = try await client.open(1)
        try await client.ask(Ask.value, session: session, "{\"widget_id\":\"iso\"}").expect(.ok)
        try await waitUntil("every other session is gone") {
            try await client.ask(Ask.cameras).json["cameras"][0]["sessions"].integer == 1
        }
        let growth = try server.residentMemory() - before
        print("random bytes: the server's memory grew by \(growth / 1024) KiB")
        #expect(growth < Self.mostGrowth)
        #expect(server.command.isRunning)
    }

    private func play(_ seeds: Range<Int>, on port: Int, of server: ServedProgram) async throws {
        try await withThrowingTaskGroup { group in
            for lane in 0..<8 {
                group.addTask {
                    for seed in seeds where seed % 8 == lane { try await play(seed, on: port, of: server) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func play(_ seed: Int, on port: Int, of server: ServedProgram) async throws {
        let what = "seed \(seed) on port \(server.ports.firstIndex(of: port) ?? 9)"
        var random = Random(seed: UInt64(seed))
        let client = try await RawClient.connect(port: port)
        var session: UInt32 = 0
        if port == server.commandPort {
            _ = try await client.packet()
            session = try await client.open(1)
        }
        let bytes = Self.bytes(seed, session, &random)
        // The server may have closed before all was sent: then it was right to, or the check says so.
        try? await client.send(bytes)
        try? await client.finishSending()
        do {
            let answers = try await client.untilClosed()
            let reading = Reading(bytes, onPortOfUploads: port == server.downloadPort)
            reading.check(answers, streams: port != server.commandPort, what)
        } catch {
            Issue.record("\(what): \(error)")
        }
        await client.close()
    }

    /// Noise, headers with random fields, valid packets whose JSON was changed, and any of them cut off.
    private static func bytes(_ seed: Int, _ session: UInt32, _ random: inout Random) -> [UInt8] {
        var bytes: [UInt8] = []
        switch seed % 4 {
        case 0: bytes = random.bytes(Int.random(in: 1...4096, using: &random))
        case 1:
            for _ in 0..<Int.random(in: 1...4, using: &random) { bytes += randomHeader(session, &random) }
        default:
            for _ in 0..<Int.random(in: 1...6, using: &random) { bytes += changed(session, &random) }
        }
        if seed % 4 == 3 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        return bytes
    }

    private static func randomHeader(_ session: UInt32, _ random: inout Random) -> [UInt8] {
        let body = random.bytes(Int.random(in: 0...64, using: &random))
        let lengths = [
            UInt32(12 + body.count), UInt32(12 + body.count), 12, 15, 262_145,
            UInt32(truncatingIfNeeded: random.next()),
        ]
        let types: [UInt16] = [1, 1, 1, 2, 3, UInt16(truncatingIfNeeded: random.next())]
        let sessions = [0, session, UInt32(truncatingIfNeeded: random.next())]
        return header(
            lengths.randomElement(using: &random) ?? 12, types.randomElement(using: &random) ?? 1,
            code(&random), sessions.randomElement(using: &random) ?? 0) + body
    }

    /// A code of the page, or any; not that of RESET_CAMERA, which takes a body a second.
    private static func code(_ random: inout Random) -> UInt16 {
        let any = UInt16(truncatingIfNeeded: random.next())
        let codes: [UInt16] = [any] + commands.map(\.code)
        let code = codes.randomElement(using: &random) ?? any
        return code == Ask.reset ? any ^ 0x8000 : code
    }

    private static let commands: [(code: UInt16, json: String)] = [
        (Ask.check, "{}"), (0x0901, "{\"token\":\"x\"}"), (Ask.cameras, "{}"), (Ask.open, "{\"camera\":1}"),
        (Ask.subscribe, "{\"events\":[\"camera_state\",\"object_added\"]}"), (0x0911, "{}"),
        (Ask.name, "{\"camera\":1,\"name\":\"left\",\"groups\":[\"a\",\"b\"]}"),
        (0x0922, "{\"camera\":\"left\"}"), (0x0923, "{\"numbers\":{\"1\":1}}"), (0x0930, "{\"group\":\"a\"}"),
        (0x0003, "{\"folder\":\"/\",\"name\":\"A.JPG\"}"),
        (Ask.download, "{\"folder\":\"/\",\"name\":\"A\",\"offset\":0}"),
        (Ask.download, "{\"ticket\":\"abcdefghijklmnopqrstuvwxyz234567\"}"), (Ask.liveView, "{\"max_fps\":5}"),
        (Ask.liveView, "{\"ticket\":\"abcdefghijklmnopqrstuvwxyz234567\"}"), (0x0006, "{}"),
        (Ask.value, "{\"widget_id\":\"iso\"}"), (0x0008, "{\"widget_id\":\"/main/imgsettings/iso\"}"),
        (Ask.setValue, "{\"widget_id\":\"iso\",\"widget_value\":\"200\",\"force\":false}"),
        (Ask.files, "{\"folder\":\"/\",\"recurse\":true,\"limit\":10}"),
        (0x000C, "{\"folder\":\"/\",\"name\":\"A.JPG\"}"),
        (Ask.storages, "{}"), (0x0010, "{}"), (0x0011, "{\"seconds\":1}"), (0x0012, "{}"),
        (0x0014, "{\"sequence\":1}"), (0x0017, "{\"transaction_ID\":3}"), (0x0980, "{\"camera\":1}"),
    ]

    private static let pieces = [
        "\"", "{", "}", "[", "]", ":", ",", "null", "true", "-0", "1e999", "18446744073709551616", "\\u0000",
        "\\uD800", "\u{FEFF}", "NaN", "01", "\"camera\":1,", String(repeating: "[", count: 70), " ",
    ]

    /// A valid command whose JSON was changed in a few places, or not at all.
    private static func changed(_ session: UInt32, _ random: inout Random) -> [UInt8] {
        let (code, text) = commands.randomElement(using: &random) ?? (Ask.check, "{}")
        var json = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...json.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where place < json.count: json[place] = UInt8.random(in: 0...255, using: &random)
            case 1 where place < json.count: json.remove(at: place)
            case 2: json.insert(contentsOf: random.bytes(2), at: place)
            default: json.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
            }
        }
        let own = code < 0x100 ? session : [0, 0, session].randomElement(using: &random) ?? 0
        let transaction = UInt32.random(in: 0...5, using: &random)
        return header(UInt32(16 + json.count), 1, code, own) + .little(transaction) + json
    }
}
