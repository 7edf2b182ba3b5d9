/// Why the roster cannot be opened, in a sentence that says what to do about it.
public enum RosterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The data folder is not there and cannot be made; the reason is the system's own text.
    case noFolder(path: String, reason: String)
    /// The folder or the database in it cannot be written by this user.
    case notWritable(path: String)
    /// The disk has no room for it.
    case diskFull(path: String)
    /// Another server has the database open.
    case inUse(path: String)
    /// A newer camera-fleet wrote the database.
    case madeByNewerVersion(path: String)
    /// The database cannot be used for another reason, which is SQLite's or the system's own text.
    case unusable(path: String, reason: String)

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .noFolder(let path, let reason):
            "The data folder \(path) cannot be made (\(reason)). Choose another one with --data."
        case .notWritable(let path):
            "\(path) cannot be written by this user. Give the user the right to write there, or choose another folder "
                + "with --data."
        case .diskFull(let path):
            "The disk that holds \(path) is full. Make room on it, or choose a folder on another disk with --data."
        case .inUse(let path):
            "Another camera-fleet uses \(path). Stop it, or give this one a folder of its own with --data."
        case .madeByNewerVersion(let path):
            "\(path) was written by a newer camera-fleet. Run that version, or choose another folder with --data."
        case .unusable(let path, let reason):
            "\(path) cannot be used (\(reason)). Move it away, or choose another folder with --data."
        }
    }
}
