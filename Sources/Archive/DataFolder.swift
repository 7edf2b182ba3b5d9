import Foundation
import GRDB

/// The folder that holds what outlives a restart, and the one database in it.
struct DataFolder {
    /// The folder's path.
    let path: String

    /// Where the database is.
    var databasePath: String { path + "/fleet.sqlite" }

    /// Makes the folder and those above it that are missing, for this user only (mode 0700).
    init(making path: String) throws(RosterError) {
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        self.path = absolute
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .noFolder(path: "\"\(path)\"", reason: "this is no path")
        }
        var folder = ""
        for part in absolute.split(separator: "/") {
            folder += "/" + part
            guard mkdir(folder, 0o700) != 0 else { continue }
            // An existing folder may be reported as read-only or forbidden before it is reported as existing.
            let failure = errno
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue {
                continue
            }
            if failure == ENOSPC || failure == EDQUOT { throw .diskFull(path: absolute) }
            let reason = failure == EEXIST ? "\(folder) is not a folder" : String(cString: strerror(failure))
            throw .noFolder(path: absolute, reason: reason)
        }
        guard access(absolute, W_OK | X_OK) == 0 else { throw .notWritable(path: absolute) }
    }

    /// Opens the database and brings it up to date. A damaged one is set aside and a new one begun; the second value
    /// is then where the damaged file lies now.
    ///
    /// Waits as long as `patience` says for another server, which may be about to end, to let go of it.
    func openDatabase(patience: Duration) throws(RosterError) -> (DatabaseQueue, setAside: String?) {
        do {
            return (try open(patience: patience), nil)
        } catch let error as DatabaseError where Self.tellsDamage(error) {
            let damaged = try setDamagedAside()
            do {
                return (try open(patience: patience), damaged)
            } catch {
                throw reading(error)
            }
        } catch {
            throw reading(error)
        }
    }

    /// A database that lives as long as it is open, for tests.
    static func openInMemory() throws(RosterError) -> DatabaseQueue {
        do {
            return try prepare(DatabaseQueue(named: nil, configuration: configuration(patience: .zero)))
        } catch {
            throw .unusable(path: "The database in memory", reason: "\(error)")
        }
    }

    private func open(patience: Duration) throws -> DatabaseQueue {
        try Self.prepare(DatabaseQueue(path: databasePath, configuration: Self.configuration(patience: patience)))
    }

    private static func configuration(patience: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience / .seconds(1))
        configuration.prepareDatabase { database in
            // Exclusive, so that a second server with the same folder finds out at its start.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            // In KiB. What is read again comes from the system's memory.
            try database.execute(sql: "PRAGMA cache_size = -512")
            // Each commit is on the disk before it is answered.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    private static func prepare(_ queue: DatabaseQueue) throws -> DatabaseQueue {
        try queue.writeWithoutTransaction { database in
            guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
        }
        let migrations = Migrations.all
        if try queue.read(migrations.hasBeenSuperseded) { throw Superseded() }
        try migrations.migrate(queue)
        return queue
    }

    /// Thrown when the database has steps that these migrations do not know.
    private struct Superseded: Error {}

    private static func tellsDamage(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    /// Renames the database and what SQLite keeps beside it to the first free `fleet.sqlite.damaged-N`.
    private func setDamagedAside() throws(RosterError) -> String {
        var number = 1
        while ["", "-wal", "-shm"].contains(where: { exists("\(databasePath).damaged-\(number)\($0)") }) { number += 1 }
        let damaged = "\(databasePath).damaged-\(number)"
        // The write-ahead log goes first: left beside a new database it would be taken for that one's.
        for suffix in ["-wal", "-shm", ""] where exists(databasePath + suffix) {
            guard rename(databasePath + suffix, damaged + suffix) == 0 else {
                throw .unusable(
                    path: databasePath,
                    reason: "it is damaged, and renaming it failed: \(String(cString: strerror(errno)))")
            }
        }
        return damaged
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    private func reading(_ error: any Error) -> RosterError {
        if error is Superseded { return .madeByNewerVersion(path: databasePath) }
        if let error = error as? RosterError { return error }
        guard let error = error as? DatabaseError else { return .unusable(path: databasePath, reason: "\(error)") }
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .inUse(path: databasePath)
        case .SQLITE_FULL: return .diskFull(path: databasePath)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: return .notWritable(path: databasePath)
        default: return .unusable(path: databasePath, reason: error.message ?? "\(error.resultCode)")
        }
    }
}
