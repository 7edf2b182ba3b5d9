import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// ARM_GROUP, FIRE_GROUP and CAPTURE_GROUP on bodies that do as they should (protocol.md, 0x0930 to 0x0932).
@Suite struct GroupFiringTests {
    private static let mixed: [Dialect] = [.ptp, .nikon, .canonEOS]

    @Test("An armed shot releases every body once, says when, and ends with the image of each")
    func fire() async throws {
        try await GroupRig.run(Self.mixed) { rig in
            let watcher = try await rig.watcher("shot_complete", "object_added")
            let shot = try await rig.arm()
            let armed = try await rig.shot(shot)
            #expect(armed["state"].string == "armed")
            #expect(armed.states == ["armed", "armed", "armed"])
            #expect(armed["fired_at"] == .null && armed["spread_ns"] == .null)
            #expect(rig.releases == [0, 0, 0])

            let before = GroupRig.now()
            let answer = try await rig.fire(shot)
            let after = GroupRig.now()
            #expect(answer.code == 0x2001, "\(answer.told)")
            let fired = try #require(answer.json["fired_at"].integer)
            #expect((before...after).contains(fired))
            let released = answer.json["cameras"].array.compactMap { $0["released_at"].integer }
            #expect(released.count == 3)
            #expect(released.allSatisfy { $0 >= fired && $0 <= after })
            // The times are read as doubles here, which are 256 ns apart at this end of the century.
            let spread = try #require(answer.json["spread_ns"].integer)
            #expect(abs(spread - (released.max()! - released.min()!)) <= 512)
            #expect(answer.json["cameras"].array.map { $0["camera_number"].integer } == [1, 2, 3])

            var names: Set<String> = []
            var complete = JSONValue.null
            while complete == .null {
                let event = try await watcher.packet()
                if event.code == 0x4002 { names.insert(event.json["name"].string ?? "") }
                if event.code == 0xC004 { complete = event.json }
            }
            #expect(complete["shot"].integer == shot)
            #expect(complete["state"].string == "complete")
            #expect(complete.states == ["complete", "complete", "complete"])
            for (camera, dialect) in zip(complete["cameras"].array, Self.mixed) {
                let images = camera["images"].array
                #expect(images.map { $0["name"].string } == [dialect.picture(4)])
                #expect(images.allSatisfy { $0["folder"].string == dialect.folder && $0["size"].integer ?? 0 > 0 })
                #expect(images.allSatisfy { $0["extra"] == .null })
            }
            #expect(names == Set(Self.mixed.map { $0.picture(4) }))
            #expect(rig.releases == [1, 1, 1])
            #expect(try await rig.shot(shot) == complete)
            let again = try await rig.fire(shot)
            #expect(again.isRefusal(0x201D), "\(again.told)")
            #expect(rig.releases == [1, 1, 1])
        }
    }

    @Test("CAPTURE_GROUP gives every image, each body after the other shot after shot, and live view goes on between")
    func capture() async throws {
        try await GroupRig.run(Self.mixed) { rig in
            let session = try await rig.client.open(2)
            let ticket = try await rig.client.ask(0x0005, session: session, "{}").json["ticket"].string ?? ""
            let viewer = try await RawClient.connect(port: rig.fleet.server.liveViewPort)
            try await viewer.command(0x0005, session: session, transaction: 9, "{\"ticket\":\"\(ticket)\"}")
            #expect(try await viewer.packet().code == 0x2001)
            for picture in 4...6 {
                #expect(try await viewer.packet().type == 2)
                let answer = try await rig.ask(0x0932, #"{"cameras":[3,"1",2]}"#)
                #expect(answer.code == 0x201D, "no body is called 1")
                let shot = try await rig.ask(0x0932, #"{"cameras":[3,1,2,1]}"#)
                #expect(shot.json["state"].string == "complete", "\(shot.told)")
                let names = shot.json["cameras"].array.map { $0["images"][0]["name"].string }
                #expect(names == Self.mixed.map { $0.picture(picture) })
                let frame: UInt32 = try await viewer.packet().body.little(at: 4)
                // What came before is read: the next frame is one that was asked for after the shot.
                var next = frame
                let end = GroupRig.now()
                while true {
                    let packet = try await viewer.packet()
                    next = packet.body.little(at: 4)
                    let arrived: UInt64 = packet.body.little(at: 8)
                    if Int(arrived) > end { break }
                }
                #expect(next > frame)
            }
            #expect(rig.releases == [3, 3, 3])
        }
    }

    @Test("A second FIRE_GROUP is refused, and changes nothing of the first: neither the time nor the offsets")
    func second() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let shot = try await rig.arm()
            let another = try await rig.fleet.server.client()
            let at = GroupRig.now() + 2_000_000_000
            try await rig.client.command(
                0x0931, transaction: 5, "{\"shot\":\(shot),\"at\":\(at),\"offsets\":{\"2\":300000000}}")
            try await waitUntil("it is fired") {
                let refusal = try await another.ask(0x0931, "{\"shot\":\(shot),\"offsets\":{\"1\":100000000}}")
                return refusal.isRefusal(0x201D)
            }
            let fired = try await rig.client.packet { $0.transaction == 5 }
            let cameras = fired.json["cameras"].array
            #expect(cameras.map { $0["offset_ns"].integer } == [nil, 300_000_000], "\(fired.told)")
            let released = cameras.compactMap { $0["released_at"].integer }
            #expect(released.count == 2 && released[0] >= at && released[1] >= at + 299_000_000, "\(fired.told)")
        }
    }

