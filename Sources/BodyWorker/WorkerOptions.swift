/// What a worker is started with.
public struct WorkerOptions: Sendable, Equatable {
    /// What it is to do.
    public enum Task: Sendable, Equatable {
        /// Open the body at a port and serve it.
        case serve(port: String, model: String?)
        /// Say which models libgphoto2 knows on USB.
        case tellKnownModels
    }

    /// What it is to do.
    public var task: Task
    /// The folder that is its HOME, where libgphoto2 keeps settings.
    public var home: String
    /// The name under which bodies on the network know the server: 32 hexadecimal digits.
    public var guid: String?
    /// How long a body on the network may be silent while it is opened.
    public var patienceMilliseconds = 7500

    /// How to call the program.
    public static let usage =
        "usage: body-worker --port PORT [--model MODEL] --home DIR [--guid HEX] [--patience-ms N]"
        + " | --known-models --home DIR"

    /// Reads a command line without the program's name; nil when it is none.
    public init?(_ arguments: [String]) {
        var (port, model, home): (String?, String?, String?)
        var other: Task?
        var rest = arguments[...]
        while let option = rest.popFirst() {
            if option == "--known-models" {
                other = .tellKnownModels
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--port": port = value
            case "--model": model = value
            case "--home": home = value
            case "--guid":
                guard value.utf8.count == 32, value.allSatisfy(\.isHexDigit) else { return nil }
                guid = value
            case "--patience-ms":
                guard let number = Int(value), number > 0 else { return nil }
                patienceMilliseconds = number
            default: return nil
            }
        }
        guard let home, home.hasPrefix("/") else { return nil }
        self.home = home
        if let other {
            task = other
        } else {
            guard let port else { return nil }
            task = .serve(port: port, model: model)
        }
    }
}
