/// A setting of `serve` that was not given on the command line: from the environment, or from a file of settings.
struct ServeSetting: Equatable {
    /// What a setting takes.
    enum Kind {
        /// One value: `--key VALUE`.
        case value
        /// Any number of values: `--key VALUE --key VALUE`.
        case list
        /// Any number of names, each with a value: `--key NAME=VALUE --key NAME=VALUE`.
        case map
        /// true or false: `--key`, `--no-key`.
        case flag
    }

    /// The long names of the options of `serve`, which are the keys of a file of settings, and what each takes.
    static let kinds: [String: Kind] = {
        var kinds: [String: Kind] = [
            "camera": .list, "trigger": .list, "flash": .list, "discover": .flag, "usb": .flag, "names-in-utc": .flag,
            "delete-saved": .flag, "fetch-twice": .flag, "save-group": .map, "capture-to-group": .map,
            "fetch-missed": .flag, "manifests": .flag,
            "xmp": .flag,
        ]
        for key in [
            "virtual", "virtual-personality", "virtual-rig", "bind", "command-port", "live-view-port", "download-port",
            "data", "save", "capture-to", "image-names", "second-copy", "reserve", "log-level", "rescue-command",
            "rescue-after",
            "rescue-every",
            "rescue-limit", "on-image", "on-shot", "hooks-at-once", "hook-time", "connections",
            "sessions", "commands-in-flight", "command-bytes", "data-bytes", "command-seconds", "driver-seconds",
            "ending-seconds", "ticket-seconds", "unused-tickets", "waiting-events", "waiting-commands",
        ] { kinds[key] = .value }
        return kinds
    }()

    var key: String
    /// As they would stand on a command line.
    var arguments: [String]
    /// Where it comes from, as a sentence names it.
    var source: String

    /// What stands on a command line for a text that was given for a key; nil where it takes none such.
    static func arguments(_ key: String, _ kind: Kind, _ text: String) -> [String]? {
        switch kind {
        // In one word, so that a value may begin with a hyphen.
        case .value: ["--\(key)=\(text)"]
        case .list, .map: text.split { $0 == " " || $0 == "," }.map { "--\(key)=\($0)" }
        case .flag:
            switch text.lowercased() {
            case "true": ["--\(key)"]
            case "false": ["--no-\(key)"]
            default: nil
            }
        }
    }

    /// The settings of an environment: CAMERA_FLEET_ and the key in capitals, with `_` for `-`.
    ///
    /// Throws a sentence for a value that its key does not take.
    static func settings(in environment: [String: String]) throws -> [ServeSetting] {
        try kinds.sorted { $0.key < $1.key }.compactMap { key, kind in
            let name = variable(of: key)
            guard let text = environment[name], !text.isEmpty else { return nil }
            guard let arguments = arguments(key, kind, text) else {
                throw Failure("\(name) is \"\(printable(text))\"; it takes true or false.")
            }
            return ServeSetting(key: key, arguments: arguments, source: name)
        }
    }

    /// The name of a key in the environment.
    static func variable(of key: String) -> String {
        "CAMERA_FLEET_" + key.uppercased().replacing("-", with: "_")
    }

    /// The whole command line: what is given there, before that what the environment says of the other keys, and before that
    /// what the file says of those that are left.
    static func merge(file: [ServeSetting], environment: [ServeSetting], commandLine: [String]) -> [String] {
        let given = Set(commandLine.prefix { $0 != "--" }.compactMap(key))
        let ofEnvironment = environment.filter { !given.contains($0.key) }
        let taken = given.union(ofEnvironment.map(\.key))
        return (file.filter { !taken.contains($0.key) } + ofEnvironment).flatMap(\.arguments) + commandLine
    }

    /// The key that a word of a command line sets.
    private static func key(of word: String) -> String? {
        guard word.hasPrefix("--") else { return nil }
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        if kinds[name] != nil { return name }
        guard name.hasPrefix("no-") else { return nil }
        let positive = String(name.dropFirst(3))
        return kinds[positive] == .flag ? positive : nil
    }

    /// Which key was meant, where one is written nearly so.
    static func advice(_ key: String) -> String {
        let plain = key.lowercased().replacing("_", with: "-")
        let near =
            kinds[plain] != nil ? plain : kinds.keys.sorted().first { $0.hasPrefix(plain) || plain.hasPrefix($0) }
        return near.map { "; is it \($0)?" }
            ?? "; `camera-fleet serve --help` lists them, without the hyphens in front."
    }
}
