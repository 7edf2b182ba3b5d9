import FleetModel

/// Numbers, names and groups of bodies in a file of comma-separated values: a heading, and a line for each body.
struct RosterFile {
    /// What a line says of a body. Model and serial number are for people: nobody reads them back.
    struct Entry: Equatable {
        var line: Int
        var id: BodyID
        /// nil: it stays.
        var cameraNumber: Int?
        /// nil: it stays.
        var name: String?
        /// nil: they stay.
        var groups: [String]?
    }

    /// Everything that is wrong with a file, a sentence each.
    struct Invalid: Error {
        var reasons: [String]
    }

    static let columns = ["id", "camera_number", "name", "groups", "model", "serial"]

    var entries: [Entry]

    /// The text of a file with these bodies.
    static func text(of cameras: [CameraInfo]) -> String {
        CommaSeparated.line(columns)
            + cameras.map { camera in
                CommaSeparated.line([
                    camera.id.rawValue, "\(camera.cameraNumber)", camera.name, joined(camera.groups), camera.model,
                    camera.serial ?? "",
                ])
            }.joined()
    }

    /// Reads a file. The columns may come in any order, and all but `id` may be missing.
    init(_ text: String) throws(Invalid) {
        let records: [CommaSeparated.Record]
        do {
            records = try CommaSeparated.records(text)
        } catch {
            throw Invalid(reasons: ["Line \(error.line): there is \(error.reason)."])
        }
        guard let heading = records.first else { throw Invalid(reasons: ["The file is empty."]) }
        let places = try Self.places(of: heading)
        var reasons: [String] = []
        entries = []
        for record in records.dropFirst() {
            guard record.fields.count == heading.fields.count else {
                reasons.append(
                    "Line \(record.line): there are \(record.fields.count) fields, and the heading has "
                        + "\(heading.fields.count).")
                continue
            }
            do throws(Invalid) {
                entries.append(try Self.entry(record.line) { places[$0].map { record.fields[$0] } })
            } catch {
                reasons += error.reasons
            }
        }
        reasons += Self.doubles(of: entries)
        guard reasons.isEmpty else { throw Invalid(reasons: reasons) }
        guard !entries.isEmpty else { throw Invalid(reasons: ["The file has a heading and no camera."]) }
    }

    private static func places(of heading: CommaSeparated.Record) throws(Invalid) -> [String: Int] {
        var places: [String: Int] = [:]
        for (place, field) in heading.fields.enumerated() {
            guard columns.contains(field) else {
                throw Invalid(reasons: [
                    "Line \(heading.line): there is no column \"\(field)\". The heading is "
                        + "\(columns.joined(separator: ",")), with commas between."
                ])
            }
            guard places.updateValue(place, forKey: field) == nil else {
                throw Invalid(reasons: ["Line \(heading.line): the column \(field) is there twice."])
            }
        }
        guard places["id"] != nil else { throw Invalid(reasons: ["Line \(heading.line): the column id is missing."]) }
        return places
    }

    private static func entry(_ line: Int, _ field: (String) -> String?) throws(Invalid) -> Entry {
        var reasons: [String] = []
        let id = field("id") ?? ""
        if id.isEmpty { reasons.append("Line \(line): there is no id.") }
        var number: Int?
        if let text = field("camera_number"), !text.isEmpty {
            number = text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
            if number.map({ !(1...1_000_000).contains($0) }) ?? true {
                reasons.append("Line \(line): \"\(text)\" is no camera_number: choose one from 1 to 1000000.")
            }
        }
        var name: String?
        if let text = field("name"), !text.isEmpty {
            name = text
            if let reason = fault(of: text) {
                reasons.append("Line \(line): the name \"\(text)\" \(reason).")
            } else if text.contains("/") || text.hasPrefix(".") {
                reasons.append("Line \(line): the name \"\(text)\" has a / or begins with a dot.")
            }
        }
        let groups = field("groups").map(split)
        for group in groups ?? [] {
            if let reason = fault(of: group) { reasons.append("Line \(line): the group \"\(group)\" \(reason).") }
        }
        if let groups, Set(groups).count > 100 {
            reasons.append("Line \(line): there are \(Set(groups).count) groups, and a camera has at most 100.")
        }
        guard reasons.isEmpty else { throw Invalid(reasons: reasons) }
        return Entry(line: line, id: BodyID(rawValue: id), cameraNumber: number, name: name, groups: groups)
    }

    private static func fault(of text: String) -> String? {
        if text.allSatisfy(\.isWhitespace) { return "is blank" }
        if text.count > 100 || text.utf8.count > 255 { return "is longer than 100 characters (or 255 bytes)" }
        let hasControls = text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        return hasControls ? "has a line break or another control character" : nil
    }

    private static func doubles(of entries: [Entry]) -> [String] {
        var lines: [String: Int] = [:]
        var reasons: [String] = []
        for entry in entries {
            for (key, what) in [
                ("id \(entry.id)", "the id \(entry.id)"),
                ("number \(entry.cameraNumber ?? 0)", entry.cameraNumber.map { "the number \($0)" }),
                ("name \(entry.name ?? "")", entry.name.map { "the name \"\($0)\"" }),
            ] {
                guard let what else { continue }
                if let first = lines[key] {
                    reasons.append("Line \(entry.line): \(what) is on line \(first) already.")
                } else {
                    lines[key] = entry.line
                }
            }
        }
        return reasons
    }

    /// Groups in one field, with `;` between; a group's own `;` and `\` get a `\` before them.
    static func joined(_ groups: [String]) -> String {
        groups.map { $0.replacing("\\", with: "\\\\").replacing(";", with: "\\;") }.joined(separator: ";")
    }

    /// The groups of a field; spaces around them, and empty ones, do not count.
    static func split(_ field: String) -> [String] {
        var groups = [""]
        var isEscaped = false
        for character in field {
            if isEscaped {
                groups[groups.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == ";" {
                groups.append("")
            } else {
                groups[groups.count - 1].append(character)
            }
        }
        return groups.map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
