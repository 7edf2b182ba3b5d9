import Archive
import FleetModel
import Foundation
import Testing

/// Images become safe in an order that a crash at any point cannot break.
@Suite struct ImageArchiveTests {
    private static let camera = CameraInfo(
        id: BodyID(rawValue: "nikon-d750-1"), cameraNumber: 1, name: "front-left", model: "D750", port: "usb:001,002",
        state: .ready)
    // Made anew each time: of a constant that is kept LeakSanitizer sees no pointer.
    private static var content: Data { Data("An image of some bytes, which are all there or none of them.".utf8) }
    private static let path = ObjectPath(folder: "/store/DCIM", name: "DSC_0001.JPG")

    private func archive(
        _ folder: TemporaryFolder, _ files: any FileOperations = DiskOperations()
    ) throws -> (Roster, ImageArchive) {
        let roster = try Roster(folder: folder.path, patience: .seconds(5), now: { 1_000_000_000 })
        try? FileManager.default.createDirectory(
            atPath: folder.path + "/spool", withIntermediateDirectories: false)
        let template = try NameTemplate("{camera}/{original}.{ext}", inUTC: true)
        return (roster, roster.images(in: folder.path, template: template, files: files))
    }

    /// What fetching an image and saving it does.
    private func save(
        _ content: Data = content, as path: ObjectPath = path, in archive: ImageArchive, shot: Int64? = nil,
        on disk: PowerCutDisk? = nil
    ) async throws -> SavedImage {
        let wanted = try await archive.want(path, of: Self.camera.id, at: 5, shot: shot)
        let spool = archive.newSpoolFile()
        try content.write(to: URL(fileURLWithPath: spool))
        disk?.note(created: spool)
        return try await archive.save(
            wanted, from: spool, try DiskOperations().digest(of: spool), camera: Self.camera)
    }

    private func read(_ image: SavedImage, in folder: TemporaryFolder) -> Data? {
        FileManager.default.contents(atPath: "\(folder.path)/\(image.savedAs)")
    }

    /// The files below the folder of images.
    private func files(in folder: TemporaryFolder) -> [String] {
        let root = folder.path + "/images"
        return (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter {
            FileManager.default.contents(atPath: "\(root)/\($0)") != nil
        }.sorted()
    }

    @Test("An image is saved under its name, whole, and listed with its checksum, also after a restart")
    func saving() async throws {
        let folder = try TemporaryFolder()
        let saved: SavedImage
        do {
            let (_, archive) = try archive(folder)
            saved = try await save(in: archive, shot: 3)
            #expect(saved.savedAs == "images/front-left/DSC_0001.JPG")
            #expect(saved.size == Int64(Self.content.count) && saved.sha256.count == 64)
            #expect(read(saved, in: folder) == Self.content)
            #expect(try folder.files.contains("spool"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/spool").isEmpty)
        }
        let (_, archive) = try archive(folder)
        #expect(try await archive.images(limit: 10) == [saved])
        #expect(try await archive.images(ofShots: [3, 4]) == [3: [saved]])
        #expect(await archive.digest(of: saved) == FileDigest(size: saved.size, sha256: saved.sha256))
        #expect(try await archive.knows(Self.path, of: Self.camera.id, size: saved.size))
        #expect(try await !archive.knows(Self.path, of: Self.camera.id, size: saved.size + 1))
    }

    @Test("A name that is taken, by another image or by anybody's file, is never overwritten")
    func collisions() async throws {
        let folder = try TemporaryFolder()
        let (_, archive) = try archive(folder)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/images/front-left", withIntermediateDirectories: true)
        let stranger = folder.path + "/images/front-left/DSC_0001-2.JPG"
        try Data("somebody's".utf8).write(to: URL(fileURLWithPath: stranger))
        let first = try await save(in: archive)
        let second = try await save(Data("another".utf8), in: archive)
        #expect(first.savedAs == "images/front-left/DSC_0001.JPG")
        #expect(second.savedAs == "images/front-left/DSC_0001-3.JPG")
        #expect(read(first, in: folder) == Self.content && read(second, in: folder) == Data("another".utf8))
        #expect(FileManager.default.contents(atPath: stranger) == Data("somebody's".utf8))
    }

    @Test("An image in a folder that somebody has put in the place of the first stays when the power goes")
    func replacedFolder() async throws {
        let folder = try TemporaryFolder()
        let disk = PowerCutDisk(cutBefore: nil, in: folder)
        let (_, archive) = try archive(folder, disk)
        for _ in 0..<2 { _ = try await save(in: archive, on: disk) }
        let place = folder.path + "/images/front-left"
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        disk.note(made: place)
        let saved = try await save(in: archive, on: disk)
        disk.settle(folder.path, losing: .everything)
        #expect(read(saved, in: folder) == Self.content)
    }

    @Test("An image that was fetched twice is saved once: who comes second takes nothing from the first")
    func twice() async throws {
        let folder = try TemporaryFolder()
        let (_, archive) = try archive(folder)
        let wanted = try await archive.want(Self.path, of: Self.camera.id, at: 5, shot: nil)
        let saved = try await save(in: archive)
        let spool = archive.newSpoolFile()
        try Self.content.write(to: URL(fileURLWithPath: spool))
        await #expect(throws: FleetError.self) {
            _ = try await archive.save(
                wanted, from: spool, try DiskOperations().digest(of: spool), camera: Self.camera)
        }
        #expect(try await archive.settle(wanted) == saved)
        #expect(try await archive.images(limit: 10) == [saved])
        #expect(files(in: folder) == ["front-left/DSC_0001.JPG"] && read(saved, in: folder) == Self.content)
    }

