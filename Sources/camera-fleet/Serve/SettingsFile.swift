import Yams

/// A file of settings for `serve`: YAML, one mapping, whose keys are the long names of the command's options.
struct SettingsFile {
    /// The longest that is read, in bytes.
    private static let longest = 65_536

    /// The settings in the file's order, each with its key.
    let settings: [ServeSetting]

    /// Reads a file's text. `name` stands in sentences.
    ///
    /// Throws a sentence for what is no YAML, an unknown key and a value that its key does not take.
    init(_ text: String, name: String) throws {
        guard text.utf8.count <= Self.longest else { throw Failure("\(name) is longer than \(Self.longest) bytes.") }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw Failure("\(name) is no YAML: \(error)")
        }
        // A file of comments alone has no settings.
        guard let root, !Self.isEmpty(root) else {
            settings = []
            return
        }
        guard case .mapping(let mapping) = root else {
            throw Failure("\(name) has to be made of lines such as: command-port: 5555")
        }
        settings = try mapping.map { key, value in
            guard case .scalar(let key) = key else { throw Failure("\(name) has a key that is no word.") }
            let place = "\(name)\(key.mark.map { ", line \($0.line)" } ?? "")"
            guard let kind = ServeSetting.kinds[key.string] else {
                throw Failure(
                    "\(place): there is no setting \"\(printable(key.string))\"\(ServeSetting.advice(key.string))")
            }
            return ServeSetting(
                key: key.string, arguments: try Self.arguments(key.string, kind, value, place), source: place)
        }
    }

    private static func arguments(
        _ key: String, _ kind: ServeSetting.Kind, _ value: Node, _ place: String
    ) throws -> [String] {
        switch (kind, value) {
        case (.list, .sequence(let nodes)):
            return try nodes.flatMap { node in
                guard case .scalar(let scalar) = node, !isEmpty(node) else {
                    throw Failure("\(place): \(key) takes a list of texts.")
                }
                return ServeSetting.arguments(key, .value, scalar.string) ?? []
            }
        case (.map, .mapping(let mapping)):
            return try mapping.flatMap { name, value in
                guard case .scalar(let name) = name, case .scalar(let scalar) = value, !isEmpty(value) else {
                    throw Failure("\(place): \(key) takes names, each with a text.")
                }
                return ServeSetting.arguments(key, .value, "\(name.string)=\(scalar.string)") ?? []
            }
        case (.map, _): throw Failure("\(place): \(key) takes names, each with a text: {name: text}.")
        case (_, .scalar(let scalar)):
            guard !isEmpty(value), let arguments = ServeSetting.arguments(key, kind, scalar.string) else {
                throw Failure("\(place): \(key) takes \(kind == .flag ? "true or false" : "a value").")
            }
            return arguments
        default:
            throw Failure("\(place): \(key) takes \(kind == .list ? "a list of texts" : "one value").")
        }
    }

    /// Whether there is nothing (`key:` with nothing after it, `~` and `null`).
    private static func isEmpty(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }
}
