import Archive
import FleetModel
import Foundation
import Testing

/// A look at a roster from outside.
@Suite struct RosterInspectionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func fill() async throws {
        let roster = try Roster(folder: folder.path)
        for number in 1...3 {
            _ = try await roster.admit(
                id: BodyID(rawValue: "d7500-\(number)"), model: "D7500", manufacturer: "Nikon", serial: "\(number)",
                port: "usb:001,00\(number)")
        }
    }

    @Test("A roster is counted without being changed, and a server that comes then finds it as it was")
    func counted() async throws {
        #expect(try Roster.inspect(folder: folder.path) == .absent)
        #expect(try Roster.inspect(folder: folder.path + "/none") == .absent)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try await fill()
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/fleet.sqlite"))
        #expect(try Roster.inspect(folder: folder.path) == .sound(bodies: 3))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/fleet.sqlite")) == before)
        #expect(try await Roster(folder: folder.path, patience: .zero).entries().count == 3)
    }

    @Test("A roster that a server has open is in use, and the server goes on")
    func inUse() async throws {
        try await fill()
        let roster = try Roster(folder: folder.path)
        #expect(try Roster.inspect(folder: folder.path) == .inUse)
        #expect(try await roster.entries().count == 3)
        try await roster.forget(BodyID(rawValue: "d7500-1"))
    }

    @Test("A damaged roster is told, and stays where it is")
    func damaged() throws {
        let path = folder.path + "/fleet.sqlite"
        let garbage = Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        try garbage.write(to: URL(fileURLWithPath: path))
        #expect(try Roster.inspect(folder: folder.path) == .damaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
    }
}
