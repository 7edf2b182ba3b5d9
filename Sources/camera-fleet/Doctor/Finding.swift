/// What a look at one thing of the machine told.
struct Finding: Encodable, Equatable, Sendable {
    /// How much it matters.
    enum Level: String, Encodable, Sendable {
        /// All is well.
        case ok
        /// Bodies work, and could work better or may cease to.
        case hint
        /// Bodies do not work, or not all of them.
        case problem
    }

    /// What was looked at, in one word for programs: `usb-memory`.
    var check: String
    var level: Level
    /// A sentence.
    var message: String
    /// What to do or to type; nil where there is nothing to do.
    var remedy: String?

    static func ok(_ check: String, _ message: String) -> Finding {
        Finding(check: check, level: .ok, message: message)
    }

    static func hint(_ check: String, _ message: String, remedy: String?) -> Finding {
        Finding(check: check, level: .hint, message: message, remedy: remedy)
    }

    static func problem(_ check: String, _ message: String, remedy: String?) -> Finding {
        Finding(check: check, level: .problem, message: message, remedy: remedy)
    }
}

/// A look at one thing of the machine.
protocol MachineCheck: Sendable {
    /// What it finds there; it changes nothing.
    func findings(on machine: Machine) -> [Finding]
}
