import Fleet
import FleetModel
import FleetTesting
import Foundation
import NIOConcurrencyHelpers
import Testing
import VirtualCamera

/// The room on the server's disk (GET_DISK 0x0968), and what is done without it.
@Suite struct DiskTests {
    /// How much a disk has, as a test says.
    private let free = NIOLockedValueBox<Int64>(900_000_000)
    private static let reserve: Int64 = 100_000_000
    private static let capacity: Int64 = 1_000_000_000

    private func policy(_ kinds: SavingPolicy.Kinds = .all) -> SavingPolicy {
        SavingPolicy(kinds: kinds, reserve: Self.reserve) { [free] _ in
            DiskSpace(free: free.withLockedValue { $0 }, capacity: Self.capacity)
        }
    }

    private func leave(_ bytes: Int64) { free.withLockedValue { $0 = bytes } }

    private func run(
        _ dialects: [Dialect], _ saving: SavingPolicy? = nil,
        _ change: (inout [VirtualBodyDescription]) -> Void = { _ in }, _ test: (GroupRig) async throws -> Void
    ) async throws {
        var limits = FleetLimits()
        limits.diskInterval = .milliseconds(50)
        try await GroupRig.run(dialects, limits: limits, saving: saving ?? policy(), change, test)
    }

    @Test("GET_DISK says what is free, and how many frames of the whole fleet fit once a body has an image saved")
    func frames() async throws {
        try await run([.nikon, .nikon]) { rig in
            let before = try await rig.ask(0x0968)
            #expect(before.code == 0x2001, "\(before.told)")
            #expect(before.json.keys.sorted() == ["capacity", "frames", "free", "reserve"])
            #expect(before.json["frames"] == .null && before.json["free"].integer == 900_000_000)
            #expect(before.json["capacity"].integer == 1_000_000_000 && before.json["reserve"].integer == 100_000_000)

            // RAW and JPEG of one release are one frame, with a shot and without.
            _ = try await rig.ask(0x0933, "{\"widgets\":{\"imagequality\":\"NEF+Basic\"}}")
            let session = try await rig.client.open(1)
            var sizes: [Int] = []
            for _ in 0..<2 {
                let images = try await rig.client.ask(0x0002, session: session, "{\"download\":true}").json["images"]
                #expect(images.array.count == 2)
                sizes.append(images.array.reduce(0) { $0 + ($1["size"].integer ?? 0) })
            }
            let shot = try await rig.ask(0x0932, "{\"cameras\":[1],\"download\":true}").json
            sizes.append(shot["cameras"][0]["images"].array.reduce(0) { $0 + ($1["size"].integer ?? 0) })
            let mean = Double(sizes.reduce(0, +)) / 3
            // The second body has brought nothing: it counts as the first.
            let fitting = try #require(try await rig.ask(0x0968).json["frames"].integer)
            #expect(abs(Double(fitting) - 800_000_000 / (2 * mean)) <= 1, "\(sizes)")
            leave(50_000_000)
            #expect(try await rig.ask(0x0968).json["frames"].integer == 0)
            #expect(try await rig.ask(0x0968, "[]").isRefusal(0x201D))
        }
    }

    @Test("With less than the reserve every release is refused before it is done, and none where nothing is saved")
    func refusals() async throws {
        try await run([.nikon, .nikon], policy(.none)) { rig in
            leave(Self.reserve - 1)
            let session = try await rig.client.open(1)
            let sequence = "{\"count\":1,\"interval_seconds\":0,\"download\":true}"
            #expect(try await rig.client.ask(0x0013, session: session, sequence).isRefusal(0x200C))
            #expect(try await rig.ask(0x0936, sequence).isRefusal(0x200C))
            #expect(try await rig.ask(0x0938, "{\"window_seconds\":1,\"download\":true}").isRefusal(0x200C))
            #expect(rig.releases == [0, 0])
            #expect(try await rig.client.ask(0x000F, session: session).code == 0x2001)
            #expect(try await rig.ask(0x0932).json["state"].string == "complete")
        }
        try await run([.nikon, .nikon]) { rig in
            leave(Self.reserve - 1)
            let session = try await rig.client.open(1)
            let sequence = "{\"count\":1,\"interval_seconds\":0}"
            for (code, json) in [(0x0002, "{}"), (0x000F, "{}"), (0x0013, sequence)] as [(UInt16, String)] {
                let answer = try await rig.client.ask(code, session: session, json)
                #expect(answer.isRefusal(0x200C), "\(answer.told)")
            }
            for (code, json) in [
                (0x0930, "{}"), (0x0932, "{}"), (0x0936, sequence), (0x0938, "{\"window_seconds\":1}"),
            ] as [(UInt16, String)] {
                let answer = try await rig.ask(code, json)
                #expect(answer.isRefusal(0x200C), "\(answer.told)")
            }
            #expect(rig.releases == [0, 0])
            leave(Self.reserve)
            #expect(try await rig.client.ask(0x0002, session: session).code == 0x2001)
        }
    }

