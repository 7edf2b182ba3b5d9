import Fleet
import FleetTesting
import Glibc
import Testing
import VirtualCamera

/// CAPTURE_IMAGE and TRIGGER_CAPTURE (protocol.md, 0x0002 and 0x000F).
@Suite struct ReleaseCommandTests {
    private func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    @Test("A release brings one image, which is on the card and is downloaded to the byte", arguments: Dialect.allCases)
    func capture(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let answer = try await rig.ask(0x0002)
            let image = answer.json["images"][0]
            #expect(image["folder"].string == dialect.folder)
            #expect(image["name"].string == dialect.picture(4))
            #expect(rig.body.releaseTimes.count == 1)
            let (bytes, last) = try await rig.download(image)
            #expect(bytes == rig.body.content(ofListed: "\(dialect.folder)/\(dialect.picture(4))"))
            #expect(last.json["size"] == image["size"])
            #expect(try await rig.files().count == 4)
        }
    }

    @Test(
        "TRIGGER_CAPTURE says when the release was sent, and its image comes as an event", arguments: Dialect.allCases)
    func trigger(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_added")
            for picture in 4...5 {
                let before = now()
                let answer = try await rig.ask(0x000F)
                let after = now()
                let released = try #require(answer.json["released_at"].integer, "\(answer.told)")
                #expect((before...after).contains(released))
                let event = try await watcher.packet()
                #expect(event.json["name"].string == dialect.picture(picture))
            }
            #expect(rig.body.releaseTimes.count == 2)
        }
    }

    @Test("The image of a release that was not waited for is not taken for the next one's", arguments: Dialect.allCases)
    func triggerThenCapture(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .milliseconds(100) }) { rig in
            #expect(try await rig.ask(0x000F).code == 0x2001)
            let images = try await rig.ask(0x0002).json["images"].array
            #expect(images.compactMap { $0["name"].string } == [dialect.picture(5)])
        }
    }

    @Test(
        "A time limit that is too short is Timed_Out, the image comes as an event, and the body works on",
        arguments: Dialect.allCases)
    func timeLimit(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.shutterLag = .milliseconds(700) }) { rig in
            let watcher = try await rig.watcher("object_added")
            let answer = try await rig.ask(0x0002, #"{"time_limit_seconds":0.2}"#)
            #expect(answer.isRefusal(0xA003), "\(answer.told)")
            #expect(try await watcher.packet().json["name"].string == dialect.picture(4))
            let next = try await rig.ask(0x0002, #"{"time_limit_seconds":10}"#)
            #expect(next.json["images"].array.compactMap { $0["name"].string } == [dialect.picture(5)])
        }
    }

    @Test(
        "A bulb exposure is as long as it shall be, and the body's settings are afterwards as they were",
        arguments: Dialect.withMemory)
    func bulb(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let names =
                ["shutterspeed"] + (dialect == .nikon ? ["shutterspeed2", "expprogram"] : ["autoexposuremode"])
            var before: [String] = []
            for name in names {
                let value = try await rig.ask(0x0007, "{\"widget_id\":\"\(name)\"}").json["widget_value"].string
                before.append(value ?? "")
            }
            let start = now()
            let answer = try await rig.ask(0x0002, #"{"bulb_seconds":0.3}"#)
            #expect(now() - start >= 300_000_000)
            let images = answer.json["images"].array
            #expect(images.compactMap { $0["name"].string } == [dialect.picture(4)], "\(answer.told)")
            for (name, value) in zip(names, before) {
                let answer = try await rig.ask(0x0007, "{\"widget_id\":\"\(name)\"}")
                #expect(answer.json["widget_value"].string == value)
            }
            #expect(try await rig.ask(0x0002, #"{"time_limit_seconds":10}"#).code == 0x2001)
        }
    }

    @Test("A bulb exposure that is cancelled closes the shutter, and the body works on", arguments: Dialect.withMemory)
    func cancelledBulb(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let watcher = try await rig.watcher("object_added")
            try await rig.holdShutter(transaction: 1)
            try await rig.send(0x0017, #"{"transaction_ID":1}"#, transaction: 2)
            let answers = try await rig.answers(2)
            #expect(answers[0].isRefusal(0x201F), "\(answers[0].told)")
            #expect(try await watcher.packet().json["name"].string == dialect.picture(4))
            #expect(try await rig.ask(0x0007, #"{"widget_id":"iso"}"#).code == 0x2001)
        }
    }

    @Test(
        "An image in the body's memory is listed, downloaded as often as one likes, and deleted for good",
        arguments: Dialect.withMemory)
    func memory(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let target = #"{"widget_id":"capturetarget","widget_value":"Internal RAM"}"#
            #expect(try await rig.ask(0x0009, target).json["widget_value"].string == "Internal RAM")
            // More than the two that libgphoto2 keeps.
            var images: [JSONValue] = []
            for _ in 0..<4 { images += try await rig.ask(0x0002).json["images"].array }
            #expect(Set(images.compactMap { $0["name"].string }).count == 4)
            #expect(images.allSatisfy { $0["folder"].string == "/" && $0["size"].integer ?? 0 > 10_000 })
            #expect(rig.body.filePaths.count == 3, "none of it on the card")
            var contents: [[UInt8]] = []
            for image in images + images {
                let (bytes, last) = try await rig.download(image)
                #expect(last.json["size"] == image["size"])
                #expect(bytes.count == image["size"].integer && bytes.starts(with: [0xFF, 0xD8]))
                contents.append(bytes)
            }
            #expect(Array(contents[..<4]) == Array(contents[4...]) && Set(contents).count == 4)
            #expect(try await rig.ask(0x0003, "{\(rig.place(images[0]))}").isRefusal(0x2005))

            let listed = try await rig.ask(0x000B).json["files"].array
            #expect(listed.map { $0["name"] } == images.map { $0["name"] })
            #expect(listed.map { $0["size"] } == images.map { $0["size"] })
            #expect(listed.allSatisfy { $0["mime"].string == "image/jpeg" && $0["mtime"].integer ?? 0 > 1_700_000_000 })
            for image in images[..<2] { #expect(try await rig.ask(0x000C, "{\(rig.place(image))}").code == 0x2001) }
            #expect(try await rig.ask(0x000B).json["files"].array.map { $0["name"] } == images[2...].map { $0["name"] })
            for code: UInt16 in [0x0004, 0x000C] {
                let answer = try await rig.ask(code, "{\(rig.place(images[0]))}")
                #expect(answer.isRefusal(0x2009), "\(answer.told)")
            }
            #expect(try await rig.download(images[3]).bytes == contents[3])
        }
    }

    @Test("A body without a card takes pictures into its memory", arguments: Dialect.withMemory)
    func noCard(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { $0.hasCard = false }) { rig in
            let image = try await rig.ask(0x0002).json["images"][0]
            #expect(image["folder"].string == "/")
            #expect(try await rig.download(image).bytes.count == image["size"].integer)
        }
    }

    @Test(
        "A Nikon that is busy for longer than its driver tries is released once it is not, and an error when it stays so"
    )
    func longBusy() async throws {
        try await BodyRig.run(.nikon) { rig in
            let busy = Fault.busy.on(.nikonInitiateCaptureRecInMedia)
            rig.body.inject(busy.times(250))
            let triggered = try await rig.ask(0x000F)
            #expect(triggered.code == 0x2001 && rig.body.releaseTimes.count == 1)
            rig.body.inject(busy.times(250))
            #expect(try await rig.ask(0x0002).json["images"].array.count == 1)
            #expect(rig.body.releaseTimes.count == 2)
            rig.body.inject(busy)
            #expect(try await rig.ask(0x0002, "{\"time_limit_seconds\":1}").code != 0x2001)
            #expect(rig.body.releaseTimes.count == 2)
            rig.body.repair()
            #expect(try await rig.ask(0x0002).code == 0x2001)
        }
    }

    @Test(
        "A body is busy while it releases, and says so in CAMERA_INFO and as camera_state", arguments: Dialect.allCases)
    func busy(dialect: Dialect) async throws {
        try await BodyRig.run(dialect, { if dialect == .ptp { $0.shutterLag = .seconds(20) } }) { rig in
            try await rig.holdShutter(transaction: 1)
            #expect(try await rig.another().information()["state"].string == "busy")
            #expect(try await rig.ask(0x0017, #"{"transaction_ID":1}"#).code == 0x2001)
            // Until its shutter is closed it is busy.
            try await waitUntil("it is ready") { try await rig.information()["state"].string == "ready" }
        }
        try await BodyRig.run(dialect) { rig in
            let id = try await rig.information()["id"]
            let watcher = try await rig.watcher("camera_state", "capture_complete")
            try await rig.send(0x0002, transaction: 1)
            #expect(try await watcher.packet().json["state"].string == "busy")
            let complete = try await watcher.packet()
            #expect(complete.code == 0x400D)
            #expect(complete.json == .object(["camera": id]))
            #expect(try await watcher.packet().json["state"].string == "ready")
            #expect(try await rig.answers(1)[0].code == 0x2001)
        }
    }

    @Test("A Nikon's exposure may last longer than a command may take: it is released, and its driver goes on")
    func longExposure() async throws {
        var limits = FleetLimits()
        limits.commandTime = .seconds(2)
        limits.driverGrace = .milliseconds(200)
        try await GroupRig.run([.nikon], limits: limits) { rig in
            let session = try await rig.client.open(1)
            let widget = try await rig.client.ask(0x0008, session: session, #"{"widget_id":"shutterspeed"}"#).json
            let speeds = widget["choices"].array.compactMap(\.string)
            let speed = try #require(speeds.first { 3...5 ~= Double($0.dropLast()) ?? 0 }, "\(speeds)")
            let setting = "{\"widget_id\":\"shutterspeed\",\"widget_value\":\"\(speed)\"}"
            #expect(try await rig.client.ask(0x0009, session: session, setting).code == 0x2001)
            let watcher = try await rig.watcher("object_added", "camera_state")
            func next() async throws -> RawPacket {
                try await watcher.packet { $0.code == 0x4002 || $0.json["state"].string == "fault" }
            }
            let trigger = try await rig.client.ask(0x000F, session: session)
            #expect(trigger.code == 0x2001, "\(trigger.told)")
            #expect(try await next().json["name"].string == Dialect.nikon.picture(4))

            let shot = try await rig.arm()
            #expect(try await rig.fire(shot).json.states == ["released"])
            let meanwhile = try await rig.client.ask(0x0007, session: session, #"{"widget_id":"iso"}"#)
            #expect(meanwhile.isRefusal(0xA003) || meanwhile.code == 0x2001, "\(meanwhile.told)")
            #expect(try await next().json["name"].string == Dialect.nikon.picture(5))
            #expect(try await rig.end(of: shot).states == ["complete"])
        }
    }

    @Test("An EOS that took its release and is busy when its shutter is let go is released once")
    func busyAfterRelease() async throws {
        try await BodyRig.run(.canonEOS) { rig in
            rig.body.inject(.busy.on(.canonRemoteReleaseOff).times(1))
            let images = try await rig.ask(0x0002).json["images"].array
            #expect(images.compactMap { $0["name"].string } == [Dialect.canonEOS.picture(4)])
            #expect(rig.body.releaseTimes.count == 1)
            let next = try await rig.ask(0x0002)
            #expect(next.json["images"][0]["name"].string == Dialect.canonEOS.picture(5), "\(next.told)")
        }
    }

    @Test("An EOS that stays busy after it was pressed half is let go")
    func busyAfterHalfPress() async throws {
        try await BodyRig.run(.canonEOS) { rig in
            let letGo = rig.body.transactionCount(.canonRemoteReleaseOff)
            rig.body.inject(.busy.on(.canonRemoteReleaseOn).at(2).times(1000))
            let answer = try await rig.ask(0x0002, #"{"time_limit_seconds":1}"#)
            #expect(answer.isRefusal(0x2019), "\(answer.told)")
            #expect(rig.body.transactionCount(.canonRemoteReleaseOff) > letGo && rig.body.releaseTimes.isEmpty)
            rig.body.repair()
            #expect(try await rig.ask(0x0002).code == 0x2001)
        }
    }
}
