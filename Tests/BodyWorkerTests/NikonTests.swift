import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// What a generic body cannot show: live view, images in memory, and exposures that are as long as one likes.
@Suite(.serialized, .timeLimit(.minutes(1))) struct NikonTests {
    private func run(_ test: (VirtualBody, StartedWorker) async throws -> Void) async throws {
        let rig = try await VirtualRig.start(TestFleet.nikons(1))
        do {
            let worker = try StartedWorker(arguments: ["--port", rig.listeners[0].portPath, "--home", "HOME"])
            let can = Set(try await worker.event(0xC100)["can"].array.compactMap(\.string))
            #expect(can.isSuperset(of: ["capture", "trigger", "preview", "config", "bulb", "delete", "thumbnail"]))
            try await test(rig.bodies[0], worker)
        } catch {
            await rig.stop()
            throw error
        }
        await rig.stop()
    }

    @Test("Live view frames are JPEG, one for each that is asked for, between commands; and end") func frames()
        async throws
    {
        try await run { body, worker in
            for transaction in 1...5 as ClosedRange<UInt32> { worker.command(0x0005, transaction) }
            worker.command(0x0007, 6, #"{"widget_id": "iso"}"#)
            var (frames, answers): ([[UInt8]], [UInt32]) = ([], [])
            while answers.count < 6 {
                let packet = try await worker.packet { $0.type == 2 || $0.type == 3 }
                if packet.type == 2 {
                    #expect(packet.code == 0x0005)
                    frames.append(packet.content)
                } else {
                    #expect(packet.code == 0x2001)
                    answers.append(packet.transaction)
                }
            }
            #expect(frames.count == 5)
            for frame in frames { #expect(frame.starts(with: [0xFF, 0xD8]) && frame.suffix(2) == [0xFF, 0xD9]) }
            // The command overtakes all frames but the one that was under way, or the two when it came late.
            #expect(answers.firstIndex(of: 6) ?? 6 < 5)
            #expect(try await worker.ask(0x0006, 7).code == 0x2001)
            let drawn = body.liveViewFrameCount
            #expect(try await worker.ask(0x0103, 8).code == 0x2001)
            #expect(body.liveViewFrameCount == drawn)
        }
    }

    @Test("An image in the body's memory is kept, and can be described, read and stored as often as one likes")
    func memory() async throws {
        try await run { _, worker in
            let target = #"{"widget_id": "capturetarget", "widget_value": "Internal RAM"}"#
            #expect(try await worker.ask(0x0009, 1, target).code == 0x2001)
            let images = try await (0..<4).asyncMap { index in
                try await worker.ask(0x0002, UInt32(10 + index)).json["images"][0]
            }
            #expect(Set(images.compactMap { $0["name"].string }).count == 4)
            // libgphoto2 itself keeps the last two.
            for image in images {
                #expect(image["folder"].string == "/")
                let (name, size) = (try #require(image["name"].string), try #require(image["size"].integer))
                let object = "{\"folder\": \"/\", \"name\": \"\(name)\""
                #expect(try await worker.ask(0x0004, 1, object + "}").json["size"].integer == size)
                worker.command(0x0101, 2, object + ", \"offset\": 0, \"length\": 1048576}")
                let bytes = try await worker.packet { $0.type == 2 && $0.transaction == 2 }.content
                #expect(bytes.count == size && bytes.starts(with: [0xFF, 0xD8]))
                #expect(try await worker.answer(2).code == 0x2001)
                let path = worker.folder.path + "/" + name
                let store = object + ", \"type\": \"normal\", \"path\": \"\(path)\"}"
                #expect(try await worker.ask(0x0102, 3, store).json["size"].integer == size)
                #expect(FileManager.default.contents(atPath: path) == Data(bytes))
                #expect(try await worker.ask(0x0004, 4, object + ", \"type\": \"preview\"}").code == 0x2005)
            }
        }
    }

    @Test("An exposure ends when it is stopped, and the shutter does not stay open") func bulb() async throws {
        try await run { body, worker in
            let terminate = OperationCode(rawValue: 0x920C)
            let speed = #"{"widget_id": "shutterspeed", "widget_value": "Bulb"}"#
            #expect(try await worker.ask(0x0009, 1, speed).code == 0x2001)
            let short = try await worker.ask(0x0002, 2, #"{"bulb_seconds": 0.1}"#)
            #expect(short.code == 0x2001 && short.json["images"].array.count == 1)
            #expect(body.transactionCount(terminate) == 1)
            let before = body.releaseTimes.count
            worker.command(0x0002, 3, #"{"bulb_seconds": 1000}"#)
            try await waitUntil("the shutter is open") { body.releaseTimes.count > before }
            worker.command(0x0017, 4, #"{"transaction_ID": 3}"#)
            #expect(try await worker.answer(3).code == 0x201F)
            #expect(body.transactionCount(terminate) == 2)
            #expect(try await worker.ask(0x0103, 5).code == 0x2001)
        }
    }
}

extension Sequence {
    /// One after the other.
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
