import Archive
import FleetModel
import Foundation
import Testing

@Suite struct RosterStorageTests {
    let folder: TemporaryFolder
    let data: String

    init() throws {
        folder = try TemporaryFolder()
        data = folder.path + "/shoot 1/data"
    }

    private func admit(_ id: String, to roster: Roster) async throws -> RosterEntry {
        try await roster.admit(
            id: BodyID(rawValue: id), model: "D7500", manufacturer: "Nikon", serial: "42", port: "usb:001,002")
    }

    /// Leaves a roster of one named body in the data folder.
    private func makeRoster() async throws -> RosterEntry {
        let roster = try Roster(folder: data)
        let body = try await admit("nikon-d7500-42", to: roster)
        let change = RosterChange(name: .give("left"), cameraNumber: 4, groups: ["arc", "all"])
        return try await roster.change(body.id, change)
    }

    private func refusal() throws -> RosterError {
        try #require(#expect(throws: RosterError.self) { try Roster(folder: data, patience: .zero) })
    }

    @Test("Numbers, names and groups outlive a restart")
    func reopening() async throws {
        let before = try await makeRoster()
        let roster = try Roster(folder: data)
        #expect(roster.damagedDatabase == nil)
        #expect(try await roster.entries() == [before])
        #expect(try await admit("nikon-d7500-42", to: roster).displayName == "left")
    }

    @Test("What was answered is on the disk, even if the server never gets to close its database")
    func killedServer() async throws {
        let killed = try Roster(folder: data)
        let entry = try await admit("a", to: killed)
        // A copy of the files as they are now is what a server that was killed leaves behind.
        let copy = folder.path + "/copy"
        try FileManager.default.copyItem(atPath: data, toPath: copy)
        #expect(try await Roster(folder: copy).entries() == [entry])
        #expect(try await killed.entries() == [entry])
    }

    @Test("A new data folder, and those above it, are for its user only")
    func privacy() async throws {
        _ = try await makeRoster()
        for path in [data, folder.path + "/shoot 1"] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
            #expect(mode?.intValue == 0o700)
        }
    }

    @Test("The time of an admission is the system's, in nanoseconds since 1970")
    func time() async throws {
        let roster = try Roster(folder: data)
        let before = Int64(Date().timeIntervalSince1970 * 1e9) - 1_000_000
        let entry = try await admit("a", to: roster)
        let after = Int64(Date().timeIntervalSince1970 * 1e9) + 1_000_000
        #expect((before...after).contains(entry.lastSeen))
    }

    @Test("A file that is no database is kept aside, told of, and a new roster begun")
    func foreignFile() async throws {
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        let bytes = Data("This is no database, but somebody may want it back.".utf8)
        for number in 1...2 {
            try bytes.write(to: URL(fileURLWithPath: data + "/fleet.sqlite"))
            let roster = try Roster(folder: data)
            let damaged = try #require(roster.damagedDatabase)
            #expect(damaged.hasSuffix("/shoot 1/data/fleet.sqlite.damaged-\(number)"))
            #expect(FileManager.default.contents(atPath: damaged) == bytes)
            #expect(try await roster.entries().isEmpty)
        }
    }

    @Test("A database with a damaged page is kept aside with what lies beside it")
    func damagedPages() async throws {
        _ = try await makeRoster()
        let path = data + "/fleet.sqlite"
        var bytes = try #require(FileManager.default.contents(atPath: path))
        for index in 4096..<bytes.count { bytes[index] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: path))
        try Data("log".utf8).write(to: URL(fileURLWithPath: path + "-wal"))
        do {
            let roster = try Roster(folder: data)
            #expect(roster.damagedDatabase?.hasSuffix(".damaged-1") == true)
            #expect(try await admit("a", to: roster).cameraNumber == 1)
        }
        #expect(FileManager.default.contents(atPath: path + ".damaged-1") == bytes)
        #expect(try Roster(folder: data).damagedDatabase == nil)
    }

    @Test("A second server with the same folder is told so, and gets it once the first has ended")
    func secondServer() async throws {
        do {
            let first = try Roster(folder: data)
            let error = try refusal()
            #expect(error == .inUse(path: data + "/fleet.sqlite"))
            #expect(error.description.contains("--data"))
            #expect(try await first.entries().isEmpty)
        }
        #expect(throws: Never.self) { try Roster(folder: data) }
    }

    @Test("A folder that cannot be made is named, with the reason")
    func folderBelowFile() throws {
        try Data().write(to: URL(fileURLWithPath: folder.path + "/shoot 1"))
        let error = try refusal()
        #expect(error == .noFolder(path: data, reason: "\(folder.path)/shoot 1 is not a folder"))
        #expect(error.description.contains("--data"))
        #expect(throws: RosterError.self) { try Roster(folder: "") }
        #expect(throws: RosterError.self) { try Roster(folder: "a\u{0}b") }
        #expect(try folder.files == ["shoot 1"])
    }

    @Test("A folder in the database's place is not moved away")
    func folderInPlaceOfDatabase() throws {
        try FileManager.default.createDirectory(atPath: data + "/fleet.sqlite", withIntermediateDirectories: true)
        let error = try refusal()
        guard case .unusable(let path, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path == data + "/fleet.sqlite")
        #expect(try FileManager.default.contentsOfDirectory(atPath: data) == ["fleet.sqlite"])
    }

    @Test(
        "A folder of another user's is told from a full disk", .disabled(if: geteuid() == 0, "root writes everywhere"))
    func forbiddenFolder() throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o500]
        try FileManager.default.createDirectory(
            atPath: data, withIntermediateDirectories: true, attributes: attributes)
        #expect(try refusal() == .notWritable(path: data))
    }
}
