import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// Bodies that are busy, fail or fall silent for a moment: what they have is what is told of them, then and later.
@Suite struct BusyBodyTests {
    /// What a body is asked for when its card is listed first.
    private static func listings(_ dialect: Dialect) -> [OperationCode] {
        dialect == .canonEOS ? [.getObjectHandles, .canonGetObjectInfoEx] : [.getObjectHandles, .getObjectInfo]
    }

    /// What a body is asked for when it is listened to.
    private static func events(_ dialect: Dialect) -> OperationCode {
        dialect == .canonEOS ? .canonGetEvent : .nikonGetEvent
    }

    @Test(
        "A body that is busy once, or fails, while its card is listed first has all its files",
        arguments: Dialect.allCases)
    func listing(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let count = rig.body.filePaths.count
            for response in [ResponseCode.deviceBusy, .generalError] {
                for operations in Self.listings(dialect).map({ [$0] }) + [Self.listings(dialect)] {
                    let operation = "\(operations)"
                    #expect(try await rig.ask(0x0015).code == 0x2001)
                    for each in operations { rig.body.inject(.failing(response).on(each).times(1)) }
                    if response == .generalError { _ = try await rig.ask(0x000B, "{\"recurse\":true}") }
                    #expect(try await rig.files().count == count, "\(response) of \(operation)")
                    rig.body.repair()
                    #expect(try await rig.files().count == count, "\(response) of \(operation), later")
                }
            }
        }
    }

    @Test("Files that a body cannot tell of keep it from no release, also where something is deleted on it")
    func brokenObjects() async throws {
        try await BodyRig.run(.nikon) { rig in
            #expect(try await rig.ask(0x0002).code == 0x2001)
            rig.body.inject(.failing(.generalError).on(.getObjectInfo))
            #expect(rig.body.deleteOnBody(rig.body.filePaths[0]))
            for _ in 0..<3 { #expect(try await rig.ask(0x000F).code == 0x2001) }
            let armed = try await rig.client.ask(0x0930, "{}")
            #expect(armed.json["cameras"][0]["armed"] == .bool(true), "\(armed.told)")
        }
    }

    @Test("A file is there that a body could not tell of for a moment", arguments: Dialect.allCases)
    func description(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let file = "{\"folder\":\"\(dialect.folder)\",\"name\":\"\(dialect.picture(1))\"}"
            for operation in Self.listings(dialect) {
                #expect(try await rig.ask(0x0015).code == 0x2001)
                rig.body.inject(.busy.on(operation).times(1))
                let answer = try await rig.ask(0x0004, file)
                #expect(answer.code == 0x2001, "\(operation): \(answer.told)")
                rig.body.repair()
            }
        }
    }

    @Test(
        "A body that falls silent before its card was listed is silent, and has no file less",
        arguments: Dialect.allCases)
    func silence(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let file = "\"folder\":\"\(dialect.folder)\",\"name\":\"\(dialect.picture(1))\""
            for (code, more) in [(0x0004, ""), (0x000D, ",\"size\":3")] as [(UInt16, String)] {
                #expect(try await rig.ask(0x0015).code == 0x2001)
                rig.body.inject(.silent)
                let answer = try await rig.ask(code, "{\(file)\(more)}")
                #expect(answer.isRefusal(0xA002) || answer.isRefusal(0xA003), "\(code): \(answer.told)")
                rig.body.repair()
                try await waitUntil("it answers again") { try await rig.ask(0x0900).code == 0x2001 }
            }
            #expect(try await rig.files().contains { $0["name"].string == dialect.picture(1) })
        }
    }

    @Test(
        "A body that is busy with everything, its events too, is asked until it is not", arguments: Dialect.withMemory)
    func everything(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            for (code, json, release) in [(0x000E, "{}", false), (0x0002, "{}", true), (0x000F, "{}", true)]
                as [(UInt16, String, Bool)]
            {
                let operation = release ? dialect.release : .getStorageIDs
                let before = rig.body.transactionCounts.values.reduce(0, +)
                rig.body.inject(.busy)
                try await rig.send(code, json, transaction: 1)
                try await waitUntil("it was refused often: \(operation)") {
                    rig.body.transactionCounts.values.reduce(0, +) > before + 20
                }
                rig.body.repair()
                let answer = try await rig.answers(1)[0]
                #expect(answer.code == 0x2001, "\(code): \(answer.told)")
            }
        }
    }

    @Test("A body that is busy right after its release has released", arguments: Dialect.withMemory)
    func afterTheRelease(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .milliseconds(300) }) { rig in
            try await rig.send(0x0002, transaction: 1)
            try await waitUntil("it was released") { !rig.body.releaseTimes.isEmpty }
            let before = rig.body.transactionCount(Self.events(dialect))
            rig.body.inject(.busy.on(Self.events(dialect)))
            try await waitUntil("it was asked") { rig.body.transactionCount(Self.events(dialect)) > before + 3 }
            rig.body.repair()
            let answer = try await rig.answers(1)[0]
            #expect(answer.code == 0x2001, "\(answer.told)")
            #expect(answer.json["images"].array.map { $0["name"].string } == [dialect.picture(4)])
        }
    }

    @Test(
        "Each of several releases that nobody waits for brings its image, which is told and listed",
        arguments: Dialect.allCases)
    func triggers(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .milliseconds(150) }) { rig in
            let watcher = try await rig.watcher("object_added")
            for _ in 0..<3 { #expect(try await rig.ask(0x000F).code == 0x2001) }
            var names: Set<String> = []
            while names.count < 3 { names.insert(try await watcher.packet().json["name"].string ?? "") }
            #expect(names == Set((4...6).map(dialect.picture)))
            #expect(try await rig.files().count == 6)
        }
    }

    @Test("Downloads of a slow body wait for each other, and none is given up") func slowDownloads() async throws {
        var limits = FleetLimits()
        limits.commandTime = .seconds(2)
        try await TestFleet.run([VirtualBodyDescription(dialect: .nikon)], limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let rig = BodyRig(fleet: fleet, client: client, session: session)
            let file = try #require(try await rig.files().first)
            fleet.rig.bodies[0].inject(.slow(.milliseconds(400)).on(.getPartialObject))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    let ticket = try await rig.ask(0x0004, "{\(rig.place(file))}").json["ticket"].string ?? ""
                    let port = fleet.server.downloadPort
                    group.addTask {
                        let downloads = try await RawClient.connect(port: port)
                        let (_, last) = try await downloads.download(ticket, session: session)
                        #expect(last.code == 0x2001, "\(last.told)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
