import Archive
import Fleet
import FleetTesting
import Glibc
import Testing
import VirtualCamera

/// Some bodies that are ready, and a client for the commands of groups.
struct GroupRig: Sendable {
    let fleet: TestFleet
    let client: RawClient
    let folder: TemporaryFolder

    var bodies: [VirtualBody] { fleet.rig.bodies }

    /// How often each body was released.
    var releases: [Int] { bodies.map(\.releaseTimes.count) }

    /// Runs a server with bodies of these dialects, numbered from 1, for as long as a test takes.
    static func run(
        _ dialects: [Dialect], folder: TemporaryFolder = TemporaryFolder(), limits: FleetLimits = FleetLimits(),
        saving: SavingPolicy = SavingPolicy(kinds: .none), secondFolder: String? = nil,
        names: String = NameTemplate.folderOfBody, companions: Companions = Companions(),
        triggers: (VirtualRig) throws -> FleetTriggers = { _ in .none },
        _ change: (inout [VirtualBodyDescription]) -> Void = { _ in }, _ test: (GroupRig) async throws -> Void
    ) async throws {
        var descriptions = dialects.enumerated().map { index, dialect in
            var description = VirtualBodyDescription(dialect: dialect, index: index + 1)
            description.shutterLag = .milliseconds(5)
            (description.liveViewWidth, description.liveViewHeight) = (160, 120)
            return description
        }
        change(&descriptions)
        try await TestFleet.run(
            descriptions, folder: folder, limits: limits, saving: saving, secondFolder: secondFolder, names: names,
            companions: companions, triggers: triggers
        ) { fleet in
            try await test(GroupRig(fleet: fleet, client: try await fleet.server.client(), folder: folder))
        }
    }

    /// A fleet command and its response.
    func ask(_ code: UInt16, _ json: String = "{}", transaction: UInt32 = 77) async throws -> RawPacket {
        try await client.ask(code, transaction: transaction, json)
    }

    /// ARM_GROUP: the shot, with every body of it armed.
    func arm(_ json: String = "{}", of client: RawClient? = nil) async throws -> Int {
        let answer = try await (client ?? self.client).ask(0x0930, json)
        #expect(answer.code == 0x2001, "\(answer.told)")
        #expect(answer.json["cameras"].array.allSatisfy { $0["armed"] == .bool(true) }, "\(answer.told)")
        return try #require(answer.json["shot"].integer)
    }

    /// FIRE_GROUP.
    func fire(_ shot: Int, _ more: String = "") async throws -> RawPacket {
        try await ask(0x0931, "{\"shot\":\(shot)\(more)}")
    }

    /// GET_SHOT.
    func shot(_ shot: Int) async throws -> JSONValue { try await ask(0x0941, "{\"shot\":\(shot)}").json }

    /// The shot once it is over.
    func end(of shot: Int) async throws -> JSONValue {
        try await waitUntil("shot \(shot) is over") {
            ["complete", "incomplete"].contains(try await self.shot(shot)["state"].string)
        }
        return try await self.shot(shot)
    }

    /// A client that hears events of these names.
    func watcher(_ names: String...) async throws -> RawClient {
        let watcher = try await fleet.server.client()
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        #expect(try await watcher.ask(0x0910, "{\"events\":[\(list)]}").code == 0x2001)
        return watcher
    }

    /// Nanoseconds since 1970.
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

extension JSONValue {
    /// The states of a SHOT's cameras.
    var states: [String] { self["cameras"].array.compactMap { $0["state"].string } }
}
