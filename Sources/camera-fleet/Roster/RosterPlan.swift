import FleetModel
import PacketProtocol

/// What is to change so that a fleet is as a file says. It is made before anything is changed.
struct RosterPlan: Sendable {
    /// What is to change of a body; nil: it stays.
    struct Change: Sendable, Encodable {
        var id: BodyID
        var cameraNumber: Int?
        var name: String?
        var groups: [String]?

        enum CodingKeys: String, CodingKey { case id, cameraNumber = "camera_number", name, groups }

        var isEmpty: Bool { cameraNumber == nil && name == nil && groups == nil }

        /// In words.
        var text: String {
            var parts = cameraNumber.map { ["number \($0)"] } ?? []
            if let name { parts.append("name \(name)") }
            if let groups { parts.append(groups.isEmpty ? "no groups" : "groups \(groups.joined(separator: ", "))") }
            return "\(id): \(parts.joined(separator: "; "))"
        }
    }

    /// In the order of the file.
    let changes: [Change]

    /// Compares a file with the fleet.
    ///
    /// Throws `RosterFile.Invalid` for bodies that the fleet does not know, and for numbers and names that would be
    /// another body's.
    init(_ file: RosterFile, for cameras: [CameraInfo]) throws(RosterFile.Invalid) {
        let known = Dictionary(cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var reasons: [String] = []
        var changes: [Change] = []
        for entry in file.entries {
            guard let camera = known[entry.id] else {
                reasons.append("Line \(entry.line): the fleet knows no camera \(entry.id).")
                continue
            }
            let change = Self.change(entry, of: camera)
            if !change.isEmpty { changes.append(change) }
        }
        self.changes = changes
        if reasons.isEmpty { reasons = Self.collisions(of: changes, file, cameras) }
        guard reasons.isEmpty else { throw RosterFile.Invalid(reasons: reasons) }
    }

    /// The numbers that change, for SET_CAMERA_NUMBERS.
    var numbers: [String: Int] {
        Dictionary(
            changes.compactMap { change in change.cameraNumber.map { (change.id.rawValue, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The SET_CAMERA_NAMEs that give the bodies their names and groups, one after the other. A name is given when
    /// nobody has it any more: where bodies trade theirs, one is called something else meanwhile.
    ///
    /// - Parameter cameras: the fleet as it is before them.
    func renamings(among cameras: [CameraInfo]) -> [SetCameraNameArguments] {
        var names = Dictionary(cameras.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        var waiting = changes.filter { $0.name != nil || $0.groups != nil }
        var steps: [SetCameraNameArguments] = []
        while !waiting.isEmpty {
            let free = waiting.firstIndex { change in
                !names.contains { id, name in id != change.id && name == change.name }
            }
            // Each body steps aside once at most: what is not free then, the server refuses with its reason.
            if let free = free ?? (steps.count > 2 * changes.count ? 0 : nil) {
                let change = waiting.remove(at: free)
                if let name = change.name { names[change.id] = name }
                steps.append(
                    SetCameraNameArguments(
                        camera: .named(change.id.rawValue), name: change.name, groups: change.groups))
            } else {
                let id = waiting[0].id
                let taken = Set(names.values).union(waiting.compactMap(\.name)).union(names.keys.map(\.rawValue))
                var number = 1
                while taken.contains("renamed-\(number)") { number += 1 }
                names[id] = "renamed-\(number)"
                steps.append(SetCameraNameArguments(camera: .named(id.rawValue), name: "renamed-\(number)"))
            }
        }
        return steps
    }

    private static func change(_ entry: RosterFile.Entry, of camera: CameraInfo) -> Change {
        var change = Change(id: entry.id)
        if let number = entry.cameraNumber, number != camera.cameraNumber { change.cameraNumber = number }
        if let name = entry.name, name != camera.name {
            // A body without a name is called by its number, also by its new one.
            let isOnlyItsNumber =
                camera.hasNumberAsName && name == "camera-\(entry.cameraNumber ?? camera.cameraNumber)"
            if !isOnlyItsNumber { change.name = name }
        }
        if let groups = entry.groups.map({ Set($0).sorted() }), groups != camera.groups.sorted() {
            change.groups = groups
        }
        return change
    }

    private static func collisions(
        of changes: [Change], _ file: RosterFile, _ cameras: [CameraInfo]
    ) -> [String] {
        let changed = Dictionary(changes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let lines = Dictionary(file.entries.map { ($0.id, $0.line) }, uniquingKeysWith: { first, _ in first })
        var numbers: [Int: BodyID] = [:]
        var names: [String: BodyID] = [:]
        var reasons: [String] = []
        func collide(_ id: BodyID, _ other: BodyID, _ what: String) {
            let line = [lines[id], lines[other]].compactMap { $0 }.max() ?? 1
            reasons.append("Line \(line): \(what) would be that of \(other) and of \(id).")
        }
        for camera in cameras {
            let number = changed[camera.id]?.cameraNumber ?? camera.cameraNumber
            if let other = numbers.updateValue(camera.id, forKey: number) {
                collide(camera.id, other, "the number \(number)")
            }
            let name = changed[camera.id]?.name ?? (camera.hasNumberAsName ? "camera-\(number)" : camera.name)
            if let other = names.updateValue(camera.id, forKey: name) {
                collide(camera.id, other, "the name \"\(name)\"")
            }
        }
        for camera in cameras {
            guard let name = changed[camera.id]?.name, let other = cameras.first(where: { $0.id.rawValue == name }),
                other.id != camera.id
            else { continue }
            reasons.append("Line \(lines[camera.id] ?? 1): the name \"\(name)\" is the id of another camera.")
        }
        return reasons
    }
}

extension CameraInfo {
    /// Whether it seems to have been given no name: then it is called by its number.
    fileprivate var hasNumberAsName: Bool { name == "camera-\(cameraNumber)" }
}
