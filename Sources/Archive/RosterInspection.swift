import Foundation
import GRDB

/// What a look at a roster told, which changes nothing and holds nobody up.
public enum RosterInspection: Sendable, Hashable {
    /// There is none.
    case absent
    /// A server has it open.
    case inUse
    /// It can be read, and has so many bodies.
    case sound(bodies: Int)
    /// SQLite cannot read it.
    case damaged
}

extension Roster {
    /// Looks at the roster of that data folder without making, changing or moving anything.
    ///
    /// Throws what keeps this user from it: `notWritable`, `madeByNewerVersion`, `unusable`.
    public static func inspect(folder: String) throws(RosterError) -> RosterInspection {
        let path = folder + "/fleet.sqlite"
        guard access(path, F_OK) == 0 else {
            if errno == EACCES { throw .notWritable(path: folder) }
            return .absent
        }
        guard access(path, R_OK | W_OK) == 0, access(folder, W_OK | X_OK) == 0 else { throw .notWritable(path: path) }
        do {
            var configuration = Configuration()
            configuration.busyMode = .immediateError
            configuration.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            return try queue.read { database in
                guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else { return .damaged }
                guard try !Migrations.all.hasBeenSuperseded(database) else { throw Superseded() }
                // A server makes the file before its tables.
                guard try database.tableExists("body") else { return .sound(bodies: 0) }
                return .sound(bodies: try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM body") ?? 0)
            }
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: return .inUse
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .damaged
            default: throw .unusable(path: path, reason: error.message ?? "\(error.resultCode)")
            }
        } catch is Superseded {
            throw .madeByNewerVersion(path: path)
        } catch {
            throw .unusable(path: path, reason: "\(error)")
        }
    }

    private struct Superseded: Error {}
}
