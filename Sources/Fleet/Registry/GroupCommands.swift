public import FleetModel
public import PacketProtocol

/// The commands of several bodies at once (protocol.md, 0x0930 to 0x0932, 0x0935, 0x0938, 0x0940,
/// 0x0941 and 0x0960). Where
/// `isEnded` says so the client's connection is over, and what is under way is given up.
extension CameraRegistry {
    /// ARM_GROUP.
    ///
    /// Throws Invalid_Parameter for a body or group that is none, and when there is no body at all.
    public func armGroup(
        _ arguments: ArmGroupArguments, for client: ClientID, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> ArmedGroup {
        let bodies = try bodies(of: arguments.target)
        let shot = try await groups.arm(
            bodies, requireAll: arguments.requireAll ?? false, for: client, unless: isEnded)
        return ArmedGroup(
            shot: shot.number,
            cameras: shot.shot.cameras.map { camera in
                ArmedCamera(id: camera.id, error: camera.state == .armed ? nil : camera.error ?? Self.notArmed)
            })
    }

    private static let notArmed = ErrorDescription(FleetError(.generalError, "The body is not armed."))

    /// FIRE_GROUP: gives the shot once every body was released, or was not.
    ///
    /// Throws Invalid_Parameter for a shot that is not armed and for a time that cannot be kept; Transaction_Cancelled when
    /// it was disarmed before its time.
    public func fireGroup(
        _ arguments: FireGroupArguments, for client: ClientID, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        let shot = try groups.requireUnderWay(arguments.shot)
        let offsets = try offsets(arguments.offsets)
        return try await groups.fire(shot, at: arguments.at, offsets: offsets, for: client, unless: isEnded)
    }

    /// CAPTURE_GROUP: gives the shot once every image is known, and saved where that is asked for. At the end of who asks
    /// nobody waits for the images any more, and the shot goes on.
    ///
    /// Throws what ARM_GROUP and FIRE_GROUP throw.
    public func captureGroup(
        _ arguments: CaptureGroupArguments, for client: ClientID, unless isEnded: @Sendable () -> Bool,
        until ending: Ending
    ) async throws(FleetError) -> Shot {
        let bodies = try bodies(of: arguments.target)
        let offsets = try offsets(arguments.offsets)
        if let at = arguments.at { try groups.requireTimely(at) }
        let shot = try await groups.arm(
            bodies, requireAll: arguments.requireAll ?? false, for: client,
            savesImages: arguments.download ?? false, unless: isEnded)
        guard shot.phase == .armed else { return await shot.waitUntilOver() }
        do throws(FleetError) {
            _ = try await groups.fire(shot, at: arguments.at, offsets: offsets, for: client, unless: isEnded)
        } catch {
            await groups.callOff(shot, error)
            throw error
        }
        return try await shot.waitUntilOver(or: ending)
    }

    /// DISARM_GROUP.
    ///
    /// Throws Invalid_Parameter for a shot that is not armed any more.
    public func disarmGroup(_ arguments: ShotArguments) async throws(FleetError) -> Shot {
        try await groups.disarm(arguments.shot)
    }

    /// COLLECT_GROUP: gives the shot when its time is over, or its trigger failed.
    ///
    /// Throws Invalid_Parameter for a body, a group or a trigger that is none, and for a time that is none.
    public func collectGroup(
        _ arguments: CollectGroupArguments, for client: ClientID, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> Shot {
        guard arguments.windowSeconds > 0, arguments.windowSeconds <= 86_400 else {
            throw FleetError(.invalidParameter, "window_seconds must be more than 0 and at most 86400.")
        }
        let bodies = try bodies(of: arguments.target)
        var pulse: ReleasePulse?
        if let name = arguments.trigger {
            pulse = try ReleasePulse(
                of: try groups.triggers.named(name), at: arguments.at, within: arguments.windowSeconds)
        } else if arguments.at != nil {
            throw FleetError(.invalidParameter, "at is the time of a trigger's pulse, and no trigger is named.")
        }
        return try await groups.collect(
            bodies, within: arguments.windowSeconds, savesImages: arguments.download ?? false, pulse: pulse,
            for: client, unless: isEnded)
    }

    /// LIST_TRIGGERS: those that are closed are tried to be opened.
    public nonisolated func listTriggers() async -> TriggerList { await groups.triggers.list() }

    /// LIST_SHOTS: newest first.
    ///
    /// Throws Invalid_Parameter for a limit below 1 and for a shot that is none.
    public nonisolated func listShots(_ arguments: ListShotsArguments) async throws(FleetError) -> ShotList {
        ShotList(shots: try await groups.shots(arguments))
    }

    /// GET_SHOT.
    ///
    /// Throws Invalid_Parameter when there is none.
    public nonisolated func shot(_ arguments: ShotArguments) async throws(FleetError) -> Shot {
        try await groups.shot(arguments.shot)
    }

    /// A client's connection is over: the shots that it armed are given up, its sequences end that are not to go on, what
    /// it sets of several bodies, and its tickets for saved images.
    public nonisolated func end(of client: ClientID) async {
        tickets.end(.client(client))
        for body in await bodies { await body.cancel { $0.settings == client } }
        await groups.end(
            of: client,
            FleetError(.transactionCancelled, "The client that armed the shot is gone: it was given up."))
        await sequences.end(of: client)
    }

    // MARK: Whom they are for

    /// The bodies of a TARGET, each once.
    func bodies(of target: GroupTarget) throws(FleetError) -> [CameraBody] {
        var found: [CameraBody] = []
        switch target {
        case .ready: found = bodies.filter { $0.info.state == .ready }
        case .group(let group):
            found = bodies.filter { $0.info.groups.contains(group) }
            guard !found.isEmpty else { throw FleetError(.invalidParameter, "No group is called \(group).") }
        case .cameras(let references):
            for reference in references {
                let body = try body(reference)
                if !found.contains(where: { $0 === body }) { found.append(body) }
            }
        }
        guard !found.isEmpty else {
            throw FleetError(.invalidParameter, "There is no camera for it: none is named, or none is ready.")
        }
        return found
    }

    /// Offsets by body. Those of bodies that are not in a shot say nothing: a rig has one table of them for all its shots.
    private func offsets(_ offsets: [String: Int64]?) throws(FleetError) -> [ObjectIdentifier: Int64] {
        var found: [ObjectIdentifier: Int64] = [:]
        for (key, offset) in offsets ?? [:] {
            let body = try body(key: key)
            guard (-GroupReleases.greatestOffset...GroupReleases.greatestOffset).contains(offset) else {
                throw FleetError(.invalidParameter, "The offset of \(body.info.name) is longer than an hour.")
            }
            guard found.updateValue(offset, forKey: ObjectIdentifier(body)) == nil else {
                throw FleetError(.invalidParameter, "\(body.info.name) is given two offsets.")
            }
        }
        return found
    }
}
