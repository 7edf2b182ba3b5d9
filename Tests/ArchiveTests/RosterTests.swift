import Archive
import FleetModel
import Testing

@Suite struct RosterTests {
    let roster: Roster

    init() throws {
        roster = try Roster(inMemoryWithTimeFrom: { 1_000 })
    }

    @discardableResult
    private func admit(_ id: String, number: Int? = nil, reserved: Set<Int> = []) async throws -> RosterEntry {
        try await roster.admit(
            id: BodyID(rawValue: id), model: "EOS 6D", manufacturer: "Canon", serial: "1", port: "usb:001,002",
            proposedNumber: number, reservedNumbers: reserved)
    }

    private func names() async throws -> [String] {
        try await roster.entries().map(\.displayName)
    }

    /// The sentence of the Invalid_Parameter that the call throws.
    private func refusal(_ call: () async throws -> Void) async throws -> String {
        let error = try #require(await #expect(throws: FleetError.self) { try await call() })
        #expect(error.kind == .invalidParameter)
        return error.message
    }

    @Test("A body that was never seen gets the least free number and is called by it")
    func admission() async throws {
        let entry = try await admit("canon-eos-6d-1")
        #expect(entry.id.rawValue == "canon-eos-6d-1")
        #expect(entry.cameraNumber == 1)
        #expect(entry.givenName == nil)
        #expect(entry.groups == [])
        #expect(entry.model == "EOS 6D")
        #expect(entry.manufacturer == "Canon")
        #expect(entry.serial == "1")
        #expect(entry.lastPort == "usb:001,002")
        #expect(entry.lastSeen == 1_000)
        #expect(entry.displayName == "camera-1")
        #expect(try await roster.entry(entry.id) == entry)
        #expect(try await roster.entry(BodyID(rawValue: "other")) == nil)
    }

    @Test("A new body gets the proposed number if it is free, else the least that is neither taken nor reserved")
    func proposedNumbers() async throws {
        #expect(try await admit("a", number: 7).cameraNumber == 7)
        #expect(try await admit("b", number: 7).cameraNumber == 1)
        #expect(try await admit("c", number: 0, reserved: [2, 3]).cameraNumber == 4)
        #expect(try await admit("d", number: 1_000_001).cameraNumber == 2)
        #expect(try await roster.leastFreeNumber() == 3)
        #expect(try await roster.leastFreeNumber(excluding: [3, 5]) == 6)
        #expect(try await roster.entries().map(\.id.rawValue) == ["b", "d", "c", "a"])
    }

    @Test("A known body keeps number, name and groups, and what it says of itself is brought up to date")
    func readmission() async throws {
        try await admit("a", number: 3)
        try await roster.change(
            BodyID(rawValue: "a"), RosterChange(name: .give("left"), cameraNumber: 9, groups: ["arc", "all"]))
        let entry = try await roster.admit(
            id: BodyID(rawValue: "a"), model: "D7500", manufacturer: "Nikon", serial: nil, port: "ptpip:10.0.0.1",
            proposedNumber: 5)
        #expect(entry.cameraNumber == 9)
        #expect(entry.givenName == "left")
        #expect(entry.displayName == "left")
        #expect(entry.groups == ["all", "arc"])
        #expect(entry.model == "D7500")
        #expect(entry.manufacturer == "Nikon")
        #expect(entry.serial == nil)
        #expect(entry.lastPort == "ptpip:10.0.0.1")
        #expect(try await roster.entries() == [entry])
    }

    @Test(
        "An id that no body can have is refused", arguments: ["", "A", "a/b", "ä", String(repeating: "a", count: 101)])
    func badIdentifier(_ id: String) async throws {
        _ = try await refusal { try await admit(id) }
        #expect(try await roster.entries().isEmpty)
    }

    @Test("A taken number is refused with the id of the body that has it")
    func takenNumber() async throws {
        try await admit("a")
        let other = try await admit("b")
        let message = try await refusal { try await roster.change(other.id, RosterChange(cameraNumber: 1)) }
        #expect(message.contains("1 belongs to a"))
        #expect(try await roster.entry(other.id) == other)
        try await roster.change(other.id, RosterChange(cameraNumber: 2))
    }

