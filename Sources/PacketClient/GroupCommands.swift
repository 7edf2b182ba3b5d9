public import FleetModel
public import PacketProtocol

/// The commands of several bodies at once, and of their shots (protocol.md, section 3). All throw what `request` throws.
extension FleetConnection {
    /// Has bodies wait for their release (0x0930), which ends with this connection.
    public func armGroup(_ arguments: ArmGroupArguments) async throws(FleetClientError) -> ArmedGroup {
        try await request(.armGroup, arguments: arguments, as: ArmedGroup.self)
    }

    /// Releases an armed shot (0x0931), and gives it once every body was released or was not.
    public func fireGroup(_ arguments: FireGroupArguments) async throws(FleetClientError) -> Shot {
        try await request(.fireGroup, arguments: arguments, as: Shot.self)
    }

    /// Arms and releases bodies (0x0932), and gives the shot once every image is known.
    public func captureGroup(_ arguments: CaptureGroupArguments) async throws(FleetClientError) -> Shot {
        try await request(.captureGroup, arguments: arguments, as: Shot.self)
    }

    /// Gives an armed shot up (0x0935).
    public func disarmGroup(_ shot: Int64) async throws(FleetClientError) -> Shot {
        try await request(.disarmGroup, arguments: ShotArguments(shot: shot), as: Shot.self)
    }

    /// Takes the images that come within a time into a shot (0x0938), whoever releases: one of the server's triggers, too.
    public func collectGroup(_ arguments: CollectGroupArguments) async throws(FleetClientError) -> Shot {
        try await request(.collectGroup, arguments: arguments, as: Shot.self)
    }

    /// The server's triggers (0x0960).
    public func triggers() async throws(FleetClientError) -> [ListedTrigger] {
        try await request(.listTriggers, as: TriggerList.self).triggers
    }

    /// Shots, newest first (0x0940): so many at most, those before one; of a project where one is named.
    public func shots(
        limit: Int? = nil, before: Int64? = nil, project: String? = nil
    ) async throws(FleetClientError) -> [Shot] {
        try await request(
            .listShots, arguments: ListShotsArguments(limit: limit, before: before, project: project),
            as: ShotList.self
        ).shots
    }

    /// Takes shots at an interval (0x0936); returns the sequence's name. Progress comes as events.
    public func startGroupSequence(_ how: StartGroupSequenceArguments) async throws(FleetClientError) -> UInt64 {
        try await request(.startGroupSequence, arguments: how, as: StartedSequence.self).sequence
    }

    /// Ends a sequence of shots: nothing is released afterwards (0x0937). Returns how many were taken.
    public func stopGroupSequence(_ sequence: UInt64) async throws(FleetClientError) -> Int {
        try await request(
            .stopGroupSequence, arguments: SequenceArguments(sequence: sequence), as: TakenResult.self
        ).taken
    }

    /// A shot (0x0941).
    public func shot(_ number: Int64) async throws(FleetClientError) -> Shot {
        try await request(.getShot, arguments: ShotArguments(shot: number), as: Shot.self)
    }
}
