import Crypto
import Fleet
import FleetTesting
import Testing
import VirtualCamera

/// Uploads through port 6666 (protocol.md, section 5).
@Suite struct UploadTests {
    private func ticket(_ rig: BodyRig, _ name: String, _ size: Int) async throws -> String {
        let answer = try await rig.ask(
            0x000D, "{\"folder\":\"\(rig.dialect.folder)\",\"name\":\"\(name)\",\"size\":\(size)}")
        #expect(answer.code == 0x2001, "\(answer.told)")
        return answer.json["ticket"].string ?? ""
    }

    private func port(_ rig: BodyRig) async throws -> RawClient {
        try await RawClient.connect(port: rig.fleet.server.downloadPort)
    }

    private func start(_ client: RawClient, _ ticket: String, _ rig: BodyRig, transaction: UInt32) async throws
        -> RawPacket
    {
        try await client.ask(0x000D, session: rig.session, transaction: transaction, "{\"ticket\":\"\(ticket)\"}")
    }

    private func onBody(_ rig: BodyRig, _ name: String) -> [UInt8]? {
        rig.body.content(ofListed: "\(rig.dialect.folder)/\(name)")
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @Test(
        "A file that comes in pieces is on the body to the byte, and can be listed and downloaded",
        arguments: Dialect.allCases)
    func pieces(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let file = bytes(2_500_000)
            let ticket = try await ticket(rig, "PIECES.JPG", file.count)
            let client = try await port(rig)
            let first = try await start(client, ticket, rig, transaction: 9)
            #expect((first.type, first.session, first.transaction) == (3, rig.session, 9))
            #expect(first.json == .object(["offset": .number(0)]))
            for offset in stride(from: 0, to: file.count, by: 1 << 20) {
                let piece = Array(file[offset..<min(offset + 1 << 20, file.count)])
                try await client.data(piece, at: offset, session: rig.session, transaction: 9)
            }
            let last = try await client.packet()
            #expect((last.type, last.code, last.session, last.transaction) == (3, 0x2001, rig.session, 9))
            #expect(last.json.shape == ["size": "integer", "sha256": "string"])
            #expect(last.json["size"].integer == file.count)
            let digest = SHA256.hash(data: file).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            #expect(last.json["sha256"].string == digest.joined())
            #expect(onBody(rig, "PIECES.JPG") == file)
            let listed = try #require(try await rig.files().first { $0["name"].string == "PIECES.JPG" })
            #expect(listed["size"].integer == file.count)
            #expect(try await rig.download(listed).bytes == file)
        }
    }