    @Test("A name that names another body is refused, be it given, an id, or the number's default")
    func takenName() async throws {
        let first = try await admit("a")
        let second = try await admit("b")
        for name in ["a", "camera-1"] {
            let message = try await refusal { try await roster.change(second.id, RosterChange(name: .give(name))) }
            #expect(message.contains(name))
        }
        try await roster.change(first.id, RosterChange(name: .give("Café")))
        for name in ["Café", "Cafe\u{301}"] {
            let message = try await refusal { try await roster.change(second.id, RosterChange(name: .give(name))) }
            #expect(message.contains("belongs to a"))
        }
        #expect(try await names() == ["Café", "camera-2"])
    }

    @Test("A body can have its own id, its own default name or the name that it has already")
    func ownNames() async throws {
        let body = try await admit("a")
        for name in ["a", "camera-1", "camera-1"] {
            #expect(try await roster.change(body.id, RosterChange(name: .give(name))).displayName == name)
        }
    }

    @Test("A body whose default name was given to another one is called by its id")
    func displacedDefaultName() async throws {
        let first = try await admit("a")
        try await roster.change(first.id, RosterChange(name: .give("camera-2")))
        let second = try await admit("b", number: 2)
        #expect(second.displayName == "b")
        #expect(try await names() == ["camera-2", "b"])
        try await roster.change(first.id, RosterChange(name: .clear))
        #expect(try await names() == ["camera-1", "camera-2"])
    }

    @Test(
        "A name that could not name a folder is refused",
        arguments: [
            "", "  ", ".", "..", ".hidden", "a/b", "/", "a\nb", "a\u{0}", "a\u{7F}", "a\u{85}", "a\u{2028}b",
            String(repeating: "x", count: 101), String(repeating: "写", count: 86),
        ])
    func badName(_ name: String) async throws {
        let body = try await admit("a")
        _ = try await refusal { try await roster.change(body.id, RosterChange(name: .give(name))) }
        #expect(try await roster.entry(body.id) == body)
    }

    @Test(
        "A name of up to 100 characters of any script is taken as it is",
        arguments: ["left", "Réflex 7", "左 上", "a.b", "7", String(repeating: "x", count: 100), "'; DROP TABLE body;"])
    func goodName(_ name: String) async throws {
        let body = try await admit("a")
        #expect(try await roster.change(body.id, RosterChange(name: .give(name))).givenName == name)
    }

    @Test("A number that is not from 1 to 1,000,000 is refused", arguments: [0, -1, 1_000_001, .min, .max])
    func badNumber(_ number: Int) async throws {
        let body = try await admit("a")
        let message = try await refusal { try await roster.change(body.id, RosterChange(cameraNumber: number)) }
        #expect(message.contains("\(number)"))
        #expect(try await roster.change(body.id, RosterChange(cameraNumber: 1_000_000)).cameraNumber == 1_000_000)
    }

