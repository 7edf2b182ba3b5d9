import FleetModel

/// What names, numbers and groups may be, and that no two bodies share one.
enum RosterRules {
    static let cameraNumbers = 1...1_000_000
    static let longestName = 100
    /// What Debian's file systems take for a folder's name.
    static let longestNameInBytes = 255
    static let mostGroups = 100
    static let releaseOffsets: ClosedRange<Int64> = -3_600_000_000_000...3_600_000_000_000

    static func check(id: BodyID) throws(FleetError) {
        let allowed = id.rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard allowed, (1...BodyID.longest).contains(id.rawValue.utf8.count) else {
            throw invalid("A camera's id has 1 to \(BodyID.longest) of the characters a-z, 0-9, '.' and '-'.")
        }
    }

    static func check(cameraNumber: Int) throws(FleetError) {
        guard cameraNumbers.contains(cameraNumber) else {
            throw invalid(
                "\(cameraNumber) cannot be a camera_number: choose one from 1 to \(cameraNumbers.upperBound).")
        }
    }

    static func check(releaseOffset: Int64) throws(FleetError) {
        guard releaseOffsets.contains(releaseOffset) else {
            throw invalid("A camera's offset_ns is an hour at most, either way.")
        }
    }

    static func check(name: String) throws(FleetError) {
        try check(name, as: "name")
        guard !name.contains("/"), !name.hasPrefix(".") else {
            throw invalid(
                "A name becomes a folder's name, so it cannot begin with a dot or contain '/': choose another one.")
        }
    }

    static func check(preset: String) throws(FleetError) {
        try check(preset, as: "preset's name")
    }

    static func check(project: String) throws(FleetError) {
        try check(project, as: "project's name")
    }

    /// The groups sorted, each once.
    static func checked(groups: [String]) throws(FleetError) -> [String] {
        for group in groups { try check(group, as: "group's name") }
        let sorted = Set(groups).sorted()
        guard sorted.count <= mostGroups else {
            throw invalid("A camera can belong to \(mostGroups) groups, not to \(sorted.count).")
        }
        return sorted
    }

    /// Throws unless the entry's number is its own among all of them.
    static func checkNumberIsFree(of entry: RosterRecord, among entries: [RosterRecord]) throws(FleetError) {
        for other in entries where other.id != entry.id && other.cameraNumber == entry.cameraNumber {
            throw invalid(
                "camera_number \(entry.cameraNumber) belongs to \(other.id): choose another one, or give that camera "
                    + "another one first.")
        }
    }

    /// Throws unless the entry's given name names no other body: neither by its given name, nor by its id, nor by the
    /// default name under which it is shown.
    static func checkNameIsFree(of entry: RosterRecord, among entries: [RosterRecord]) throws(FleetError) {
        guard let name = entry.givenName else { return }
        for other in entries where other.id != entry.id {
            if other.givenName == name || other.id.rawValue == name {
                throw invalid("The name \"\(name)\" belongs to \(other.id): choose another one.")
            }
            if other.givenName == nil, RosterEntry.defaultName(cameraNumber: other.cameraNumber) == name {
                throw invalid(
                    "\"\(name)\" is what camera \(other.cameraNumber) (\(other.id)) is called until it gets a name: "
                        + "choose another one.")
            }
        }
    }

    static func invalid(_ message: String) -> FleetError {
        FleetError(.invalidParameter, message)
    }

    private static func check(_ text: String, as what: String) throws(FleetError) {
        guard !text.allSatisfy(\.isWhitespace) else { throw invalid("A \(what) cannot be empty.") }
        guard text.utf8.count <= longestNameInBytes, text.count <= longestName else {
            throw invalid(
                "A \(what) has at most \(longestName) characters (\(longestNameInBytes) bytes of UTF-8): choose a "
                    + "shorter one.")
        }
        let hasControls = text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        guard !hasControls else {
            throw invalid("A \(what) cannot contain line breaks or other control characters.")
        }
    }
}