    @Test(
        "A time that is over is refused, also where every body is to be released later than it; without one it is to come"
    )
    func allLater() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let late = ",\"offsets\":{\"1\":1000000000}"
            let shot = try await rig.arm()
            let refusal = try await rig.fire(shot, ",\"at\":\(GroupRig.now() - 300_000_000)\(late)")
            #expect(refusal.isRefusal(0x201D), "\(refusal.told)")
            let before = GroupRig.now()
            let fired = try await rig.fire(shot, late)
            #expect(fired.json["fired_at"].integer ?? 0 > before, "\(fired.told)")
            #expect(fired.json["cameras"][0]["released_at"].integer ?? 0 >= before + 1_000_000_000, "\(fired.told)")
            let shots = try await rig.ask(0x0940).json["shots"].array.count
            let past = try await rig.ask(0x0932, "{\"at\":\(GroupRig.now() - 1)}")
            #expect(past.isRefusal(0x201D), "\(past.told)")
            // Nothing was begun for it.
            #expect(try await rig.ask(0x0940).json["shots"].array.count == shots)
            #expect(rig.releases == [1])
        }
    }

    @Test("A RAW and a JPEG of one release are one frame with two images", arguments: Dialect.withMemory)
    func pair(dialect: Dialect) async throws {
        try await GroupRig.run([dialect]) { rig in
            let session = try await rig.client.open(1)
            let (widget, value) = dialect == .nikon ? ("imagequality", "NEF+Basic") : ("imageformat", "RAW + L")
            let choices = try await rig.client.ask(
                0x0008, session: session, "{\"widget_id\":\"\(widget)\"}"
            ).json["choices"].array.compactMap(\.string)
            let pair = choices.first { $0.contains("+") } ?? value
            let set = try await rig.client.ask(
                0x0009, session: session, "{\"widget_id\":\"\(widget)\",\"widget_value\":\"\(pair)\"}")
            #expect(set.code == 0x2001, "\(set.told)")
            let shot = try await rig.ask(0x0932)
            #expect(shot.json["state"].string == "complete", "\(shot.told)")
            let images = shot.json["cameras"][0]["images"].array
            #expect(images.count == 2 && images.allSatisfy { $0["extra"] == .null }, "\(shot.told)")
            #expect(rig.releases == [1])
        }
    }

    @Test("A time that is given is kept, as a number or as a decimal string, and offsets are each body's own")
    func timeAndOffsets() async throws {
        try await GroupRig.run([.nikon, .canonEOS]) { rig in
            for isText in [false, true] {
                let shot = try await rig.arm()
                let at = GroupRig.now() + 1_500_000_000
                let time = isText ? "\"\(at)\"" : "\(at)"
                let id = try await rig.ask(0x0902).json["cameras"][1]["id"].string ?? ""
                let offsets = isText ? "{\"\(id)\":40000000,\"1\":0}" : "{\"camera-2\":40000000}"
                let answer = try await rig.fire(shot, ",\"at\":\(time),\"offsets\":\(offsets)")
                #expect(answer.code == 0x2001, "\(answer.told)")
                let fired = try #require(answer.json["fired_at"].integer)
                // JSON's numbers are doubles here.
                #expect(abs(fired - at) < 1_000)
                let released = answer.json["cameras"].array.compactMap { $0["released_at"].integer }
                #expect(released[0] >= at - 1_000 && released[1] >= at + 40_000_000 - 1_000)
                #expect(GroupRig.now() >= at + 40_000_000)
                let late = (released[0] - fired, released[1] - fired - 40_000_000)
                let spread = try #require(answer.json["spread_ns"].integer)
                #expect(abs(spread - abs(late.0 - late.1)) < 2_000)
                #expect(try await rig.end(of: shot)["state"].string == "complete")
            }
        }
    }

    @Test("An offset that is kept with a body holds for each shot that says nothing else, also after a restart")
    func keptOffset() async throws {
        let folder = TemporaryFolder()
        try await GroupRig.run([.nikon, .nikon], folder: folder) { rig in
            let named = try await rig.ask(0x0920, #"{"camera":2,"offset_ns":30000000}"#)
            #expect(named.json["offset_ns"].integer == 30_000_000, "\(named.told)")
            for wrong in ["3600000000001", "\"1\"", "1.5", "null"] {
                let answer = try await rig.ask(0x0920, "{\"camera\":2,\"offset_ns\":\(wrong)}")
                #expect(answer.isRefusal(0x201D), "\(wrong): \(answer.told)")
            }
        }
        try await GroupRig.run([.nikon, .nikon], folder: folder) { rig in
            for (more, offset) in [("", 30_000_000), (#","offsets":{"2":-20000000}"#, -20_000_000)] {
                let fired = try await rig.fire(try await rig.arm(), more).json
                #expect(fired["cameras"][1]["offset_ns"].integer == offset)
                let due = try #require(fired["fired_at"].integer) + offset
                // JSON's numbers are doubles here.
                #expect(try #require(fired["cameras"][1]["released_at"].integer) >= due - 1_000, "\(fired)")
                _ = try await rig.end(of: try #require(fired["shot"].integer))
            }
            let cleared = try await rig.ask(0x0920, #"{"camera":2,"offset_ns":0}"#)
            #expect(cleared.code == 0x2001 && cleared.json["offset_ns"] == .null)
        }
    }

    @Test("A negative offset releases a body before the shot's time")
    func negativeOffset() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let shot = try await rig.arm()
            let answer = try await rig.fire(shot, #","offsets":{"2":-30000000}"#)
            let fired = try #require(answer.json["fired_at"].integer, "\(answer.told)")
            let released = answer.json["cameras"].array.compactMap { $0["released_at"].integer }
            #expect(released[0] >= fired && released[1] >= fired - 30_000_000)
            #expect(try await rig.end(of: shot)["state"].string == "complete")
        }
    }

    @Test("A time that is over or too soon is refused with how soon it can be, and the shot stays armed")
    func untimely() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let shot = try await rig.arm()
            let soon = GroupRig.now() + 1_000_000
            for at in [
                "0", "-5", "1", "\(soon)", "\"12\"", "9223372036854775807", "\(GroupRig.now() + 172_800_000_000_000)",
            ] {
                let answer = try await rig.fire(shot, ",\"at\":\(at)")
                #expect(answer.isRefusal(0x201D), "\(at): \(answer.told)")
            }
            let message = try await rig.fire(shot, ",\"at\":1").json["message"].string ?? ""
            let soonest = message.split { !$0.isNumber }.compactMap { Int($0) }.max() ?? 0
            #expect(soonest > GroupRig.now() - 1_000_000_000, "\(message)")
            #expect(rig.releases == [0])
            #expect(try await rig.fire(shot).code == 0x2001)
            #expect(try await rig.end(of: shot)["state"].string == "complete")
        }
    }

    @Test("Another client can fire what one armed, and then it is that one's: it goes on without the first")
    func anotherClient() async throws {
        try await GroupRig.run([.nikon, .nikon]) { rig in
            let first = try await rig.fleet.server.client()
            let shot = try await rig.arm(of: first)
            let at = GroupRig.now() + 1_000_000_000
            try await rig.client.command(0x0931, transaction: 1, "{\"shot\":\(shot),\"at\":\(at)}")
            // What a client sent before is done: its answer shows that the shot was fired.
            try await waitUntil("it is not armed for others") {
                let other = try await rig.ask(0x0931, "{\"shot\":\(shot)}", transaction: 2)
                #expect(other.isRefusal(0x201D), "\(other.told)")
                return true
            }
            await first.close()
            let answer = try await rig.client.packet { $0.type == 3 && $0.transaction == 1 }
            #expect(answer.code == 0x2001, "\(answer.told)")
            #expect(rig.releases == [1, 1])
        }
    }
}
