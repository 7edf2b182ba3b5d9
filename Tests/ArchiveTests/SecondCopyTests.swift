import Archive
import FleetModel
import Foundation
import Testing

/// Every image gets a second copy in another folder, which a crash or a disk that is away cannot make a lie of.
@Suite struct SecondCopyTests {
    private static let camera = CameraInfo(
        id: BodyID(rawValue: "nikon-d750-1"), cameraNumber: 1, name: "front-left", model: "D750", port: "usb:001,002",
        state: .ready)
    // Made anew each time: of a constant that is kept LeakSanitizer sees no pointer.
    private static var content: Data { Data("An image, of which there are to be two copies.".utf8) }

    private func archive(
        _ folder: TemporaryFolder, second: String, _ files: any FileOperations = DiskOperations()
    ) throws -> ImageArchive {
        let roster = try Roster(folder: folder.path, patience: .seconds(5), now: { 1_000_000_000 })
        try? FileManager.default.createDirectory(atPath: folder.path + "/spool", withIntermediateDirectories: false)
        let template = try NameTemplate("{camera}/{original}.{ext}", inUTC: true)
        return roster.images(in: folder.path, template: template, secondFolder: second, files: files)
    }

    private func save(in archive: ImageArchive, as name: String = "DSC_0001.JPG") async throws -> SavedImage {
        let path = ObjectPath(folder: "/store/DCIM", name: name)
        let wanted = try await archive.want(path, of: Self.camera.id, at: 5, shot: nil)
        let spool = archive.newSpoolFile()
        try Self.content.write(to: URL(fileURLWithPath: spool))
        return try await archive.save(
            wanted, from: spool, try DiskOperations().digest(of: spool), camera: Self.camera, modified: 7777,
            deletesFromCard: true)
    }

    private func copies(in folder: TemporaryFolder) -> [String] {
        (FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []).filter { path in
            !path.hasPrefix(".") && FileManager.default.contents(atPath: "\(folder.path)/\(path)") != nil
        }
    }

    @Test("An image's second copy lies under the same path, and only then may the card's go")
    func making() async throws {
        let (folder, second) = (try TemporaryFolder(), try TemporaryFolder())
        let archive = try archive(folder, second: second.path)
        let image = try await save(in: archive)
        #expect(image.hasSecondCopy == false)
        #expect(try await archive.withoutSecondCopy(after: 0, limit: 10) == [image])
        #expect(try await archive.cardCopiesToDelete(of: Self.camera.id, limit: 10).isEmpty)
        try await archive.makeSecondCopy(of: image)
        #expect(try await archive.withoutSecondCopy(after: 0, limit: 10).isEmpty)
        let listed = try #require(try await archive.images(limit: 10).first)
        #expect(listed.hasSecondCopy == true)
        #expect(FileManager.default.contents(atPath: "\(second.path)/\(image.savedAs)") == Self.content)
        #expect(await archive.digestOfSecondCopy(of: listed) == FileDigest(size: image.size, sha256: image.sha256))
        let card = try await archive.cardCopiesToDelete(of: Self.camera.id, limit: 10)
        #expect(card.map(\.image) == [listed] && card.map(\.modified) == [7777])
        try await archive.note(.deleted, of: try #require(card.first))
        #expect(try await archive.cardCopiesToDelete(of: Self.camera.id, limit: 10).isEmpty)
        #expect(try await archive.cardCopiesToDelete(of: Self.camera.id, only: image.number, limit: 1).isEmpty)
    }

    @Test(
        "Wherever the power goes, a second copy that is said to be made is whole, and one that is not is made later",
        arguments: PowerCutDisk.Loss.allCases)
    func powerCuts(loss: PowerCutDisk.Loss) async throws {
        var call = 0
        var isWhole = false
        while !isWhole {
            let (folder, second) = (try TemporaryFolder(), try TemporaryFolder())
            let image = try await save(in: try archive(folder, second: second.path))
            let disk = PowerCutDisk(cutBefore: call, in: second)
            do {
                let archive = try archive(folder, second: second.path, disk)
                isWhole = (try? await archive.makeSecondCopy(of: image)) != nil
            }
            disk.settle(second.path, losing: loss)
            let archive = try archive(folder, second: second.path)
            let when: Comment = "the power gone before call \(call), losing \(loss)"
            for path in copies(in: second) {
                #expect(FileManager.default.contents(atPath: "\(second.path)/\(path)") == Self.content, when)
            }
            let left = try await archive.withoutSecondCopy(after: 0, limit: 10)
            #expect(left.isEmpty == isWhole, when)
            for image in left { try await archive.makeSecondCopy(of: image) }
            #expect(copies(in: second) == [image.savedAs], when)
            #expect(try await archive.withoutSecondCopy(after: 0, limit: 10).isEmpty, when)
            call += 1
        }
        #expect(call >= 9)
    }

    @Test(
        "Where the second disk is away, nothing is written to the folder in its place, and what is missing is made later"
    )
    func away() async throws {
        let (folder, second) = (try TemporaryFolder(), try TemporaryFolder())
        let archive = try archive(folder, second: second.path)
        try await archive.makeSecondCopy(of: try await save(in: archive))
        let late = try await save(in: archive, as: "DSC_0002.JPG")
        let mounted = second.path + ".mounted"
        try FileManager.default.moveItem(atPath: second.path, toPath: mounted)
        for isFolderThere in [false, true] {
            if isFolderThere {
                try FileManager.default.createDirectory(atPath: second.path, withIntermediateDirectories: false)
            }
            let error = await #expect(throws: FleetError.self) { try await archive.makeSecondCopy(of: late) }
            #expect(error?.kind == .storeNotAvailable)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: second.path).isEmpty)
        try FileManager.default.removeItem(atPath: second.path)
        try FileManager.default.moveItem(atPath: mounted, toPath: second.path)
        try await archive.makeSecondCopy(of: late)
        #expect(copies(in: second).count == 2)
    }

    @Test("No copy is made of an image that changed on the disk, nor over somebody's file")
    func strangers() async throws {
        let (folder, second) = (try TemporaryFolder(), try TemporaryFolder())
        let archive = try archive(folder, second: second.path)
        let (damaged, taken) = (try await save(in: archive), try await save(in: archive, as: "DSC_0002.JPG"))
        try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(folder.path)/\(damaged.savedAs)"))
        let stranger = URL(fileURLWithPath: "\(second.path)/\(taken.savedAs)")
        try FileManager.default.createDirectory(
            at: stranger.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("somebody's".utf8).write(to: stranger)
        for image in [damaged, taken] {
            let error = await #expect(throws: FleetError.self) { try await archive.makeSecondCopy(of: image) }
            #expect(error?.kind == .generalError)
        }
        #expect(copies(in: second) == [taken.savedAs])
        #expect(try Data(contentsOf: stranger) == Data("somebody's".utf8))
        #expect(try await archive.withoutSecondCopy(after: 0, limit: 10).count == 2)
    }

    @Test("A second disk that gives back something else than was written has no copy, and the card's stays")
    func lies() async throws {
        let (folder, second) = (try TemporaryFolder(), try TemporaryFolder())
        let archive = try archive(folder, second: second.path, LyingDisk())
        let image = try await save(in: archive)
        let error = await #expect(throws: FleetError.self) { try await archive.makeSecondCopy(of: image) }
        #expect(error?.kind == .generalError)
        #expect(copies(in: second).isEmpty)
        #expect(try await archive.withoutSecondCopy(after: 0, limit: 10) == [image])
        #expect(try await archive.cardCopiesToDelete(of: Self.camera.id, limit: 10).isEmpty)
    }
}
