import Archive
import FleetModel
import Foundation
import Testing

/// Names under which shots and images are kept together.
@Suite struct ProjectArchiveTests {
    private static let camera = BodyID(rawValue: "nikon-d750-1")

    @Test("One project is open at a time, also after a restart, and one that is opened again goes on")
    func opening() async throws {
        let folder = try TemporaryFolder()
        do {
            let projects = try Roster(folder: folder.path).projects
            #expect(try await projects.openOne() == nil)
            #expect(try await projects.projects(limit: 10).isEmpty)
            try await projects.open("Bust 12", at: 5)
            try await projects.open("Vase/3", at: 6)
            try await projects.open("Vase/3", at: 7)
            #expect(try await projects.openOne() == "Vase/3")
        }
        let projects = try Roster(folder: folder.path).projects
        let vase = Project(name: "Vase/3", openedAt: 6, shots: 0, images: 0, isOpen: true)
        let bust = Project(name: "Bust 12", openedAt: 5, shots: 0, images: 0, isOpen: false)
        #expect(try await projects.projects(limit: 10) == [vase, bust])
        #expect(try await projects.projects(limit: 1) == [vase])
        #expect(try await projects.projects(before: "Vase/3", limit: 10) == [bust])
        try await projects.close()
        try await projects.close()
        #expect(try await projects.openOne() == nil)
        // A clock that was set back changes nothing in the order.
        try await projects.open("Bust 12", at: 1)
        let again = try await projects.projects(limit: 10)
        #expect(again.map(\.name) == ["Bust 12", "Vase/3"] && again.map(\.isOpen) == [true, false])
    }

    @Test(
        "What no name can be is refused, and the open project stays open",
        arguments: ["", "  ", "a\nb", "\u{0}", "\u{2028}", String(repeating: "x", count: 101)])
    func refused(name: String) async throws {
        let projects = try Roster().projects
        try await projects.open("a", at: 1)
        let error = await #expect(throws: FleetError.self) { try await projects.open(name, at: 2) }
        #expect(error?.kind == .invalidParameter)
        #expect(try await projects.projects(limit: 10).map(\.name) == ["a"])
        #expect(try await projects.openOne() == "a")
    }

    @Test("A project that is none can be neither required nor gone on after")
    func unknown() async throws {
        let projects = try Roster().projects
        await #expect(throws: FleetError.self) { try await projects.require("a") }
        await #expect(throws: FleetError.self) { try await projects.projects(before: "a", limit: 1) }
        try await projects.open(String(repeating: "x", count: 100), at: 1)
        try await projects.require(String(repeating: "x", count: 100))
    }

    @Test("An image's project is that of its shot, or else the one given, and stays what it was wanted with")
    func ofImages() async throws {
        let folder = try TemporaryFolder()
        let numbers: [Int64]
        do {
            let roster = try Roster(folder: folder.path)
            let images = roster.images(in: folder.path, template: try NameTemplate("project"))
            var shot = Shot(
                number: 1, state: .armed, cameras: [ShotCamera(id: Self.camera, cameraNumber: 1, state: .armed)],
                project: "Bust 12")
            try await roster.shots.keep(shot)
            shot.number = 2
            shot.project = nil
            try await roster.shots.keep(shot)
            var wanted: [WantedImage] = []
            for (name, shot) in [("a", 1), ("b", 2), ("c", nil), ("d", 9)] as [(String, Int64?)] {
                wanted.append(
                    try await images.want(
                        ObjectPath(folder: "/", name: name), of: Self.camera, at: 5, shot: shot, project: "Vase"))
            }
            #expect(wanted.map(\.project) == ["Bust 12", nil, "Vase", "Vase"])
            numbers = wanted.map(\.number)
            #expect(try await roster.shots.shots(before: nil, limit: 10, project: "Bust 12").map(\.number) == [1])
            #expect(try await roster.shots.shot(1)?.project == "Bust 12")
        }
        let roster = try Roster(folder: folder.path)
        let images = roster.images(in: folder.path, template: try NameTemplate("project"))
        let wanted = try await images.wanted(of: Self.camera)
        #expect(wanted.map(\.number) == numbers && wanted.map(\.project) == ["Bust 12", nil, "Vase", "Vase"])
    }
}
