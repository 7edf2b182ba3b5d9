import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

extension NamedFault {
    /// Clients that vanish, do not read, or want too much. The stage's own client is the one who must not suffer.
    static let ofTheClient: [NamedFault] = [
        NamedFault(
            "A client vanishes while its picture is exposed", on: .nikon,
            adjust: { $0.shutterLag = .milliseconds(500) }
        ) { stage in
            let offender = try await stage.fleet.server.client()
            let session = try await offender.open(1)
            let before = stage.body.filePaths.count
            try await offender.command(Ask.capture, session: session, transaction: 1)
            try await stage.waitUntilAsked(.nikonInitiateCaptureRecInMedia, beyond: 0)
            try await offender.reset()
            try await isForgotten(stage)
            // The picture is on the card all the same, and everybody is told.
            _ = try await stage.listener.packet { $0.code == 0x4002 && $0.json["camera"].string != nil }
            #expect(stage.body.filePaths.count == before + 1)
            try await stage.recovers()
        },
        NamedFault("A client vanishes in the middle of an upload", on: .ptp) { stage in
            let offender = try await stage.fleet.server.client()
            let session = try await offender.open(1)
            let folder = try await stage.folderOfPictures()
            let answer = try await offender.ask(
                Ask.upload, session: session, "{\"folder\":\"\(folder)\",\"name\":\"A.JPG\",\"size\":2000000}")
            let ticket = answer.expect(.ok).json["ticket"].string ?? ""
            let connection = try await RawClient.connect(port: stage.fleet.server.downloadPort)
            try await connection.command(
                Ask.upload, session: session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await connection.packet().expect(.ok)
            let piece = [UInt8](repeating: 1, count: 1 << 20)
            try await connection.piece(piece, at: 0, session: session, transaction: 1)
            let spool = "\(stage.folder.path)/spool"
            try await waitUntil("the piece is on the disk") {
                try FileManager.default.contentsOfDirectory(atPath: spool).count == 1
            }
            try await connection.reset()
            try await offender.reset()
            try await isForgotten(stage)
            try await waitUntil("nothing of it is left") {
                try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty
            }
            #expect(!stage.body.filePaths.contains { $0.hasSuffix("A.JPG") })
            try await stage.read().expect(.ok)
        },
        NamedFault(
            "A client vanishes in the middle of a download", on: .canonEOS,
            adjust: { $0.extraObjects = [300 << 20] }
        ) { stage in
            let (connection, ticket) = try await stage.download(try await stage.longestFileName())
            try await connection.command(
                Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await connection.packet().expect(.ok)
            _ = try await connection.packet()
            try await connection.reset()
            try await restsAfterThat(stage, .getPartialObject)
            try await stage.read().expect(.ok)
            // The ticket is the session's still.
            let again = try await RawClient.connect(port: stage.fleet.server.downloadPort)
            let end = try await again.download(ticket, session: stage.session, offset: (300 << 20) - 10)
            end.last.expect(.ok)
            #expect(end.bytes.count == 10)
        },
        NamedFault("A client vanishes while it watches live view", on: .nikon) { stage in
            let viewer = try await stage.watch()
            try await viewer.reset()
            try await waitUntil("the body ends its live view") {
                guard stage.body.transactionCount(.nikonEndLiveView) > 0 else { return false }
                return try await stage.info()["live_view"] == .bool(false)
            }
            _ = try await stage.watch()
        },
        NamedFault("A client never reads its answers", on: .nikon) { stage in
            let offender = try await RawClient.connect(port: stage.fleet.server.commandPort, receiveBuffer: 4096)
            _ = try await offender.packet()
            let session = try await offender.open(1)
            try await offender.stopReading()
            let command = header(16, 1, 0x000A, session) + .little(UInt32(1))
            let flood = Task { try await offender.send(Array(repeating: command, count: 5000).flatMap(\.self)) }
            for _ in 0..<10 { try await stage.read().expect(.ok) }
            try await offender.reset()
            _ = await flood.result
            try await isForgotten(stage)
            try await stage.read().expect(.ok)
        },
        NamedFault(
            "A client never reads its events", on: .ptp, limits: .but { $0.waitingEvents = 16 }
        ) { stage in
            let offender = try await RawClient.connect(port: stage.fleet.server.commandPort, receiveBuffer: 4096)
            _ = try await offender.packet()
            try await offender.ask(Ask.subscribe, "{\"events\":[\"capture_complete\",\"events_lost\"]}").expect(.ok)
            try await offender.stopReading()
            let feed = stage.fleet.server.registry.events
            for _ in 0..<20_000 { feed.publish(.captureComplete(camera: BodyID(rawValue: "told.to.all"))) }
            try await stage.read().expect(.ok)
            try await offender.startReading()
            let lost = try await offender.packet { $0.code == 0xC005 }
            #expect(lost.json["count"].integer ?? 0 > 0)
            await offender.close()
        },
        NamedFault(
            "A client never reads its frames", on: .canonEOS, adjust: { $0.liveViewFramesPerSecond = 0 }
        ) { stage in
            let slow = try await stage.watch()
            try await slow.stopReading()
            let quick = try await stage.watch()
            let first: UInt32 = try await quick.packet().body.little(at: 4)
            var number = first
            while number < first + 60 { number = try await quick.packet().body.little(at: 4) }
            await slow.close()
            await quick.close()
        },
        NamedFault(
            "A client never reads the pieces of its download", on: .ptp, adjust: { $0.extraObjects = [300 << 20] }
        ) { stage in
            let (connection, ticket) = try await stage.download(try await stage.longestFileName())
            try await connection.command(
                Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await connection.packet().expect(.ok)
            try await connection.stopReading()
            try await restsAfterThat(stage, .getPartialObject)
            #expect(stage.body.transactionCount(.getPartialObject) < 60)
            try await stage.read().expect(.ok)
            try await connection.reset()
        },
        NamedFault("A client sends half a packet and stays", on: .nikon) { stage in
            let offender = try await stage.fleet.server.client()
            let command = header(18, 1, Ask.check, 0) + .little(UInt32(5)) + Array("{}".utf8)
            try await offender.send(Array(command[..<9]))
            for _ in 0..<10 { try await stage.read().expect(.ok) }
            try await offender.send(Array(command[9...]))
            #expect(try await offender.packet().expect(.ok).transaction == 5)
            await offender.close()
        },
        NamedFault("A client sends one byte at a time", on: .canonEOS) { stage in
            let offender = try await stage.fleet.server.client()
            let session = try await offender.open(1)
            let json = Array("{\"widget_id\":\"iso\"}".utf8)
            let command = header(16 + UInt32(json.count), 1, Ask.value, session) + .little(UInt32(6)) + json
            for byte in command {
                try await offender.send([byte])
                try await stage.client.ask(Ask.check).expect(.ok)
            }
            #expect(try await offender.packet().expect(.ok).transaction == 6)
            await offender.close()
        },
        NamedFault("A client opens a thousand sessions", on: .ptp) { stage in
            let offender = try await stage.fleet.server.client()
            for _ in 0..<1024 { _ = try await offender.open(1) }
            try await offender.ask(Ask.open, "{\"camera\":1}").expect(.tooMany)
            #expect(try await stage.info()["sessions"].integer == 1025)
            try await stage.read().expect(.ok)
            try await offender.reset()
            try await isForgotten(stage)
        },
        NamedFault("A client floods the server with commands", on: .nikon) { stage in
            let offender = try await stage.fleet.server.client()
            let command = header(16, 1, Ask.check, 0) + .little(UInt32(1))
            async let flood: Void = offender.send(Array(repeating: command, count: 4000).flatMap(\.self))
            // Each gets its one answer.
            for _ in 0..<4000 { try await offender.packet().expect(.ok, .tooMany) }
            try await flood
            try await offender.ask(Ask.check).expect(.ok)
            try await stage.read().expect(.ok)
            await offender.close()
        },
        NamedFault(
            "A client closes its connection with everything running", on: .nikon,
            adjust: {
                // The driver waits for it, and a piece of the download for the driver.
                $0.shutterLag = .seconds(8)
                $0.extraObjects = [300 << 20]
            }
        ) { stage in
            try await closeWithEverythingRunning(stage)
        },
    ]

    private static func closeWithEverythingRunning(_ stage: Stage) async throws {
        let file = try await stage.longestFileName()
        let (download, ticket) = try await stage.download(file)
        try await download.command(
            Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
        try await download.packet().expect(.ok)
        try await download.stopReading()
        let (upload, place) = try await stage.upload("NEW.JPG", size: 5000)
        try await upload.command(Ask.upload, session: stage.session, transaction: 2, "{\"ticket\":\"\(place)\"}")
        try await upload.packet().expect(.ok)
        let viewer = try await stage.watch()
        try await stage.ask(Ask.sequence, "{\"count\":100,\"interval_seconds\":3600}").expect(.ok)
        try await stage.client.ask(Ask.subscribe, "{\"events\":[\"shot_complete\"]}").expect(.ok)
        try await stage.waitUntilAsked(.nikonInitiateCaptureRecInMedia, beyond: 0)
        for transaction in UInt32(10)..<20 {
            try await stage.begin(Ask.value, transaction: transaction, "{\"widget_id\":\"iso\"}")
        }
        try await stage.client.command(Ask.closeConnection, transaction: 99)
        for transaction in UInt32(10)..<20 {
            #expect(try await stage.client.packet().expect(.transactionCancelled).transaction == transaction)
        }
        #expect(try await stage.client.packet().expect(.ok).transaction == 99)
        #expect(await stage.client.isClosedByServer())
        try await viewer.packet { $0.type == 3 }.expect(.transactionCancelled)
        try await download.startReading()
        try await download.packet { $0.type == 3 }.expect(.transactionCancelled, .sessionNotOpen)
        // The upload's session is no more: what still comes of it is refused.
        try await upload.piece([UInt8](repeating: 1, count: 5000), at: 0, session: stage.session, transaction: 2)
        try await upload.packet { $0.type == 3 }.expect(.transactionCancelled, .sessionNotOpen)
        let after = try await stage.fleet.server.client()
        try await waitUntil("the body has no session") {
            try await after.ask(Ask.cameras).json["cameras"][0]["sessions"].integer == 0
        }
    }

    /// The offender's sessions are gone, the stage's own is there.
    private static func isForgotten(_ stage: Stage) async throws {
        try await waitUntil("the offender's sessions are gone") { try await stage.info()["sessions"].integer == 1 }
    }

    /// The body is not asked any more for what nobody takes.
    private static func restsAfterThat(_ stage: Stage, _ operation: OperationCode) async throws {
        var before = -1
        try await waitUntil("the body has come to rest") { () async throws -> Bool in
            for _ in 0..<10 { try await stage.read().expect(.ok) }
            let count = stage.body.transactionCount(operation)
            defer { before = count }
            return before == count
        }
    }
}

/// The header of a packet, laid out by hand.
func header(_ length: UInt32, _ type: UInt16, _ code: UInt16, _ session: UInt32) -> [UInt8] {
    .little(length) + .little(type) + .little(code) + .little(session)
}