    @Test("Groups are kept sorted and each once; an empty list leaves them all")
    func groups() async throws {
        let body = try await admit("a")
        let many = (1...100).map { "g\($0)" }
        #expect(
            try await roster.change(body.id, RosterChange(groups: ["top", "arc", "top", ".x/y"])).groups
                == [".x/y", "arc", "top"])
        #expect(try await roster.change(body.id, RosterChange(groups: many + many)).groups == many.sorted())
        #expect(try await roster.change(body.id, RosterChange(groups: [])).groups == [])
    }

    @Test("A group's name that is empty, too long or has control characters is refused, and so is group 101")
    func badGroups() async throws {
        let body = try await admit("a")
        let bad = [[""], ["ok", "a\tb"], [String(repeating: "x", count: 101)], (1...101).map { "g\($0)" }]
        for groups in bad {
            _ = try await refusal { try await roster.change(body.id, RosterChange(groups: groups)) }
        }
        #expect(try await roster.entry(body.id) == body)
    }

    @Test("A change of which one part is refused changes nothing")
    func wholeOrNothing() async throws {
        try await admit("a")
        let body = try await admit("b")
        let changes = [
            RosterChange(name: .give("left"), cameraNumber: 1, groups: ["arc"]),
            RosterChange(name: .give("a"), cameraNumber: 5, groups: ["arc"]),
            RosterChange(name: .give("left"), cameraNumber: 5, groups: [""]),
        ]
        for change in changes {
            _ = try await refusal { try await roster.change(body.id, change) }
            #expect(try await roster.entry(body.id) == body)
        }
    }

    @Test("Bodies can trade numbers and names in one call")
    func trade() async throws {
        let first = try await admit("a")
        let second = try await admit("b")
        try await roster.change(first.id, RosterChange(name: .give("left"), groups: ["arc"]))
        try await roster.change(second.id, RosterChange(name: .give("right")))
        let after = try await roster.change([
            first.id: RosterChange(name: .give("right"), cameraNumber: 2),
            second.id: RosterChange(name: .give("left"), cameraNumber: 1),
        ])
        #expect(after.map(\.id.rawValue) == ["b", "a"])
        #expect(after.map(\.displayName) == ["left", "right"])
        #expect(after.map(\.groups) == [[], ["arc"]])
    }

    @Test("One unknown body or one double refuses the change of all")
    func wholeBatchOrNothing() async throws {
        let first = try await admit("a")
        let second = try await admit("b")
        let before = try await roster.entries()
        let unknown = try await refusal {
            try await roster.change([
                first.id: RosterChange(cameraNumber: 8), BodyID(rawValue: "zz"): RosterChange(cameraNumber: 9),
            ])
        }
        #expect(unknown.contains("zz"))
        _ = try await refusal {
            try await roster.change([
                first.id: RosterChange(cameraNumber: 8), second.id: RosterChange(cameraNumber: 8),
            ])
        }
        #expect(try await roster.entries() == before)
    }

    @Test("A forgotten body's number, name and groups are free")
    func forgetting() async throws {
        let first = try await admit("a")
        try await roster.change(first.id, RosterChange(name: .give("left"), groups: ["arc"]))
        try await roster.forget(first.id)
        #expect(try await roster.entries().isEmpty)
        let second = try await admit("b")
        #expect(second.cameraNumber == 1)
        #expect(try await roster.change(second.id, RosterChange(name: .give("left"))).displayName == "left")
        #expect(try await admit("a").groups == [])
        let message = try await refusal { try await roster.forget(BodyID(rawValue: "zz")) }
        #expect(message.contains("zz"))
    }

    @Test("Many callers at once get a number each, without gaps")
    func concurrentAdmission() async throws {
        let roster = roster
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    _ = try await roster.admit(
                        id: BodyID(rawValue: "body-\(index % 50)"), model: "m", manufacturer: "", serial: nil,
                        port: "usb:", proposedNumber: 3)
                }
            }
            try await group.waitForAll()
        }
        #expect(try await roster.entries().map(\.cameraNumber) == Array(1...50))
    }

    @Test("Of many callers who want one name one gets it")
    func concurrentNaming() async throws {
        let roster = roster
        for index in 0..<20 { try await admit("body-\(index)") }
        let winners = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let change = RosterChange(name: .give("left"))
                    return (try? await roster.change(BodyID(rawValue: "body-\(index)"), change)) != nil
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(winners == 1)
        #expect(try await names().filter { $0 == "left" }.count == 1)
    }

    @Test("A call of a cancelled task changes nothing and says that it was stopped")
    func cancellation() async throws {
        let body = try await admit("a")
        let roster = roster
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await roster.change(body.id, RosterChange(name: .give("left")))
        }
        let error = await #expect(throws: FleetError.self) { try await task.value }
        #expect(error?.kind == .transactionCancelled)
        #expect(try await roster.entry(body.id) == body)
    }
}