    @Test("What is under way when the room ends is released and saved: half of the reserve is for that")
    func underWay() async throws {
        try await run([.nikon, .nikon], nil, { $0[0].shutterLag = .milliseconds(400) }) { rig in
            let shot = try await rig.arm("{\"cameras\":[2]}")
            let session = try await rig.client.open(1)
            try await rig.client.command(0x0002, session: session, transaction: 5, "{\"download\":true}")
            try await waitUntil("it is released") { rig.releases[0] == 1 }
            leave(Self.reserve * 3 / 4)
            let captured = try await rig.client.packet { $0.type == 3 && $0.transaction == 5 }
            #expect(captured.json["images"][0]["saved_as"].string != nil, "\(captured.told)")
            let fired = try await rig.fire(shot)
            #expect(fired.code == 0x2001, "\(fired.told)")
            let end = try await rig.end(of: shot)
            #expect(end["state"].string == "complete" && end["cameras"][0]["images"][0]["saved_as"].string != nil)
            #expect(try await rig.client.ask(0x0002, session: session).isRefusal(0x200C))
        }
    }

    @Test("Sequences of one body and of many end when the room does, and say so", arguments: [false, true])
    func sequences(isGroup: Bool) async throws {
        try await run([.nikon]) { rig in
            let watcher = try await rig.watcher("sequence_progress", "group_sequence_progress")
            let json = "{\"count\":1000,\"interval_seconds\":0.2}"
            let session = try await rig.client.open(1)
            let started = try await rig.client.ask(isGroup ? 0x0936 : 0x0013, session: isGroup ? 0 : session, json)
            #expect(started.code == 0x2001, "\(started.told)")
            _ = try await watcher.packet { $0.json["taken"].integer == 1 }
            leave(Self.reserve - 1)
            let last = try await watcher.packet { $0.json["ended"] == .bool(true) }.json
            #expect(last["error"]["error"].string == "Store_Full", "\(last)")
            let taken = try #require(last["taken"].integer)
            #expect(taken >= 1 && rig.releases == [taken])
            try await waitUntil("each is saved") {
                try await rig.ask(0x0961).json["images"].array.count == taken
            }
        }
    }

    @Test("An image that found no room stays on its card, and is saved when there is some")
    func later() async throws {
        try await run([.nikon]) { rig in
            let watcher = try await rig.watcher("image_saved")
            let shot = try await rig.arm()
            leave(0)
            _ = try await rig.fire(shot)
            let end = try await rig.end(of: shot)
            #expect(end["state"].string == "complete" && end["cameras"][0]["images"][0]["saved_as"] == .null)
            let session = try await rig.client.open(1)
            #expect(try await rig.client.ask(0x0002, session: session, "{\"download\":true}").isRefusal(0x200C))
            leave(900_000_000)
            let saved = try await watcher.packet().json
            #expect(saved["name"] == end["cameras"][0]["images"][0]["name"] && saved["shot"].integer == shot)
        }
    }

    @Test("Of the bodies of a group that is saved otherwise only that is saved, and their releases need no room then")
    func groups() async throws {
        var saving = policy(.all)
        saving.kindsOfGroup = ["ring": .none, "sides": .withoutRaw]
        try await run([.nikon, .nikon, .nikon], saving) { rig in
            for (camera, groups) in [(1, "[\"ring\",\"sides\"]"), (2, "[\"sides\",\"other\"]")] {
                let named = try await rig.ask(0x0920, "{\"camera\":\(camera),\"groups\":\(groups)}")
                #expect(named.code == 0x2001, "\(named.told)")
            }
            _ = try await rig.ask(0x0933, "{\"widgets\":{\"imagequality\":\"NEF+Basic\"}}")
            let watcher = try await rig.watcher("shot_complete")
            _ = try await rig.ask(0x0932)
            let cameras = try await watcher.packet().json["cameras"].array
            let saved = cameras.map { camera in
                camera["images"].array.filter { $0["saved_as"] != .null }
                    .compactMap { $0["name"].string.map { String($0.suffix(3)) } }.sorted()
            }
            #expect(saved == [[], ["JPG"], ["JPG", "NEF"]])
            leave(0)
            #expect(try await rig.ask(0x0932, "{\"cameras\":[1]}").json["state"].string == "complete")
            #expect(try await rig.ask(0x0932, "{\"cameras\":[1,2]}").isRefusal(0x200C))
        }
    }
}
