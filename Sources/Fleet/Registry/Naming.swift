import Archive
public import FleetModel
public import PacketProtocol

/// What bodies are called, and which are listed (protocol.md, 0x0920 to 0x0923). All of it outlives a restart.
extension CameraRegistry {
    /// SET_CAMERA_NAME: what is nil stays, and it outlives a restart.
    ///
    /// Throws Invalid_Parameter for a taken or impossible name or number, and Device_Busy for a body that was never open:
    /// it is not known yet which one it is.
    public func setName(_ arguments: SetCameraNameArguments) async throws(FleetError) -> CameraInfo {
        let body = try body(arguments.camera)
        try requireIdentity(of: body)
        let info = body.info
        if let number = arguments.cameraNumber,
            bodies.contains(where: { $0 !== body && $0.info.cameraNumber == number })
        {
            throw FleetError(.invalidParameter, "The camera_number \(number) is taken by another body.")
        }
        if let name = arguments.name,
            bodies.contains(where: { $0 !== body && ($0.info.name == name || $0.info.id.rawValue == name) })
        {
            throw FleetError(.invalidParameter, "The name \(name) is taken by another body.")
        }
        let entry = try await roster.change(
            info.id,
            RosterChange(
                name: arguments.name.map { .give($0) } ?? .keep, cameraNumber: arguments.cameraNumber,
                groups: arguments.groups, releaseOffset: arguments.releaseOffset))
        take(entry, for: body)
        return body.info
    }

    /// REPLACE_CAMERA: gives a body number, name and groups of another, which gets the next free number and no name.
    ///
    /// Throws Invalid_Parameter when they are the same, and Device_Busy for a body that was never open.
    public func replace(_ arguments: ReplaceCameraArguments) async throws(FleetError) -> CameraInfo {
        let (old, new) = (try body(arguments.camera), try body(arguments.by))
        guard old !== new else { throw FleetError(.invalidParameter, "A body cannot be replaced by itself.") }
        for body in [old, new] { try requireIdentity(of: body) }
        let entries = try await roster.entries()
        guard let entry = entries.first(where: { $0.id == old.info.id }) else {
            throw FleetError(.invalidParameter, "\(old.info.name) was forgotten meanwhile.")
        }
        // The number that the new one gives up counts as free.
        var taken = Set(bodies.map(\.info.cameraNumber))
        taken.remove(new.info.cameraNumber)
        let free = (1...).first { !taken.contains($0) } ?? new.info.cameraNumber
        try await change([
            old.info.id: RosterChange(name: .clear, cameraNumber: free, groups: []),
            new.info.id: RosterChange(
                name: entry.givenName.map { .give($0) } ?? .clear, cameraNumber: entry.cameraNumber,
                groups: entry.groups),
        ])
        return new.info
    }

    /// FORGET_CAMERA: drops an unplugged body from the list. Its sessions stay, and work again if it comes back.
    ///
    /// Throws Device_Busy for a body that is there.
    public func forget(_ arguments: CameraArguments) async throws(FleetError) {
        let body = try body(arguments.camera)
        guard body.info.state == .unplugged else {
            throw FleetError(.deviceBusy, "\(body.info.name) is connected; unplug it before it is forgotten.")
        }
        if body.info.provisional != true { try await roster.forget(body.info.id) }
        // It may have come back while the roster wrote.
        guard body.info.state == .unplugged else {
            throw FleetError(.deviceBusy, "\(body.info.name) has just been plugged in; it was not forgotten.")
        }
        identities.forget(body.info.id)
        bodies.removeAll { $0 === body }
        provisionalIDs = provisionalIDs.filter { $0.value !== body }
        forgotten.removeAll { $0.info.sessions == 0 }
        if body.info.sessions > 0 { forgotten.append(body) }
    }

    /// SET_CAMERA_NUMBERS: all at once or none.
    ///
    /// Throws Invalid_Parameter for a number that is impossible, given twice, or another body's, and Device_Busy for a body
    /// that was never open.
    public func setNumbers(_ arguments: SetCameraNumbersArguments) async throws(FleetError) -> CameraList {
        var numbers: [(body: CameraBody, number: Int)] = []
        for (key, number) in arguments.numbers {
            let body = try body(key: key)
            guard !numbers.contains(where: { $0.body === body }) else {
                throw FleetError(.invalidParameter, "\(body.info.name) is given two numbers.")
            }
            try requireIdentity(of: body)
            numbers.append((body, number))
        }
        var owners: [Int: String] = [:]
        for body in bodies {
            let number = numbers.first { $0.body === body }?.number ?? body.info.cameraNumber
            if let owner = owners.updateValue(body.info.name, forKey: number) {
                throw FleetError(
                    .invalidParameter,
                    "camera_number \(number) would belong to \(owner) and to \(body.info.name); no number was changed.")
            }
        }
        try await change(
            Dictionary(
                numbers.map { ($0.body.info.id, RosterChange(cameraNumber: $0.number)) }, uniquingKeysWith: { $1 }))
        return CameraList(cameras: list())
    }

    private func change(_ changes: [BodyID: RosterChange]) async throws(FleetError) {
        let entries = try await roster.change(changes)
        let byID = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for body in bodies where body.info.provisional != true {
            // All of them: a default name follows the number, and may be another body's now.
            if let entry = byID[body.info.id] { take(entry, for: body) }
        }
    }

    private func take(_ entry: RosterEntry, for body: CameraBody) {
        let groups = body.info.groups
        body.take(entry)
        ingest.adapt(body, from: groups)
    }

    /// The body of a JSON key: an id, else a name, else a number in decimal.
    func body(key: String) throws(FleetError) -> CameraBody {
        do throws(FleetError) {
            return try body(.named(key))
        } catch {
            guard let number = Int(key) else { throw error }
            return try body(.number(number))
        }
    }

    private func requireIdentity(of body: CameraBody) throws(FleetError) {
        let info = body.info
        guard info.provisional != true else {
            throw FleetError(.deviceBusy, "\(info.name) was not opened yet, so it cannot be told which body it is.")
        }
    }
}
