import Crypto
import FleetTesting
import Foundation
import Testing

/// Objects over the link: 0x000B list, 0x0004 describe, 0x0101 read a piece, 0x0102 store, 0x0109 store a piece.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ObjectTests {
    private static let folder = "/store_00010001/DCIM/100PLAYD"
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    @Test("A folder's files come with what is known of them, and folders as whole paths") func listing() async throws {
        let answer = try await worker.ask(0x000B, 1, "{\"folder\": \"\(Self.folder)\"}")
        #expect(answer.code == 0x2001)
        let files = answer.json["files"].array
        #expect(files.compactMap { $0["name"].string } == ["IMG_0001.JPG", "IMG_0002.JPG"])
        #expect(files.first?["folder"].string == Self.folder)
        #expect(files.first?["size"].integer == PlayedDevice.picture.count)
        #expect(files.first?["mime"].string == "image/jpeg")
        #expect(files.first?["mtime"].integer ?? 0 > 1_700_000_000)
        #expect(answer.json["folders"] == .array([]))
        #expect(answer.json["more"] == .bool(false))
        let top = try await worker.ask(0x000B, 2)
        #expect(top.json["folders"] == .array([.string("/store_00010001")]))
        #expect(top.json["files"] == .array([]))
    }

    @Test("Pages of a whole tree follow each other, in one order and without gaps") func pages() async throws {
        let whole = try await worker.ask(0x000B, 1, #"{"recurse": true}"#)
        let names = whole.json["files"].array.compactMap { $0["name"].string }
        #expect(names == ["IMG_0001.JPG", "IMG_0002.JPG", "IMG_0003.JPG"])
        #expect(whole.json["folders"].array.count == 4)
        let first = try await worker.ask(0x000B, 2, #"{"recurse": true, "limit": 2}"#)
        #expect(first.json["files"].array.compactMap { $0["name"].string } == Array(names[..<2]))
        #expect(first.json["more"] == .bool(true))
        let after = "{\"folder\": \"\(Self.folder)\", \"name\": \"IMG_0002.JPG\"}"
        let second = try await worker.ask(0x000B, 3, "{\"recurse\": true, \"limit\": 2, \"after\": \(after)}")
        #expect(second.json["files"].array.compactMap { $0["name"].string } == Array(names[2...]))
        #expect(second.json["more"] == .bool(false))
        #expect(try await worker.ask(0x000B, 4, #"{"limit": 0}"#).code == 0x201D)
    }

    @Test(
        "A folder or file that is not there is an Invalid_ObjectHandle, and the body goes on",
        arguments: [
            (0x000B, #"{"folder": "/store_00010001/NONE"}"#), (0x000B, #"{"folder": "relative"}"#),
            (0x000B, #"{"folder": "/nowhere"}"#), (0x0004, #"{"folder": "/store_00010001/DCIM", "name": "NO.JPG"}"#),
            (0x0101, #"{"folder": "/store_00010001/DCIM", "name": "NO.JPG", "offset": 0, "length": 10}"#),
        ] as [(UInt16, String)])
    func absent(command: UInt16, json: String) async throws {
        let answer = try await worker.ask(command, 1, json)
        #expect(answer.code == 0x2009)
        #expect(answer.json["error"].string == "Invalid_ObjectHandle")
        #expect(try await worker.ask(0x0103, 2).code == 0x2001)
    }

    @Test("An object is described by size and type; a thumbnail by its own") func describing() async throws {
        let object = try await worker.ask(0x0004, 1, arguments("IMG_0001.JPG"))
        #expect(object.json["size"].integer == PlayedDevice.picture.count)
        #expect(object.json["mime"].string == "image/jpeg")
        let thumbnail = try await worker.ask(0x0004, 2, arguments("IMG_0001.JPG", #", "type": "preview""#))
        #expect(thumbnail.json["size"].integer == PlayedDevice.thumbnail.count)
        #expect(try await worker.ask(0x0004, 3, arguments("IMG_0001.JPG", #", "type": "metadata""#)).code == 0x2005)
        #expect(try await worker.ask(0x0004, 4, arguments("IMG_0001.JPG", #", "type": "sound""#)).code == 0x201D)
    }

    @Test("An object is read in pieces, each the bytes that were asked for") func pieces() async throws {
        var read: [UInt8] = []
        for (index, offset) in stride(from: 0, to: PlayedDevice.picture.count, by: 1 << 20).enumerated() {
            let transaction = UInt32(10 + index)
            worker.command(0x0101, transaction, piece("IMG_0001.JPG", offset, 1 << 20))
            let data = try await worker.packet { $0.transaction == transaction }
            #expect(data.type == 2 && data.code == 0x0101)
            read += data.content
            #expect(try await worker.answer(transaction).content == Array("{}".utf8))
        }
        #expect(read == PlayedDevice.picture)
    }

    @Test("A piece beyond the end is empty, and one that is no piece is refused") func strangePieces() async throws {
        worker.command(0x0101, 1, piece("IMG_0002.JPG", 6, 10))
        #expect(try await worker.packet { $0.type == 2 }.content.isEmpty)
        #expect(try await worker.answer(1).code == 0x2001)
        for (offset, length) in [(-1, 10), (0, 0), (0, (1 << 20) + 1), (0, -1)] {
            #expect(try await worker.ask(0x0101, 2, piece("IMG_0002.JPG", offset, length)).code == 0x201D)
        }
    }

    @Test("A body that gives no pieces says so, and then gives the whole") func wholeOnly() async throws {
        var device = PlayedDevice()
        device.operations.removeAll { $0 == 0x101B }
        let worker = try StartedWorker(try PlayedBody(device))
        _ = try await worker.event(0xC100)
        #expect(try await worker.ask(0x0101, 1, piece("IMG_0001.JPG", 0, 10)).code == 0x2005)
        try await expectStored(by: worker, "IMG_0001.JPG", is: PlayedDevice.picture)
    }

    @Test("An object is stored whole in a new file that only its owner reads") func storing() async throws {
        try await expectStored(by: worker, "IMG_0001.JPG", is: PlayedDevice.picture)
        try await expectStored(by: worker, "IMG_0002.JPG", is: Array("second".utf8))
        try await expectStored(by: worker, "IMG_0001.JPG", #", "type": "preview""#, is: PlayedDevice.thumbnail)
    }

    @Test("A file that is there already is not written over, and a folder that is not is an error") func exists()
        async throws
    {
        let path = worker.folder.path + "/there"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        for path in [path, worker.folder.path + "/no/folder"] {
            let answer = try await worker.ask(
                0x0102, 1, arguments("IMG_0001.JPG", ", \"type\": \"normal\", \"path\": \"\(path)\""))
            #expect(answer.code == 0x2002)
            #expect(answer.json["message"].string?.contains(path) == true)
        }
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test("Pieces are written to a file that is there, one after the other, and the last brings the whole's digest")
    func storingPieces() async throws {
        let path = worker.folder.path + "/pieces"
        let picture = PlayedDevice.picture
        #expect(try await worker.ask(0x0109, 1, stored("IMG_0001.JPG", 0, 1 << 20, path)).code == 0x2002)
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        for (index, offset) in stride(from: 0, to: picture.count, by: 1 << 20).enumerated() {
            let end = min(offset + (1 << 20), picture.count)
            let isLast = end == picture.count
            let answer = try await worker.ask(
                0x0109, UInt32(10 + index), stored("IMG_0001.JPG", offset, end - offset, path, isLast: isLast))
            #expect(answer.code == 0x2001 && answer.json["size"].integer == end)
            let digest = SHA256.hash(data: picture).map { String(format: "%02x", $0) }.joined()
            #expect(answer.json["sha256"].string == (isLast ? digest : nil))
        }
        #expect(FileManager.default.contents(atPath: path) == Data(picture))
        // What does not follow the piece before is of another time.
        #expect(try await worker.ask(0x0109, 50, stored("IMG_0001.JPG", 1 << 20, 10, path)).code == 0x2002)
        #expect(FileManager.default.contents(atPath: path) == Data(picture))
    }

    @Test("An object that ends before its piece does says how much there is") func shortPiece() async throws {
        let path = worker.folder.path + "/short"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let answer = try await worker.ask(0x0109, 1, stored("IMG_0002.JPG", 0, 100, path, isLast: true))
        #expect(answer.json["size"].integer == 6)
        #expect(FileManager.default.contents(atPath: path) == Data("second".utf8))
    }

    @Test("An object of which too little comes is an error, and no file is left") func short() async throws {
        body.change { $0.objects[3]?.bytes.removeLast(1000) }
        _ = try await worker.ask(0x0004, 1, arguments("IMG_0001.JPG"))
        body.change { $0.objects[3]?.bytes.removeLast(1_400_000) }
        let path = worker.folder.path + "/short"
        let answer = try await worker.ask(
            0x0102, 2, arguments("IMG_0001.JPG", ", \"type\": \"normal\", \"path\": \"\(path)\""))
        #expect(answer.code == 0x2002)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(try await worker.ask(0x0103, 3).code == 0x2001)
    }

    private func expectStored(
        by worker: StartedWorker, _ name: String, _ type: String = #", "type": "normal""#, is bytes: [UInt8]
    ) async throws {
        let path = worker.folder.path + "/stored-\(name)-\(bytes.count)"
        let answer = try await worker.ask(0x0102, 50, arguments(name, type + ", \"path\": \"\(path)\""))
        #expect(answer.code == 0x2001)
        #expect(answer.json["size"].integer == bytes.count)
        #expect(FileManager.default.contents(atPath: path) == Data(bytes))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    private func arguments(_ name: String, _ rest: String = "") -> String {
        "{\"folder\": \"\(Self.folder)\", \"name\": \"\(name)\"\(rest)}"
    }

    private func stored(
        _ name: String, _ offset: Int, _ length: Int, _ path: String, isLast: Bool = false
    ) -> String {
        "{\"source\": \(piece(name, offset, length)), \"path\": \"\(path)\", \"isLast\": \(isLast)}"
    }

    private func piece(_ name: String, _ offset: Int, _ length: Int) -> String {
        arguments(name, ", \"offset\": \(offset), \"length\": \(length)")
    }
}
