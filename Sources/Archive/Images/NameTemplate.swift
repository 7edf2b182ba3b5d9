public import FleetModel
import Foundation

/// How saved images are called: words in braces stand for what an image is. Whatever they stand for, the result stays within
/// its folder: what a word brings can hold no `/`, begin no part with a dot, and be no control character.
public struct NameTemplate: Sendable, Hashable {
    /// What an image is, for its name.
    public struct Values: Sendable {
        /// When it was taken or told of, in nanoseconds since 1970.
        public var time: Int64
        /// The body's id, its name and number, its groups and serial number when the image came.
        public var camera: CameraInfo
        /// The shot that it is of.
        public var shot: Int64?
        /// The project that it is of.
        public var project: String?
        /// Its name on the body.
        public var name: String
        /// A number that no other image has.
        public var sequence: Int64

        /// What an image is.
        public init(
            time: Int64, camera: CameraInfo, shot: Int64?, project: String? = nil, name: String, sequence: Int64
        ) {
            self.time = time
            self.camera = camera
            self.shot = shot
            self.project = project
            self.name = name
            self.sequence = sequence
        }
    }

    /// The words that a template can have.
    public static let words = [
        "project", "shot", "id", "camera", "number", "group", "serial", "date", "time", "original", "ext", "sequence",
    ]

    /// A folder a day, in it a folder a body.
    public static let folderOfBody = "{date}/{camera}/{original}.{ext}"
    /// A folder a shot, with images that are called by their body's number.
    public static let folderOfShot = "shot-{shot}/{number}-{original}.{ext}"
    /// A folder a project, in it a folder a shot.
    public static let folderOfProject = "{project}/" + folderOfShot
    /// What Meshroom takes for a calibrated rig: `rig/NUMBER/` with the frames of one body in each.
    public static let meshroom = "rig/{number}/{shot}.{ext}"
    /// Templates by name.
    public static let presets = [
        "body": folderOfBody, "shot": folderOfShot, "project": folderOfProject, "meshroom": meshroom,
    ]

    private enum Part: Sendable, Hashable {
        case text(String)
        case word(String)
    }

    /// The template as it was written.
    public let text: String
    private let parts: [Part]
    private let timeZone: TimeZone

    /// Reads a template, or the name of a preset.
    ///
    /// Throws Invalid_Parameter for a word that is none, and for a template that leaves its folder, begins a part with a
    /// dot, or would call every image the same.
    public init(_ text: String, inUTC: Bool = false) throws(FleetError) {
        let written = Self.presets[text] ?? text
        self.text = text
        timeZone = inUTC ? .gmt : .autoupdatingCurrent
        var parts: [Part] = []
        var rest = written[...]
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let end = rest[brace...].firstIndex(of: "}") else {
                throw Self.invalid(text, "a brace stands alone in it")
            }
            let word = String(rest[rest.index(after: brace)..<end])
            guard Self.words.contains(word) else {
                throw Self.invalid(text, "{\(word)} is none of its words: \(Self.words.joined(separator: ", "))")
            }
            if brace > rest.startIndex { parts.append(.text(String(rest[..<brace]))) }
            parts.append(.word(word))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
        let components = written.split(separator: "/", omittingEmptySubsequences: false)
        guard !components.contains(where: { $0.isEmpty || $0.hasPrefix(".") }) else {
            throw Self.invalid(text, "no part of it may be empty or begin with a dot")
        }
        guard !written.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw Self.invalid(text, "it has a control character")
        }
        guard parts.contains(.word("original")) || parts.contains(.word("sequence")) || parts.contains(.word("shot"))
        else { throw Self.invalid(text, "it needs {original}, {sequence} or {shot}, which tell images apart") }
        guard written.utf8.count <= 500 else { throw Self.invalid(text, "it is longer than 500 bytes") }
    }

    private static func invalid(_ text: String, _ why: String) -> FleetError {
        FleetError(.invalidParameter, "\"\(text)\" can name no images: \(why).")
    }

    /// The name of an image, as a path without a slash in front. `copy` is 1 for the first that is called so, and else stands
    /// behind the name: `DSC_0001-2.JPG`.
    public func name(_ values: Values, copy: Int = 1) -> String {
        let parts = self.parts.map { part in
            switch part {
            case .text(let text): text
            case .word(let word): self.value(of: word, values)
            }
        }
        var components = parts.joined().split(separator: "/").map { Self.component(String($0)) }
        guard copy > 1, let last = components.popLast() else { return components.joined(separator: "/") }
        let dot = last.lastIndex(of: ".") ?? last.endIndex
        components.append("\(last[..<dot])-\(copy)\(last[dot...])")
        return components.joined(separator: "/")
    }

    private func value(of word: String, _ values: Values) -> String {
        let dot = values.name.lastIndex(of: ".")
        let text =
            switch word {
            case "shot": values.shot.map { Self.padded($0, 5) } ?? "single"
            case "project": values.project ?? "none"
            case "id": values.camera.id.rawValue
            case "camera": values.camera.name
            case "number": Self.padded(Int64(values.camera.cameraNumber), 2)
            case "group": values.camera.groups.first ?? "none"
            case "serial": values.camera.serial ?? "none"
            case "date": stamp(values.time, [.year, .month, .day], "-")
            case "time": stamp(values.time, [.hour, .minute, .second], "-")
            case "original": dot.map { String(values.name[..<$0]) } ?? values.name
            case "ext": dot.map { String(values.name[values.name.index(after: $0)...]) } ?? "bin"
            default: Self.padded(values.sequence, 6)
            }
        return text.replacing("/", with: "_")
    }

    private func stamp(_ time: Int64, _ fields: [Calendar.Component], _ separator: String) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let date = Date(timeIntervalSince1970: Double(time) / 1e9)
        return fields.map { Self.padded(Int64(calendar.component($0, from: date)), 2) }.joined(separator: separator)
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A part of a path that leads nowhere else: 200 bytes at most, so that a counter fits behind it.
    private static func component(_ text: String) -> String {
        let kept = String(
            text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator, .format: Character("_")
                default: Character(scalar)
                }
            })
        var short = kept.hasPrefix(".") ? "_" + kept.dropFirst() : kept
        guard short.utf8.count > 200 else { return short }
        let dot = short.lastIndex(of: ".")
        let suffix = dot.map { String(short[$0...]) }.flatMap { $0.utf8.count <= 20 ? $0 : nil } ?? ""
        while short.utf8.count + suffix.utf8.count > 200 { short.removeLast() }
        return short + suffix
    }
}
