import Crypto
import Fleet
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// Downloads through port 6666 (protocol.md, section 5).
@Suite struct DownloadTests {
    private func ticket(
        _ client: RawClient, _ session: UInt32, _ folder: String, _ name: String, _ more: String = ""
    ) async throws -> RawPacket {
        try await client.ask(0x0004, session: session, "{\"folder\":\"\(folder)\",\"name\":\"\(name)\"\(more)}")
    }

    /// A session on the first body, and the largest file of its card.
    private func start(_ fleet: TestFleet) async throws -> (client: RawClient, session: UInt32, file: JSONValue) {
        let client = try await fleet.server.client()
        let session = try await client.open(1)
        return (client, session, try await largest(client, session))
    }

    private func largest(_ client: RawClient, _ session: UInt32) async throws -> JSONValue {
        let list = try await client.ask(0x000B, session: session, "{\"recurse\":true}")
        return list.json["files"].array.max { $0["size"].integer ?? 0 < $1["size"].integer ?? 0 } ?? .null
    }

    @Test("A download equals the body's bytes, in order and without gaps, with the size and SHA-256 of the whole")
    func wholeFile() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].extraObjects = [5_000_001]
        try await TestFleet.run(bodies) { fleet in
            let (client, session, file) = try await start(fleet)
            #expect(file["size"].integer == 5_000_001)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let answer = try await ticket(client, session, folder, name)
            #expect(answer.json["size"].integer == 5_000_001)
            #expect(answer.json["port"].integer == fleet.server.downloadPort)
            #expect(answer.json["mime"].string == "image/jpeg")
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            let (bytes, last) = try await downloads.download(answer.json["ticket"].string ?? "", session: session)
            #expect(bytes == fleet.rig.bodies[0].content(ofListed: "\(folder)/\(name)"))
            #expect(last.code == 0x2001)
            #expect(last.json["size"].integer == 5_000_001)
            let digest = SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
            #expect(last.json["sha256"].string == digest)
        }
    }

    @Test("A broken transfer is taken up again with its ticket, any number of times, from any offset")
    func resume() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].extraObjects = [3_000_000]
        try await TestFleet.run(bodies) { fleet in
            let (client, session, file) = try await start(fleet)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let ticket = try await ticket(client, session, folder, name).json["ticket"].string ?? ""
            let whole = try #require(fleet.rig.bodies[0].content(ofListed: "\(folder)/\(name)"))
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)

            let tail = try await downloads.download(ticket, session: session, transaction: 1, offset: 2_999_990)
            #expect(tail.bytes == Array(whole[2_999_990...]))
            #expect(tail.last.json["size"].integer == 3_000_000)
            #expect(tail.last.json["sha256"] == .null)

            // The connection breaks in the middle; another goes on.
            let broken = try await RawClient.connect(port: fleet.server.downloadPort)
            try await broken.command(0x0004, session: session, transaction: 2, "{\"ticket\":\"\(ticket)\"}")
            _ = try await broken.packet()
            let first = try await broken.packet()
            await broken.close()
            let start = first.body.count - 12
            let rest = try await downloads.download(ticket, session: session, transaction: 3, offset: start)
            #expect(Array(first.body[12...]) + rest.bytes == whole)
            #expect(rest.last.json["sha256"].string?.count == 64)

            let none = try await downloads.download(ticket, session: session, transaction: 4, offset: 3_000_000)
            #expect(none.bytes.isEmpty)
            #expect(none.last.code == 0x2001)
            let beyond = try await downloads.download(ticket, session: session, transaction: 5, offset: 3_000_001)
            #expect(beyond.last.code == 0x201D)
            let negative = try await downloads.download(ticket, session: session, transaction: 6, offset: -1)
            #expect(negative.last.code == 0x201D)
        }
    }

    @Test("A client that stops reading 200 MiB makes the body give a few pieces and no more; then it gets the rest")
    func boundedMemory() async throws {
        var bodies = TestFleet.nikons(1)
        bodies[0].extraObjects = [200 << 20]
        try await TestFleet.run(bodies) { fleet in
            let (client, session, file) = try await start(fleet)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let ticket = try await ticket(client, session, folder, name).json["ticket"].string ?? ""
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            try await downloads.command(0x0004, session: session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            _ = try await downloads.packet()
            try await downloads.stopReading()
            let body = fleet.rig.bodies[0]
            // It comes to rest: what the sockets hold, and two pieces. Commands are served meanwhile.
            var before = -1
            try await waitUntil("the body gives no more pieces") { () async throws -> Bool in
                for _ in 0..<20 {
                    let answer = try await client.ask(0x0007, session: session, "{\"widget_id\":\"iso\"}")
                    #expect(answer.code == 0x2001)
                }
                let count = body.transactionCount(.getPartialObject)
                defer { before = count }
                return before == count && count > 0
            }
            #expect(body.transactionCount(.getPartialObject) < 40)
            try await downloads.startReading()
            var offset = 0
            while true {
                let packet = try await downloads.packet()
                guard packet.type == 2 else {
                    #expect(packet.json["size"].integer == 200 << 20)
                    break
                }
                #expect(packet.body.little(at: 4, as: UInt64.self) == UInt64(offset))
                #expect(packet.length <= 1_048_600)
                offset += packet.body.count - 12
            }
            #expect(offset == 200 << 20)
        }
    }

    @Test("What libgphoto2 makes on the spot is fetched before the ticket: its size is known")
    func thumbnail() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let (client, session, file) = try await start(fleet)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let answer = try await ticket(client, session, folder, name, ",\"type\":\"preview\"")
            let size = answer.json["size"].integer ?? 0
            #expect(size > 0 && size < file["size"].integer ?? 0)
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            let (bytes, last) = try await downloads.download(answer.json["ticket"].string ?? "", session: session)
            #expect(bytes.count == size)
            #expect(bytes.starts(with: [0xFF, 0xD8]))
            #expect(last.code == 0x2001)
        }
    }

    @Test("A body that is busy for a moment holds a download up, and does not end it")
    func busy() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let (client, session, file) = try await start(fleet)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let answer = try await ticket(client, session, folder, name)
            let busy = fleet.rig.bodies[0].inject(.busy.on(.getPartialObject).times(3))
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            let (bytes, last) = try await downloads.download(answer.json["ticket"].string ?? "", session: session)
            #expect(last.code == 0x2001, "\(last.told)")
            #expect(bytes == fleet.rig.bodies[0].content(ofListed: "\(folder)/\(name)"))
            #expect(fleet.rig.bodies[0].strikes(of: busy) == 3)
        }
    }

    @Test("What a download brought whole is not kept in the spool, and comes again where it is asked for again")
    func spool() async throws {
        let place = TemporaryFolder()
        var bodies = TestFleet.nikons(1)
        bodies[0].extraObjects = [900_000]
        try await TestFleet.run(bodies, folder: place) { fleet in
            func spooled() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "\(place.path)/spool").count
            }
            // A body that gives no pieces: its file is written whole before it is sent. Of a longer one the driver asks for pieces.
            fleet.rig.bodies[0].inject(.failing(.operationNotSupported).on(.getPartialObject))
            let (client, session, file) = try await start(fleet)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let ticket = try await ticket(client, session, folder, name).json["ticket"].string ?? ""
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            let (bytes, last) = try await downloads.download(ticket, session: session)
            #expect(last.code == 0x2001, "\(last.told)")
            #expect(bytes == fleet.rig.bodies[0].content(ofListed: "\(folder)/\(name)"))
            #expect(try spooled() == 0)
            let tail = try await downloads.download(ticket, session: session, offset: 899_990)
            #expect(tail.last.code == 0x2001 && tail.bytes == Array(bytes[899_990...]))
            #expect(tail.last.json == last.json)
        }
    }

    @Test("Tickets are for their own session, and unknown ones, files and offsets are refused")
    func refusals() async throws {
        try await TestFleet.run(TestFleet.nikons(1)) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            let other = try await client.open(1)
            let file = try await largest(client, session)
            let (folder, name) = (file["folder"].string ?? "", file["name"].string ?? "")
            let ticket = try await ticket(client, session, folder, name).json["ticket"].string ?? ""
            let downloads = try await RawClient.connect(port: fleet.server.downloadPort)
            #expect(try await downloads.download(ticket, session: other).last.code == 0x2003)
            #expect(try await downloads.download(ticket, session: 999).last.code == 0x2003)
            #expect(try await downloads.download("nonsense", session: session).last.code == 0x201D)
            #expect(try await downloads.ask(0x0004, session: session, "{}").code == 0x201D)
            #expect(try await self.ticket(client, session, folder, "NONE.JPG").code == 0x2009)
            #expect(try await self.ticket(client, session, "/nowhere", name).code == 0x2009)
            #expect(try await self.ticket(client, session, folder, name, ",\"offset\":999999999").code == 0x201D)
            #expect(try await self.ticket(client, session, folder, name, ",\"type\":\"best\"").code == 0x201D)
            #expect(try await client.ask(0x0016, session: session, "{}").code == 0x2001)
            #expect(try await downloads.download(ticket, session: session).last.code == 0x2003)
        }
    }

    @Test("A session holds 256 tickets that were not used, and the next gets Too_Many")
    func unusedTickets() async throws {
        var limits = FleetLimits()
        limits.ticketTime = .seconds(600)
        try await TestFleet.run(TestFleet.nikons(1), limits: limits) { fleet in
            let client = try await fleet.server.client()
            let session = try await client.open(1)
            for _ in 0..<256 { #expect(try await client.ask(0x0005, session: session, "{}").code == 0x2001) }
            #expect(try await client.ask(0x0005, session: session, "{}").code == 0xA004)
        }
    }

    @Test("A download of an armed body ends with its session, and does not wait for the release")
    func armedBody() async throws {
        try await BodyRig.run(.nikon) { rig in
            let file = try #require(try await rig.files().first)
            let ticket = try await rig.ask(0x0004, "{\(rig.place(file))}").json["ticket"].string ?? ""
            let other = try await rig.fleet.server.client()
            #expect(try await other.ask(0x0930, "{}").json["cameras"][0]["armed"] == .bool(true))
            let port = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            try await port.command(0x0004, session: rig.session, transaction: 5, "{\"ticket\":\"\(ticket)\"}")
            #expect(try await port.packet().code == 0x2001)
            #expect(try await rig.ask(0x0016).code == 0x2001)
            #expect(try await port.packet().isRefusal(0x201F))
        }
    }
}
