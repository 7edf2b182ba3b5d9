import Archive
import Glibc

/// Whether the data folder has room, and whether its roster can be read.
struct DataFolderCheck: MachineCheck {
    /// The folder of names and numbers.
    var folder: String
    /// What may be written on its disk, in bytes; nil where that is not known.
    var free: Int64?
    /// Whether this user may write there, or may make it where it is not there yet.
    var isWritable = true
    /// What the roster says, or why it cannot be read.
    var roster: Result<RosterInspection, RosterError>

    /// Looks at the folder, or at the nearest one above it that is there.
    init(folder: String) {
        var place = folder
        while access(place, F_OK) != 0, let slash = place.lastIndex(of: "/") {
            place = slash == place.startIndex ? "/" : String(place[..<slash])
        }
        var disk = statvfs()
        let free = statvfs(place, &disk) == 0 ? Int64(disk.f_bavail) * Int64(disk.f_frsize) : nil
        let roster = Result { () throws(RosterError) in try Roster.inspect(folder: folder) }
        self.init(folder: folder, free: free, isWritable: access(place, W_OK | X_OK) == 0, roster: roster)
    }

    init(
        folder: String, free: Int64?, isWritable: Bool = true, roster: Result<RosterInspection, RosterError>
    ) {
        self.folder = folder
        self.free = free
        self.isWritable = isWritable
        self.roster = roster
    }

    func findings(on machine: Machine) -> [Finding] { [room, names] }

    private var room: Finding {
        guard isWritable else {
            return .problem(
                "disk", "The data folder \(folder) cannot be written or made by this user.",
                remedy: "Give the user the right to write there, or choose another folder with --data.")
        }
        guard let free else {
            return .hint("disk", "The disk of \(folder) does not say how much room it has.", remedy: nil)
        }
        let sentence = "The disk of \(folder) has \(readableSize(free)) of room"
        let remedy = "Make room there, or choose a folder on another disk with --data."
        if free < 200_000_000 { return .problem("disk", "\(sentence): uploads and names may be lost.", remedy: remedy) }
        if free < 5_000_000_000 {
            return .hint("disk", "\(sentence), little for pictures on their way.", remedy: remedy)
        }
        return .ok("disk", "\(sentence).")
    }

    private var names: Finding {
        switch roster {
        case .success(.absent): return .ok("roster", "There is no roster in \(folder) yet.")
        case .success(.inUse): return .ok("roster", "A server uses the roster in \(folder).")
        case .success(.sound(let count)):
            return .ok("roster", "The roster in \(folder) knows \(count) \(count == 1 ? "camera" : "cameras").")
        case .success(.damaged):
            return .problem(
                "roster", "The roster in \(folder) is damaged: names and numbers are lost unless there is a copy.",
                remedy:
                    "Put a copy of \(folder)/fleet.sqlite in its place, or start the server, which keeps the damaged one "
                    + "aside and begins anew; then: camera-fleet roster import FILE")
        case .failure(let error): return .problem("roster", "\(error)", remedy: nil)
        }
    }
}
