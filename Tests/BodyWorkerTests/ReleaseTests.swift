import FleetTesting
import Testing

/// Releases over the link: 0x0002 CAPTURE_IMAGE, and the events 0x4002 object_added and 0x400D capture_complete.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ReleaseTests {
    private static let folder = "/store_00010001/DCIM/100PLAYD"
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    @Test(
        "A release ends with its image, whether the body says that it is done after it, before it, or never",
        arguments: [[.image("A.JPG"), .complete], [.complete, .image("A.JPG")], [.image("A.JPG")]] as [[PlayedStep]])
    func release(steps: [PlayedStep]) async throws {
        body.change { $0.release = steps }
        worker.command(0x0002, 5)
        var events: [UInt16] = []
        let answer = try await worker.packet { packet in
            if packet.type == 4 { events.append(packet.code) }
            return packet.type == 3
        }
        #expect(answer.code == 0x2001)
        #expect(answer.json["images"].array.count == 1)
        let image = answer.json["images"][0]
        #expect(image["folder"].string == Self.folder)
        #expect(image["name"].string == "A.JPG")
        #expect(image["size"].integer == 5)
        #expect(events.filter { $0 == 0x4002 }.count == 1)
        #expect(events.filter { $0 == 0x400D }.count == (steps.contains(.complete) ? 1 : 0))
    }

    @Test("Images that come close together belong to one release") func surplus() async throws {
        body.change { $0.release = [.image("A.JPG"), .image("B.JPG"), .complete] }
        let answer = try await worker.ask(0x0002, 5)
        #expect(answer.json["images"].array.compactMap { $0["name"].string } == ["A.JPG", "B.JPG"])
    }

    @Test("What the photographer released before is told, and is no part of the next release") func before()
        async throws
    {
        body.happen([.image("FINGER.JPG")])
        #expect(try await worker.event(0x4002)["name"].string == "FINGER.JPG")
        body.happen([.image("FINGER2.JPG")])
        let answer = try await worker.ask(0x0002, 5)
        #expect(answer.json["images"].array.compactMap { $0["name"].string } == ["IMG_1000.JPG"])
    }

    @Test("A release that brings nothing is Timed_Out at its own limit, and the next one works") func nothing()
        async throws
    {
        body.change { $0.release = [.complete] }
        let answer = try await worker.ask(0x0002, 5, #"{"time_limit_seconds": 0.2}"#)
        #expect(answer.code == 0xA003)
        body.change { $0.release = [.image("A.JPG"), .complete] }
        #expect(try await worker.ask(0x0002, 6).code == 0x2001)
    }

    @Test("A time limit that is no time is none, and no harm", arguments: ["-1", "0", "1e300"])
    func strangeLimits(limit: String) async throws {
        let answer = try await worker.ask(0x0002, 5, "{\"time_limit_seconds\": \(limit)}")
        #expect(limit == "1e300" ? answer.code == 0x2001 : answer.code == 0xA003)
        #expect(try await worker.ask(0x0103, 6).code == 0x2001)
    }

    @Test("A running release is stopped at once, with an answer to both") func cancel() async throws {
        body.change { $0.release = [] }
        worker.command(0x0002, 5)
        try await waitUntil("the body was released") { body.asked.contains(0x100E) }
        worker.command(0x0017, 6, #"{"transaction_ID": 5}"#)
        let first = try await worker.packet { $0.type == 3 }
        let second = try await worker.packet { $0.type == 3 }
        let answers = [first.transaction: first.code, second.transaction: second.code]
        #expect(answers == [5: 0x201F, 6: 0x2001])
        // The image that comes all the same is told.
        body.happen([.image("LATE.JPG")])
        #expect(try await worker.event(0x4002)["name"].string == "LATE.JPG")
    }

    @Test("A body that is busy is released as soon as it is not") func busy() async throws {
        body.change { $0.faults[0x100E] = .refusal(0x2019, times: 3) }
        #expect(try await worker.ask(0x0002, 5).code == 0x2001)
        #expect(body.asked.count { $0 == 0x100E } == 4)
    }

    @Test("A body that stays busy past the limit is Device_Busy, with the driver's word") func staysBusy() async throws
    {
        body.change { $0.faults[0x100E] = .refusal(0x2019, times: .max) }
        let answer = try await worker.ask(0x0002, 5, #"{"time_limit_seconds": 0.2}"#)
        #expect(answer.code == 0x2019)
        #expect(answer.json["gphoto2"] == .object(["code": .number(-110), "text": .string("I/O in progress")]))
    }

    @Test("A body that does not release says what to look at, and stays open") func refused() async throws {
        body.change { $0.faults[0x100E] = .refusal(0x2002, times: 1) }
        let answer = try await worker.ask(0x0002, 5)
        #expect(answer.code == 0x2002)
        #expect(answer.json["message"].string?.contains("focus") == true)
        #expect(try await worker.ask(0x0002, 6).code == 0x2001)
    }

    @Test("Exposing for a time is refused by a body that cannot, and nothing is released") func bulb() async throws {
        let answer = try await worker.ask(0x0002, 5, #"{"bulb_seconds": 1}"#)
        #expect(answer.code == 0x2005)
        #expect(!body.asked.contains(0x100E))
    }

    @Test("A body that cannot release says so") func unable() async throws {
        var device = PlayedDevice()
        device.operations.removeAll { $0 == 0x100E }
        let worker = try StartedWorker(try PlayedBody(device))
        _ = try await worker.event(0xC100)
        #expect(try await worker.ask(0x0002, 5, #"{"time_limit_seconds": 1}"#).code == 0x2005)
    }
}
