import Archive
import Fleet
import FleetModel
import FleetTesting
import Foundation
import Testing
import VirtualCamera

/// What has to be safe before an image leaves its card.
@Suite struct CardDeletionTests {
    private func files(of camera: Int, in rig: GroupRig) async throws -> [JSONValue] {
        let session = try await rig.client.open(camera)
        return try await rig.client.ask(0x000B, session: session, "{\"recurse\":true}").json["files"].array
    }

    @Test("An image leaves its card when its second copy is made, and not before", arguments: Dialect.allCases)
    func secondCopy(dialect: Dialect) async throws {
        let second = TemporaryFolder()
        let away = second.path + ".away"
        try FileManager.default.moveItem(atPath: second.path, toPath: away)
        try await GroupRig.run([dialect], saving: SavingPolicy(deletesFromCard: true), secondFolder: second.path) {
            rig in
            let watcher = try await rig.watcher("image_saved", "object_removed")
            let session = try await rig.client.open(1)
            let image = try await rig.client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
            let saved = try #require(image["saved_as"].string)
            #expect(try await rig.ask(0x0961).json["images"][0]["second_copy"] == .bool(false))
            #expect(try await files(of: 1, in: rig).contains { $0["name"] == image["name"] })

            try FileManager.default.moveItem(atPath: away, toPath: second.path)
            let next = try await rig.client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
            var removed: [JSONValue] = []
            while removed.count < 2 {
                removed.append(try await watcher.packet { $0.code == 0x4003 }.json["name"])
            }
            // The older one is read once more before, so it may be the later to go.
            #expect(Set(removed.map(\.string)) == [image["name"].string, next["name"].string])
            let content = try Data(contentsOf: URL(fileURLWithPath: "\(rig.folder.path)/\(saved)"))
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(second.path)/\(saved)")) == content)
            let verified = try await rig.ask(0x0962).json["images"].array
            #expect(verified.map { $0["second_copy"].string } == ["intact", "intact"])
            try Data("changed".utf8).write(to: URL(fileURLWithPath: "\(second.path)/\(saved)"))
            #expect(try await rig.ask(0x0962).json["images"][1]["second_copy"].string == "changed")
        }
    }

    @Test(
        "What was to leave its card and did not leaves it when the body is there again, unless another has its name",
        arguments: [false, true])
    func later(isReplaced: Bool) async throws {
        let (folder, second) = (TemporaryFolder(), TemporaryFolder())
        let rig = try await VirtualRig.start([VirtualBodyDescription(dialect: .nikon, index: 1)])
        let ports = rig.listeners.map { BodyPort(path: $0.portPath) }
        let policy = SavingPolicy(deletesFromCard: true)
        let away = second.path + ".away"
        try FileManager.default.moveItem(atPath: second.path, toPath: away)
        var image: JSONValue = .null
        try await TestServer.run(ports, folder: folder, saving: policy, secondFolder: second.path) { server in
            try await server.waitUntilReady(1)
            let client = try await server.client()
            let session = try await client.open(1)
            image = try await client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
            guard isReplaced, let folder = image["folder"].string, let name = image["name"].string,
                let size = image["size"].integer
            else { return }
            // As large as the one that was saved: only its content tells it apart.
            let place = "\"folder\":\"\(folder)\",\"name\":\"\(name)\""
            #expect(try await client.ask(0x000C, session: session, "{\(place)}").code == 0x2001)
            let upload = try await client.ask(0x000D, session: session, "{\(place),\"size\":\(size)}")
            let port = try await RawClient.connect(port: server.downloadPort)
            let ticket = upload.json["ticket"].string ?? ""
            #expect(try await port.upload(Array(repeating: 7, count: size), ticket, session: session).code == 0x2001)
        }
        #expect(rig.bodies[0].filePaths.contains { $0.hasSuffix(image["name"].string ?? "?") })
        try FileManager.default.moveItem(atPath: away, toPath: second.path)
        try await TestServer.run(ports, folder: folder, saving: policy, secondFolder: second.path) { server in
            try await server.waitUntilReady(1)
            let client = try await server.client()
            // What is saved later is dealt with later.
            let session = try await client.open(1)
            let next = try await client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
            try await waitUntil("the next image has left its card") {
                !rig.bodies[0].filePaths.contains { $0.hasSuffix(next["name"].string ?? "?") }
            }
            try await waitUntil("the card is as it is to be") {
                rig.bodies[0].filePaths.contains { $0.hasSuffix(image["name"].string ?? "?") } == isReplaced
            }
        }
        await rig.stop()
    }

    @Test("The card keeps an image whose file on the server is not what it was", arguments: [false, true])
    func damaged(isDamaged: Bool) async throws {
        let folder = TemporaryFolder()
        let rig = try await VirtualRig.start([VirtualBodyDescription(dialect: .nikon, index: 1)])
        let ports = rig.listeners.map { BodyPort(path: $0.portPath) }
        let policy = SavingPolicy(deletesFromCard: true)
        func isOnCard(_ image: JSONValue) -> Bool {
            rig.bodies[0].filePaths.contains { $0.hasSuffix(image["name"].string ?? "?") }
        }
        func take(_ server: TestServer) async throws -> JSONValue {
            try await server.waitUntilReady(1)
            let client = try await server.client()
            let session = try await client.open(1)
            return try await client.ask(0x0002, session: session, "{\"download\":true}").json["images"][0]
        }
        let fault = rig.bodies[0].inject(.failing(.generalError).on(.deleteObject))
        let first = try await TestServer.run(ports, folder: folder, saving: policy) { server in
            let image = try await take(server)
            try await waitUntil("its deletion failed") { rig.bodies[0].strikes(of: fault) > 0 }
            return image
        }
        rig.bodies[0].repair()
        if isDamaged {
            let file = URL(fileURLWithPath: "\(folder.path)/\(first["saved_as"].string ?? "")")
            try Data("damaged".utf8).write(to: file)
        }
        try await TestServer.run(ports, folder: folder, saving: policy) { server in
            let next = try await take(server)
            try await waitUntil("the next image has left its card") { !isOnCard(next) }
            try await waitUntil("the card is as it is to be") { isOnCard(first) == isDamaged }
        }
        await rig.stop()
    }

    @Test("An image that comes otherwise a second time is fetched again before it counts as saved")
    func twice() async throws {
        for isCompared in [true, false] {
            try await GroupRig.run([.nikon], saving: SavingPolicy(kinds: .none, fetchesTwice: isCompared)) { rig in
                let session = try await rig.client.open(1)
                rig.bodies[0].inject(
                    .garbage(seed: 3).on(.getObject, .getPartialObject).times(1))
                let answer = try await rig.client.ask(0x0002, session: session, "{\"download\":true}")
                let image = answer.json["images"][0]
                #expect(answer.code == 0x2001, "\(answer.told)")
                let saved = try Data(
                    contentsOf: URL(fileURLWithPath: "\(rig.folder.path)/\(image["saved_as"].string ?? "")"))
                #expect(saved.starts(with: [0xFF, 0xD8, 0xFF]) == isCompared)
            }
        }
    }
}