    @Test(
        "Whichever call of the disk fails, the image is settled without a restart: saved by then, or to be fetched again"
    )
    func settling() async throws {
        for call in 0..<10 {
            let folder = try TemporaryFolder()
            let disk = PowerCutDisk(cutBefore: call, in: folder)
            let (roster, failing) = try archive(folder, disk)
            let wanted = try await failing.want(Self.path, of: Self.camera.id, at: 5, shot: nil)
            let told = try? await save(in: failing, on: disk)
            let archive = roster.images(
                in: folder.path, template: try NameTemplate("{camera}/{original}.{ext}"), files: DiskOperations())
            var saved = try await archive.settle(wanted)
            #expect(told == nil || saved == told)
            if saved == nil {
                #expect(try await archive.wanted(of: Self.camera.id) == [wanted], "call \(call)")
                saved = try await save(in: archive)
            }
            #expect(try await archive.images(limit: 10) == [try #require(saved)], "call \(call)")
            #expect(files(in: folder) == ["front-left/DSC_0001.JPG"], "call \(call)")
            #expect(read(try #require(saved), in: folder) == Self.content, "call \(call)")
        }
    }

    @Test("A file that was changed or is gone is found when it is read back")
    func verifying() async throws {
        let folder = try TemporaryFolder()
        let (_, archive) = try archive(folder)
        let saved = try await save(in: archive)
        let path = "\(folder.path)/\(saved.savedAs)"
        var content = Self.content
        content[7] ^= 1
        try content.write(to: URL(fileURLWithPath: path))
        let found = try #require(await archive.digest(of: saved))
        #expect(found.size == saved.size && found.sha256 != saved.sha256)
        try FileManager.default.removeItem(atPath: path)
        #expect(await archive.digest(of: saved) == nil)
    }

    @Test(
        "Wherever the power goes, what was said to be saved is there, nothing half has a final name, and nothing is lost",
        arguments: PowerCutDisk.Loss.allCases)
    func powerCuts(loss: PowerCutDisk.Loss) async throws {
        let first = try TemporaryFolder()
        let whole = PowerCutDisk(cutBefore: nil, in: first)
        do {
            let (_, archive) = try archive(first, whole)
            _ = try await save(in: archive)
        }
        #expect(whole.calls >= 7)
        for call in 0...whole.calls {
            let folder = try TemporaryFolder()
            let disk = PowerCutDisk(cutBefore: call, in: folder)
            var told: SavedImage?
            do {
                let (roster, archive) = try archive(folder, disk)
                told = try? await save(in: archive, on: disk)
                withExtendedLifetime(roster) {}
            }
            #expect((told != nil) == (call == whole.calls))
            // A process that is killed loses nothing, until the power goes as well.
            let killed = try copy(of: folder)
            let left = PowerCutDisk(cutBefore: nil, in: killed, after: disk, in: folder)
            do {
                let (roster, archive) = try archive(killed, left)
                _ = try await archive.reconcile()
                withExtendedLifetime(roster) {}
            }
            left.settle(killed.path, losing: loss)
            try await expectSafe(killed, told, "killed before call \(call), and then no power, losing \(loss)")

            disk.settle(folder.path, losing: loss)

            // The next start may lose its power as well, at any point.
            let start = try copy(of: folder)
            let again = PowerCutDisk(cutBefore: nil, in: start)
            do {
                let (roster, archive) = try archive(start, again)
                // What the journal calls fetched is there: of some images there is no other copy.
                #expect(try await archive.reconcile().lost == 0, "power gone before call \(call), losing \(loss)")
                withExtendedLifetime(roster) {}
            }
            for second in stride(from: 0, through: again.calls, by: 1) {
                let start = try copy(of: folder)
                let disk = PowerCutDisk(cutBefore: second, in: start)
                do {
                    let (roster, archive) = try archive(start, disk)
                    _ = try? await archive.reconcile()
                    withExtendedLifetime(roster) {}
                }
                disk.settle(start.path, losing: second == again.calls ? .nothing : loss)
                try await expectSafe(start, told, "power gone before call \(call), then \(second), losing \(loss)")
            }
        }
    }

