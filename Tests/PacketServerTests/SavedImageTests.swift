import Archive
import Crypto
import FleetModel
import FleetTesting
import Foundation
import Glibc
import Testing
import VirtualCamera

/// Images on the server's disk, through ports 5555 and 6666: DOWNLOAD_SAVED.
@Suite(.timeLimit(.minutes(2))) struct SavedImageTests {
    private let folder = TemporaryFolder()

    /// A server without any body, whose data folder has images of one that is away.
    private func run(
        _ images: [SavedImages.Image], _ test: (TestServer, RawClient, [SavedImage]) async throws -> Void
    ) async throws {
        let saved = try await SavedImages.save(images, in: folder.path)
        try await TestServer.run([], folder: folder) { server in
            try await test(server, try await server.client(), saved)
        }
    }

    private func ticket(_ client: RawClient, _ json: String = "{\"image\":1}") async throws -> String {
        let answer = try await client.ask(0x0964, json)
        #expect(answer.code == 0x2001, "\(answer.told)")
        return answer.json["ticket"].string ?? ""
    }

    private func download(
        _ server: TestServer, _ ticket: String, offset: Int? = nil
    ) async throws -> (bytes: [UInt8], last: RawPacket) {
        let client = try await RawClient.connect(port: server.downloadPort)
        let result = try await client.download(ticket, session: 0, offset: offset, code: 0x0964)
        await client.close()
        return result
    }

    private func content(_ image: SavedImage) -> [UInt8] {
        Array(FileManager.default.contents(atPath: "\(folder.path)/\(image.savedAs)") ?? Data())
    }

    private func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
    }

    @Test("A body that is away does not matter: the ticket, the stream and its end, byte for byte")
    func bytes() async throws {
        try await run([.init("A.JPG", size: 5)]) { server, client, images in
            let command: [UInt8] = [0x1B, 0, 0, 0, 1, 0, 0x64, 0x09, 0, 0, 0, 0, 9, 0, 0, 0]
            try await client.send(command + Array("{\"image\":1}".utf8))
            let answer = try await client.packet()
            #expect(answer.type == 3 && answer.code == 0x2001 && answer.session == 0 && answer.transaction == 9)
            #expect(answer.json.keys == ["ticket", "size", "mime", "sha256", "port"])
            #expect(answer.json["size"].integer == 5 && answer.json["mime"].string == "image/jpeg")
            #expect(answer.json["sha256"].string == images[0].sha256)
            #expect(answer.json["port"].integer == server.downloadPort)
            let ticket = try #require(answer.json["ticket"].string)
            #expect(ticket.utf8.count == 32)

            let downloads = try await RawClient.connect(port: server.downloadPort)
            let redemption: [UInt8] = [0x3D, 0, 0, 0, 1, 0, 0x64, 0x09, 0, 0, 0, 0, 8, 0, 0, 0]
            try await downloads.send(redemption + Array("{\"ticket\":\"\(ticket)\"}".utf8))
            let opening: [UInt8] = [0x12, 0, 0, 0, 3, 0, 0x01, 0x20, 0, 0, 0, 0, 8, 0, 0, 0, 0x7B, 0x7D]
            #expect(try await downloads.bytes(18) == opening)
            let head: [UInt8] = [0x1D, 0, 0, 0, 2, 0, 0x64, 0x09, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            let data = head + content(images[0])
            #expect(try await downloads.bytes(29) == data)
            let last = try await downloads.packet()
            #expect(last.type == 3 && last.code == 0x2001 && last.session == 0 && last.transaction == 8)
            #expect(last.json.keys == ["size", "sha256"])
            #expect(last.json["size"].integer == 5 && last.json["sha256"].string == images[0].sha256)
        }
    }

    @Test("It is taken up again with its ticket, any number of times, from any offset, by either of its names")
    func resumption() async throws {
        try await run([.init("A.NEF", size: 3_000_001), .init("EMPTY.JPG", size: 0)]) { server, client, images in
            let whole = content(images[0])
            let ticket = try await ticket(client, "{\"saved_as\":\"\(images[0].savedAs)\",\"offset\":2999990}")
            // The offset of port 5555 holds where 6666 gives none.
            let plain = try await RawClient.connect(port: server.downloadPort)
            try await plain.command(0x0964, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            _ = try await plain.packet()
            let tail = try await plain.packet()
            #expect(tail.body.little(at: 4, as: UInt64.self) == 2_999_990)
            #expect(Array(tail.body[12...]) == Array(whole[2_999_990...]))
            let end = try await plain.packet()
            #expect(end.code == 0x2001 && end.json["size"].integer == 3_000_001 && end.json["sha256"] == .null)

            // The connection breaks in the middle; another goes on.
            let broken = try await RawClient.connect(port: server.downloadPort)
            try await broken.command(0x0964, transaction: 2, "{\"ticket\":\"\(ticket)\",\"offset\":0}")
            _ = try await broken.packet()
            let first = try await broken.packet()
            try await broken.reset()
            #expect(first.length <= 1_048_600)
            let rest = try await download(server, ticket, offset: first.body.count - 12)
            let both = Array(first.body[12...]) + rest.bytes
            #expect(both == whole)
            #expect(rest.last.json["sha256"].string == images[0].sha256)

            #expect(try await download(server, ticket, offset: 3_000_001).last.code == 0x2001)
            #expect(try await download(server, ticket, offset: 3_000_002).last.code == 0x201D)
            #expect(try await download(server, ticket, offset: -1).last.code == 0x201D)
            let empty = try await download(server, try await self.ticket(client, "{\"image\":2}"))
            #expect(empty.bytes.isEmpty && empty.last.json["sha256"].string == images[1].sha256)
        }
    }

    @Test("The last word is on what was really read: a file that was changed is told by its SHA-256")
    func changed() async throws {
        try await run([.init("A.JPG", size: 2_000_000)]) { server, client, images in
            let ticket = try await ticket(client)
            #expect(try await download(server, ticket).last.json["sha256"].string == images[0].sha256)
            var bytes = content(images[0])
            bytes[1_500_000] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(images[0].savedAs)"))
            let again = try await download(server, ticket)
            #expect(again.last.code == 0x2001 && again.last.json["sha256"].string == digest(bytes))
        }
    }

    @Test("A file that is gone, has another size, or is no file any more is refused, before the ticket and after it")
    func missing() async throws {
        try await run([.init("A.JPG", size: 1000), .init("B.JPG", size: 7)]) { server, client, images in
            let ticket = try await ticket(client)
            let path = "\(folder.path)/\(images[0].savedAs)"
            for change in ["longer", "link", "pipe", "folder", "gone"] {
                unlink(path)
                switch change {
                case "longer": try Data(count: 1001).write(to: URL(fileURLWithPath: path))
                case "link": #expect(symlink("\(folder.path)/fleet.sqlite", path) == 0)
                case "pipe": #expect(mkfifo(path, 0o600) == 0)
                case "folder": #expect(mkdir(path, 0o700) == 0)
                default: rmdir(path)
                }
                #expect(try await client.ask(0x0964, "{\"image\":1}").isRefusal(0x2009), "\(change)")
                #expect(try await download(server, ticket).last.isRefusal(0x2009), "\(change)")
            }
            #expect(try await download(server, try await self.ticket(client, "{\"image\":2}")).bytes.count == 7)
        }
    }

    @Test("Nothing but saved images can be named")
    func names() async throws {
        try await run([.init("A.JPG", size: 10)]) { server, client, images in
            for json in [
                "{}", "{\"image\":2}", "{\"image\":0}", "{\"image\":\"1\"}", "{\"image\":null}", "{\"image\":1.5}",
                "{\"image\":1,\"saved_as\":\"\(images[0].savedAs)\"}", "{\"saved_as\":\"fleet.sqlite\"}",
                "{\"saved_as\":\"images/../fleet.sqlite\"}", "{\"saved_as\":\"/etc/passwd\"}", "{\"saved_as\":\"\"}",
                "{\"saved_as\":\"./\(images[0].savedAs)\"}", "{\"image\":1,\"offset\":11}",
                "{\"image\":1,\"offset\":-1}",
            ] {
                #expect(try await client.ask(0x0964, json).isRefusal(0x201D), "\(json)")
            }
            let downloads = try await RawClient.connect(port: server.downloadPort)
            for json in ["{}", "{\"ticket\":5}", "{\"ticket\":\"\(images[0].savedAs)\"}", "{\"image\":1}"] {
                #expect(try await downloads.ask(0x0964, json).isRefusal(0x201D), "\(json)")
            }
            let liveView = try await RawClient.connect(port: server.liveViewPort)
            #expect(try await liveView.ask(0x0964, "{}").code == 0x2005)
            #expect(try await client.ask(0x0964, session: 9, "{\"image\":1}").code == 0x2003)
        }
    }

    @Test("A ticket of a saved image and one of a session are not taken for each other")
    func foreign() async throws {
        try await GroupRig.run([.nikon]) { rig in
            let session = try await rig.client.open(1)
            let answer = try await rig.client.ask(0x0002, session: session, "{\"download\":true}")
            let image = answer.json["images"][0]
            let place = "\"folder\":\"\(image["folder"].string ?? "")\",\"name\":\"\(image["name"].string ?? "")\""
            let ofBody = try await rig.client.ask(0x0004, session: session, "{\(place)}").json["ticket"].string ?? ""
            let ofDisk = try await ticket(rig.client)
            let downloads = try await RawClient.connect(port: rig.fleet.server.downloadPort)
            #expect(try await downloads.download(ofBody, session: 0, code: 0x0964).last.isRefusal(0x2003))
            #expect(try await downloads.download(ofDisk, session: session).last.isRefusal(0x2003))
            #expect(try await downloads.download(ofDisk, session: 0).last.isRefusal(0x2003))
            let (bytes, last) = try await downloads.download(ofDisk, session: 0, code: 0x0964)
            #expect(last.code == 0x2001 && digest(bytes) == image["sha256"].string)
            #expect(try await downloads.download(ofBody, session: session).bytes == bytes)
        }
    }

    @Test("A connection holds 256 tickets that were not used, and the next gets Too_Many; another's does not count")
    func unused() async throws {
        try await run([.init("A.JPG", size: 10)]) { server, client, _ in
            for _ in 0..<255 { _ = try await ticket(client) }
            let last = try await ticket(client)
            #expect(try await client.ask(0x0964, "{\"image\":1}").isRefusal(0xA004))
            _ = try await ticket(try await server.client())
            #expect(try await download(server, last).bytes.count == 10)
            _ = try await ticket(client)
        }
    }

    @Test("A ticket ends with the connection that asked, and so does its transfer; others' go on")
    func ends() async throws {
        try await run([.init("A.NEF", size: 64 << 20)]) { server, client, images in
            let other = try await server.client()
            let (mine, others) = (try await ticket(client), try await ticket(other))
            let slow = try await RawClient.connect(port: server.downloadPort, receiveBuffer: 65_536)
            try await slow.command(0x0964, transaction: 1, "{\"ticket\":\"\(mine)\"}")
            _ = try await slow.packet()
            try await slow.stopReading()
            await client.close()
            try await waitUntil("the ticket is gone") {
                try await download(server, mine, offset: 0).last.isRefusal(0x201D)
            }
            try await slow.startReading()
            let last = try await slow.packet { $0.type == 3 }
            #expect(last.isRefusal(0x201F), "\(last.told)")
            #expect(try await download(server, others).last.json["sha256"].string == images[0].sha256)
        }
    }

    @Test("A client that stops reading makes the server read a few pieces and no more, and nobody else waits")
    func slowReader() async throws {
        try await run([.init("A.NEF", size: 96 << 20), .init("B.JPG", size: 1000)]) { server, client, images in
            let slow = try await RawClient.connect(port: server.downloadPort, receiveBuffer: 65_536)
            try await slow.command(0x0964, transaction: 1, "{\"ticket\":\"\(try await ticket(client))\"}")
            _ = try await slow.packet()
            try await slow.stopReading()
            // Whoever read ahead would be done by now: the same file goes over whole, for one who reads.
            #expect(try await download(server, try await ticket(client)).last.json["sha256"].string == images[0].sha256)
            #expect(try await download(server, try await ticket(client, "{\"image\":2}")).bytes.count == 1000)
            // What is cut off now was not read before.
            #expect(truncate("\(folder.path)/\(images[0].savedAs)", 48 << 20) == 0)
            try await slow.startReading()
            var count = 0
            while true {
                let packet = try await slow.packet()
                guard packet.type == 2 else {
                    #expect(packet.isRefusal(0x2009), "\(packet.told)")
                    break
                }
                #expect(packet.body.little(at: 4, as: UInt64.self) == UInt64(count))
                count += packet.body.count - 12
            }
            #expect(count <= 48 << 20)
        }
    }

    @Test("LIST_IMAGES gives those of a time, page after page")
    func times() async throws {
        let images = (1...5).map { SavedImages.Image("\($0).JPG", size: $0, time: Int64($0) * 100) }
        try await run(images) { _, client, _ in
            for (json, wanted) in [
                ("{}", [5, 4, 3, 2, 1]), ("{\"since\":200}", [5, 4, 3, 2]), ("{\"until\":200}", [1]),
                ("{\"since\":200,\"until\":500}", [4, 3, 2]), ("{\"since\":200,\"until\":500,\"limit\":2}", [4, 3]),
                ("{\"since\":200,\"until\":500,\"limit\":2,\"before\":3}", [2]), ("{\"since\":501}", []),
            ] as [(String, [Int])] {
                let found = try await client.ask(0x0961, json).json["images"].array.compactMap { $0["image"].integer }
                #expect(found == wanted, "\(json)")
            }
            #expect(try await client.ask(0x0961, "{\"since\":\"today\"}").isRefusal(0x201D))
            #expect(try await client.ask(0x0962, "{\"since\":500}").json["images"].array.count == 1)
        }
    }
}
