import FleetTesting
import Foundation
import Testing

/// `camera-fleet project`, and what a server started with its options writes.
@Suite struct ProjectCommandTests {
    @Test("project opens, lists and closes; shots and images are listed by it, with manifest and sidecar beside them")
    func project() async throws {
        let folder = TemporaryFolder()
        let (server, address) = try await RunningServer.start(
            ["--virtual", "2", "--image-names", "project", "--xmp"], data: folder.path)
        func run(_ arguments: String...) async throws -> Command.Result {
            try await RunningServer.run(arguments, address)
        }
        try await RunningServer.waitForBodies(2, address)
        let none = try await run("project", "list")
        #expect(none.code == 0 && none.errors == "There is no project yet.\n")
        let refused = try await run("project", "open", " ")
        #expect(refused.code == 1 && refused.errors.contains("cannot be empty"))
        #expect(try await run("project", "open", "Bust 12").code == 0)
        #expect(try await run("shoot", "--all").code == 0)
        let place = "\(folder.path)/images/Bust 12/shot-00001"
        try await waitUntil("the manifest and two sidecars are written") {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            return names.filter { !$0.hasPrefix(".") }.sorted() == [
                "01-DSC_0004.JPG", "01-DSC_0004.xmp", "02-DSC_0004.JPG", "02-DSC_0004.xmp", "shot-00001.json",
            ]
        }
        #expect(try await run("project", "close").code == 0)
        #expect(try await run("shoot", "--all").code == 0)
        try await waitUntil("the images of no project are saved") {
            try await run("images").output.components(separatedBy: "none/shot-00002").count == 3
        }
        let list = try await run("project", "list").output.split(separator: "\n")
        try #require(list.count == 2)
        #expect(list[1].split(separator: " ").map(String.init) == ["Bust", "12", "closed", "1", "2"])
        #expect(try await run("images", "--project", "Bust 12").output.split(separator: "\n").count == 3)
        #expect(try await run("shots", "--project", "Bust 12").output.split(separator: "\n").count == 2)
        let unknown = try await run("shots", "--project", "Vase")
        #expect(unknown.code == 1 && unknown.errors.contains("Vase"))
        server.signal(SIGTERM)
        #expect(await server.wait(limit: .seconds(10)).code == 0)
    }
}