    /// What has to hold once a server has started and the image was fetched again where it is wanted.
    private func expectSafe(_ folder: TemporaryFolder, _ told: SavedImage?, _ when: Comment) async throws {
        let (_, archive) = try archive(folder)
        _ = try await archive.reconcile()
        var images = try await archive.images(limit: 10)
        if let told { #expect(images == [told], when) }
        // No name below the folder of images has anything but the whole image.
        for file in files(in: folder) {
            #expect(FileManager.default.contents(atPath: "\(folder.path)/images/\(file)") == Self.content, when)
        }
        let wanted = try await archive.wanted(of: Self.camera.id)
        #expect(images.count + wanted.count == 1, when)
        if !wanted.isEmpty {
            let image = try await save(in: archive)
            images = [image]
        }
        #expect(files(in: folder).count == 1, when)
        #expect(try await archive.images(limit: 10) == images, when)
        #expect(images.allSatisfy { read($0, in: folder) == Self.content }, when)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/spool").isEmpty, when)
    }

    @Test("An image that finds no place on the disk is wanted still, and saved once when there is one")
    func noPlace() async throws {
        let folder = try TemporaryFolder()
        let (_, archive) = try archive(folder)
        // Where its folder is to be, a file lies: the system says that it is no folder.
        try Data().write(to: URL(fileURLWithPath: folder.path + "/images"))
        await #expect(throws: FleetError.self) { try await save(in: archive) }
        #expect(try await !archive.knows(Self.path, of: Self.camera.id, size: Int64(Self.content.count)))
        #expect(try await archive.wanted(of: Self.camera.id).map(\.path) == [Self.path])
        try FileManager.default.removeItem(atPath: folder.path + "/images")
        let saved = try await save(in: archive)
        #expect(try await archive.wanted(of: Self.camera.id).isEmpty)
        #expect(try await archive.images(limit: 10) == [saved])
    }

    @Test("What was fetched and is not what it was any more is wanted again")
    func damagedSpool() async throws {
        let folder = try TemporaryFolder()
        // The last call but one is the rename; nothing is lost.
        let disk = PowerCutDisk(cutBefore: 6, in: folder)
        do {
            let (roster, archive) = try archive(folder, disk)
            #expect(await (try? save(in: archive)) == nil)
            withExtendedLifetime(roster) {}
        }
        let spool = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/spool")
        let path = "\(folder.path)/spool/\(try #require(spool.first))"
        try Data("damaged".utf8).write(to: URL(fileURLWithPath: path))
        let (_, archive) = try archive(folder)
        let found = try await archive.reconcile()
        #expect(found.lost == 1 && found.finished.isEmpty)
        #expect(try await archive.wanted(of: Self.camera.id).map(\.path) == [Self.path])
        #expect(files(in: folder).isEmpty)
    }

    private func copy(of folder: TemporaryFolder) throws -> TemporaryFolder {
        let other = try TemporaryFolder()
        for name in try folder.files {
            try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(other.path)/\(name)")
        }
        return other
    }

    @Test("Forty images that come at once are saved, each under a name of its own")
    func many() async throws {
        let folder = try TemporaryFolder()
        let (_, archive) = try archive(folder)
        let names = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let path = ObjectPath(folder: "/\(number)", name: "DSC_0001.JPG")
                    return try await save(Data("image \(number)".utf8), as: path, in: archive).savedAs
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(names.count == 40)
        #expect(files(in: folder).count == 40)
    }
}
