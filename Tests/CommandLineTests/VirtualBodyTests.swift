import FleetTesting
import Foundation
import Testing

/// The commands for one body as a user types them, against the server with virtual bodies.
@Suite("The commands for one body on virtual bodies", .timeLimit(.minutes(2)))
struct VirtualBodyTests {
    private let folder = TemporaryFolder()

    /// Runs commands against a server of `count` bodies that ends with the test.
    private func withServer(
        _ count: Int, _ work: (_ run: ([String]) async throws -> Command.Result, _ server: String) async throws -> Void
    ) async throws {
        let (server, address) = try await RunningServer.start(["--virtual", "\(count)"], data: "\(folder.path)/data")
        try await RunningServer.waitForBodies(count, address)
        try await work({ try await RunningServer.run($0, address) }, address)
        server.signal(SIGTERM)
        #expect(await server.wait().code == 0)
    }

    private func lines(_ result: Command.Result) -> [String] {
        result.output.split(separator: "\n").map(String.init)
    }

    @Test("What is on the card can be shown, fetched, put there and deleted")
    func card() async throws {
        try await withServer(1) { run, _ in
            let file = try #require(
                try await lines(run(["files", "1"])).first?.split(separator: " ").last.map(String.init))
            let place = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
            #expect(try await run(["thumbnail", "1", file, "--to", folder.path]).code == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let thumbnail = try #require(names.first { $0.hasSuffix("-thumbnail.jpg") })
            let picture = FileManager.default.contents(atPath: "\(folder.path)/\(thumbnail)") ?? Data()
            #expect(picture.starts(with: [0xFF, 0xD8]) && picture.suffix(2) == Data([0xFF, 0xD9]))

            // Several pieces, and a last one that is not whole.
            let bytes = Data((0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) })
            try bytes.write(to: URL(fileURLWithPath: "\(folder.path)/card.bin"))
            let uploaded = try await run(["upload", "1", "\(folder.path)/card.bin", "--to", place])
            #expect(uploaded.code == 0 && uploaded.output == "3.0 MB  \(place)/card.bin\n", "\(uploaded)")
            let again = try await run(["upload", "1", "\(folder.path)/card.bin", "--to", place])
            #expect(again.code == 1 && again.errors.contains("card.bin"))
            let fetched = try await run(["download", "1", "\(place)/card.bin", "--to", "\(folder.path)/back"])
            #expect(fetched.code == 0)
            #expect(FileManager.default.contents(atPath: "\(folder.path)/back/card.bin") == bytes)

            let deleted = try await run(["delete", "1", "\(place)/card.bin", "\(place)/none.jpg"])
            #expect(deleted.code == 1 && deleted.output == "deleted \(place)/card.bin\n")
            #expect(deleted.errors.contains("none.jpg"))
            #expect(try await run(["delete", "1", "--all-in", place]).code == 0)
            #expect(try await run(["files", "1"]).output.isEmpty)
            #expect(try await run(["storage", "1"]).output.contains("/store_00010001"))
            #expect(try await run(["summary", "1"]).output.contains("== Abilities"))
        }
    }

    @Test("A locked camera is not touched by others, and is free again after Ctrl-C; reset opens it anew")
    func lock() async throws {
        try await withServer(1) { run, server in
            let lock = try Command(Programs.path("camera-fleet"), ["lock", "all", "--server", server])
            try await waitUntil("it is locked") { lock.output.contains("is locked") }
            let refused = try await run(["set", "1", "iso", "400"])
            #expect(refused.code == 1 && refused.errors.contains("locked"))
            #expect(try await run(["trigger", "1"]).code == 1)
            #expect(try await run(["get", "1", "iso"]).code == 0)
            lock.signal(SIGINT)
            #expect(await lock.wait().code == 0)
            #expect(try await run(["set", "1", "iso", "400"]).code == 0)
            #expect(try await run(["reset", "1"]).output == "camera-1 is ready again\n")
            #expect(try await run(["get", "1", "iso"]).output == "400\n")
        }
    }

    @Test("A sequence brings its pictures to this machine, and Ctrl-C ends one before its time")
    func sequence() async throws {
        try await withServer(1) { run, server in
            let whole = try await run([
                "sequence", "1", "--count", "3", "--every", "0", "--download", "\(folder.path)/lapse",
            ])
            #expect(whole.code == 0 && whole.output.contains("camera-1  3 of 3"), "\(whole)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/lapse").count == 3)
            let endless = try Command(
                Programs.path("camera-fleet"),
                ["sequence", "1", "--count", "1000000", "--every", "0", "--server", server])
            try await waitUntil("one is taken") { endless.output.contains("1 of") }
            endless.signal(SIGINT)
            let end = await endless.wait()
            #expect(end.code == 130 && end.errors.contains("of 1000000 were taken"))
        }
    }

    @Test("Bodies are numbered by their shutters, renamed by a file, replaced, and reported")
    func rig() async throws {
        try await withServer(3) { run, server in
            let number = try Command(Programs.path("camera-fleet"), ["number", "--server", server])
            for (place, camera) in ["3", "1", "2"].enumerated() {
                try await waitUntil("it asks for the next") { number.output.contains("of camera \(place + 1) …") }
                #expect(try await run(["trigger", camera]).code == 0)
            }
            #expect(await number.wait().code == 0)
            func serials() async throws -> [String] {
                let text = try await run(["roster", "export"]).output
                return text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
                    line.split(separator: ",").last.map(String.init)
                }
            }
            #expect(try await serials() == ["6000003", "6000001", "6000002"])

            let path = "\(folder.path)/rig.csv"
            #expect(try await run(["roster", "export", path]).code == 0)
            let text = try String(contentsOfFile: path, encoding: .utf8)
                .replacingOccurrences(of: ",1,camera-1,,", with: ",2,first,ring;left,")
                .replacingOccurrences(of: ",2,camera-2,,", with: ",1,second,ring,")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try await run(["roster", "import", path, "--dry-run"]).code == 0)
            #expect(try await serials() == ["6000003", "6000001", "6000002"])
            #expect(try await run(["roster", "import", path]).code == 0)
            let list = try await lines(run(["list"]))
            #expect(list.dropFirst().map { $0.contains("second") } == [true, false, false])
            #expect(try await serials() == ["6000001", "6000003", "6000002"])
            #expect(try await run(["replace", "first", "--by", "3"]).output.contains("is first, number 2"))
            #expect(try await run(["forget", "first"]).code == 1)

            let report = try await run(["report", "\(folder.path)/report.tar"])
            #expect(report.code == 0 && !report.errors.contains("could not be had"), "\(report)")
            let size = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/report.tar")[.size] as? Int
            #expect((size ?? 0) > 10_000)
        }
    }
}