    @Test("A file of no bytes needs no data packet", arguments: Dialect.allCases)
    func empty(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let ticket = try await ticket(rig, "EMPTY.TXT", 0)
            let client = try await port(rig)
            #expect(try await start(client, ticket, rig, transaction: 5).json == .object(["offset": .number(0)]))
            let end = try await client.packet()
            #expect(end.code == 0x2001)
            #expect(end.json["size"].integer == 0)
            #expect(onBody(rig, "EMPTY.TXT") == [])
        }
    }

    @Test("A file of which all came before is given to the body, though the client sends no more") func sentBefore()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            for size in [0, 4] {
                let ticket = try await ticket(rig, "SENT\(size).JPG", size)
                if size > 0 {
                    let first = try await port(rig)
                    rig.body.inject(.cardFull)
                    #expect(try await first.upload([1, 2, 3, 4], ticket, session: rig.session).isRefusal(0x200C))
                    rig.body.repair()
                }
                let client = try await port(rig)
                try await client.command(0x000D, session: rig.session, transaction: 5, "{\"ticket\":\"\(ticket)\"}")
                try await client.finishSending()
                #expect(try await client.packet().json["offset"].integer == size)
                let end = try await client.packet()
                #expect(end.code == 0x2001, "\(end.told)")
                #expect(onBody(rig, "SENT\(size).JPG")?.count == size)
            }
        }
    }

    @Test("A transfer that broke is taken up with the same ticket on a new connection, where the server says")
    func resume() async throws {
        try await BodyRig.run(.nikon) { rig in
            let file = bytes(300_000)
            let ticket = try await ticket(rig, "RESUMED.JPG", file.count)
            for end in [100_000, 200_000] {
                let broken = try await port(rig)
                let offset = try await start(broken, ticket, rig, transaction: 1).json["offset"].integer
                #expect(offset == end - 100_000)
                try await broken.data(
                    Array(file[(end - 100_000)..<end]), at: end - 100_000, session: rig.session, transaction: 1)
                // Sees that the server has taken it: the next is a gap, which ends the transfer and not the ticket.
                try await broken.data([1], at: end + 7, session: rig.session, transaction: 1)
                #expect(try await broken.packet().isRefusal(0x201D))
                await broken.close()
            }
            let client = try await port(rig)
            let last = try await client.upload(file, ticket, session: rig.session)
            #expect(last.code == 0x2001)
            #expect(last.json["sha256"].string?.count == 64)
            #expect(onBody(rig, "RESUMED.JPG") == file)
            // Once it is there, the ticket says only that.
            let again = try await start(client, ticket, rig, transaction: 2)
            #expect(again.json["offset"].integer == file.count)
            #expect(try await client.packet().json == last.json)
            #expect(rig.body.transactionCount(.sendObject) == 1)
        }
    }

    @Test("A connection that ends in mid-upload leaves nothing on the body, and what came is kept for the ticket")
    func brokenConnection() async throws {
        try await BodyRig.run(.canonEOS) { rig in
            let file = bytes(200_000)
            let ticket = try await ticket(rig, "BROKEN.JPG", file.count)
            let broken = try await port(rig)
            _ = try await start(broken, ticket, rig, transaction: 1)
            try await broken.data(Array(file[..<150_000]), at: 0, session: rig.session, transaction: 1)
            await broken.close()
            let client = try await port(rig)
            // What was on the way may come before the end of the connection or not at all.
            try await waitUntil("the server holds the first part") {
                let probe = try await port(rig)
                let offset = try await start(probe, ticket, rig, transaction: 2).json["offset"].integer ?? 0
                if offset < 150_000 {
                    // This connection took the upload over before the former's data were there.
                    let rest = Array(file[offset..<150_000])
                    try await probe.data(rest, at: offset, session: rig.session, transaction: 2)
                }
                await probe.close()
                return offset == 150_000
            }
            #expect(onBody(rig, "BROKEN.JPG") == nil)
            #expect(try await client.upload(file, ticket, session: rig.session).code == 0x2001)
            #expect(onBody(rig, "BROKEN.JPG") == file)
        }
    }

    @Test(
        "Another connection that takes an upload up ends the former with Transaction_Cancelled, whose data are dropped")
    func takenUp() async throws {
        try await BodyRig.run(.ptp) { rig in
            let ticket = try await ticket(rig, "TWO.JPG", 10)
            let (former, latter) = (try await port(rig), try await port(rig))
            _ = try await start(former, ticket, rig, transaction: 1)
            _ = try await start(latter, ticket, rig, transaction: 1)
            #expect(try await former.packet().isRefusal(0x201F))
            try await former.data([1, 2, 3], at: 0, session: rig.session, transaction: 1)
            try await latter.data(Array(repeating: 7, count: 10), at: 0, session: rig.session, transaction: 1)
            #expect(try await latter.packet().code == 0x2001)
            #expect(onBody(rig, "TWO.JPG") == Array(repeating: 7, count: 10))
        }
    }

    @Test("An upload that ended in an error is taken up again by the same transaction_ID") func sameTransaction()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "AGAIN.JPG", 4)
            let client = try await port(rig)
            _ = try await start(client, ticket, rig, transaction: 1)
            try await client.data([1], at: 3, session: rig.session, transaction: 1)
            #expect(try await client.packet().isRefusal(0x201D))
            let end = try await client.upload([1, 2, 3, 4], ticket, session: rig.session, transaction: 1)
            #expect(end.code == 0x2001, "\(end.told)")
        }
    }

    @Test("A data packet of no bytes at the end is none too many") func emptyEnd() async throws {
        try await BodyRig.run(.nikon) { rig in
            for size in [0, 4] {
                let ticket = try await ticket(rig, "END\(size).JPG", size)
                let client = try await port(rig)
                _ = try await start(client, ticket, rig, transaction: 1)
                if size > 0 { try await client.data([1, 2, 3, 4], at: 0, session: rig.session, transaction: 1) }
                try await client.data([], at: size, session: rig.session, transaction: 1)
                let end = try await client.packet()
                #expect(end.code == 0x2001, "\(end.told)")
                #expect(onBody(rig, "END\(size).JPG")?.count == size)
            }
        }
    }

    @Test("Data of an upload that was refused are dropped, and the connection's other uploads go on") func refused()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "GOES-ON.JPG", 4)
            let client = try await port(rig)
            _ = try await start(client, ticket, rig, transaction: 1)
            for (transaction, session) in [(2, rig.session), (3, rig.session + 1)] as [(UInt32, UInt32)] {
                let answer = try await client.ask(
                    0x000D, session: session, transaction: transaction, #"{"ticket":"none"}"#)
                #expect(answer.code != 0x2001, "\(answer.told)")
                try await client.data([1, 2, 3, 4], at: 0, session: session, transaction: transaction)
            }
            try await client.data([1, 2, 3, 4], at: 0, session: rig.session, transaction: 1)
            let end = try await client.packet()
            #expect(end.code == 0x2001, "\(end.told)")
        }
    }

    /// What breaks the rules of an upload of 10 bytes.
    enum Offence: String, CaseIterable {
        case gap, repetition, surplus, otherCode, otherSession, noOffset
    }

    @Test(
        "What is out of order is Invalid_Parameter; the data that are still on the way are dropped, and all goes on",
        arguments: Offence.allCases)
    func offences(offence: Offence) async throws {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "BAD.JPG", 10)
            let client = try await port(rig)
            _ = try await start(client, ticket, rig, transaction: 3)
            let session = rig.session
            try await client.data([0, 1], at: 0, session: session, transaction: 3)
            switch offence {
            case .gap: try await client.data([3], at: 3, session: session, transaction: 3)
            case .repetition: try await client.data([0], at: 0, session: session, transaction: 3)
            case .surplus:
                try await client.data(Array(repeating: 2, count: 9), at: 2, session: session, transaction: 3)
            case .otherCode: try await client.data([2], at: 2, session: session, transaction: 3, code: 0x0004)
            case .otherSession: try await client.data([2], at: 2, session: session + 1, transaction: 3)
            case .noOffset:
                try await client.send(
                    .little(UInt32(18)) + .little(UInt16(2)) + .little(UInt16(0x000D)) + .little(session)
                        + .little(UInt32(3)) + [0, 0])
            }
            for late in 2..<6 { try await client.data([9], at: late, session: session, transaction: 3) }
            let refusal = try await client.packet()
            #expect(refusal.isRefusal(0x201D), "\(refusal.told)")
            #expect((refusal.session, refusal.transaction) == (session, 3))
            // The connection and the ticket live on.
            let rest = try await client.upload(Array(0..<10), ticket, session: session, transaction: 4)
            #expect(rest.code == 0x2001, "\(rest.told)")
            #expect(onBody(rig, "BAD.JPG") == Array(0..<10))
        }
    }

    @Test("More than was announced, in a packet of its own, is told once the file is on the body") func lateSurplus()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "MORE.JPG", 4)
            let client = try await port(rig)
            _ = try await start(client, ticket, rig, transaction: 3)
            var body: [UInt8] = []
            for (offset, bytes) in [(0, [1, 2, 3, 4]), (4, [5])] as [(Int, [UInt8])] {
                let content = [UInt8].little(UInt32(3)) + .little(UInt64(offset)) + bytes
                body += .little(UInt32(12 + content.count)) + .little(UInt16(2)) + .little(UInt16(0x000D))
                body += .little(rig.session) + content
            }
            try await client.send(body)
            let last = try await client.packet()
            // The fifth byte may come when all is over already, and is dropped then.
            #expect(last.isRefusal(0x201D) || last.code == 0x2001, "\(last.told)")
            #expect(onBody(rig, "MORE.JPG") == [1, 2, 3, 4])
            let next = try await self.ticket(rig, "NEXT.JPG", 1)
            #expect(try await client.upload([1], next, session: rig.session, transaction: 8).code == 0x2001)
        }
    }

    @Test("Two uploads of one connection go side by side, piece by piece") func interleaved() async throws {
        try await BodyRig.run(.nikon) { rig in
            let tickets = [try await ticket(rig, "ONE.JPG", 4), try await ticket(rig, "TWO.JPG", 6)]
            let client = try await port(rig)
            for index in 0..<2 {
                try await client.command(
                    0x000D, session: rig.session, transaction: UInt32(index), "{\"ticket\":\"\(tickets[index])\"}")
            }
            for _ in 0..<2 { #expect(try await client.packet().json["offset"].integer == 0) }
            for offset in stride(from: 0, to: 6, by: 2) {
                for transaction in UInt32(0)..<2 where offset < [4, 6][Int(transaction)] {
                    let value = UInt8(10 * transaction) + UInt8(offset)
                    try await client.data(
                        [value, value], at: offset, session: rig.session, transaction: transaction)
                }
            }
            var sizes: [UInt32: Int] = [:]
            for _ in 0..<2 {
                let last = try await client.packet()
                sizes[last.transaction] = last.json["size"].integer
            }
            #expect(sizes == [0: 4, 1: 6])
            #expect(onBody(rig, "ONE.JPG") == [0, 0, 2, 2])
            #expect(onBody(rig, "TWO.JPG") == [10, 10, 12, 12, 14, 14])
        }
    }

    @Test("Tickets are for their own session and for uploads alone, and end with the session") func tickets()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "MINE.JPG", 4)
            let other = try await rig.another(sameConnection: true)
            let client = try await port(rig)
            #expect(try await start(client, ticket, other, transaction: 1).isRefusal(0x2003))
            #expect(try await start(client, "nonsense", rig, transaction: 1).isRefusal(0x201D))
            let asDownload = try await client.ask(0x0004, session: rig.session, "{\"ticket\":\"\(ticket)\"}")
            #expect(asDownload.isRefusal(0x201D))
            let file = try await rig.files()[0]
            let download = try await rig.ask(0x0004, "{\(rig.place(file))}").json["ticket"].string ?? ""
            #expect(try await start(client, download, rig, transaction: 1).isRefusal(0x201D))
            #expect(try await client.ask(0x000D, session: rig.session, "{}").isRefusal(0x201D))

            _ = try await start(client, ticket, rig, transaction: 2)
            try await client.data([1, 2], at: 0, session: rig.session, transaction: 2)
            #expect(try await rig.ask(0x0016).code == 0x2001)
            // At once, and not when more comes; what is on the way is dropped.
            let end = try await client.packet()
            #expect(end.isRefusal(0x201F), "\(end.told)")
            try await client.data([3, 4], at: 2, session: rig.session, transaction: 2)
            #expect(try await start(client, ticket, other, transaction: 3).isRefusal(0x201D))
            #expect(onBody(rig, "MINE.JPG") == nil)
        }
    }

    @Test("What the body refuses at the end is told, and the same ticket can be tried again") func refusedByBody()
        async throws
    {
        try await BodyRig.run(.nikon) { rig in
            let ticket = try await ticket(rig, "LATER.JPG", 4)
            let client = try await port(rig)
            rig.body.inject(.cardFull)
            let refused = try await client.upload([1, 2, 3, 4], ticket, session: rig.session)
            #expect(refused.isRefusal(0x200C), "\(refused.told)")
            rig.body.repair()
            let again = try await start(client, ticket, rig, transaction: 6)
            #expect(again.json["offset"].integer == 4)
            #expect(try await client.packet().code == 0x2001)
            #expect(onBody(rig, "LATER.JPG") == [1, 2, 3, 4])
        }
    }

    @Test("Data that belong to no upload break the connection, with the reason") func strayData() async throws {
        try await BodyRig.run(.nikon) { rig in
            let client = try await port(rig)
            try await client.data([1], at: 0, session: rig.session, transaction: 5)
            let refusal = try await client.packet()
            #expect(refusal.isRefusal(0x201D))
            #expect((refusal.session, refusal.transaction) == (0, 0))
            #expect(await client.isClosedByServer())
        }
    }

    @Test(
        "A picture is told and captured that has the name of a file which was put there and deleted",
        arguments: Dialect.allCases)
    func nameUsedAgain(dialect: Dialect) async throws {
        try await BodyRig.run(dialect) { rig in
            let name = dialect.picture(4)
            let ticket = try await ticket(rig, name, 4)
            #expect(try await port(rig).upload([1, 2, 3, 4], ticket, session: rig.session).code == 0x2001)
            let place = "{\"folder\":\"\(dialect.folder)\",\"name\":\"\(name)\"}"
            #expect(try await rig.ask(0x000C, place).code == 0x2001)
            let watcher = try await rig.watcher("object_added")
            let answer = try await rig.ask(0x0002)
            #expect(answer.json["images"].array.map { $0["name"].string } == [name], "\(answer.told)")
            #expect(try await watcher.packet().json["name"].string == name)
        }
    }
}
