public import FleetModel
import GRDB

/// The projects under which shots and images are kept, in the roster's database, whose calls and errors are described there.
public struct ProjectArchive: Sendable {
    private let database: DatabaseQueue

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    /// Opens a project in place of the one that is open, and makes it where there is none of that name; one that is open
    /// stays so. `time` is in nanoseconds since 1970. `whenKept` is called once it is on the disk, in the order in which
    /// projects are opened and closed.
    ///
    /// Throws Invalid_Parameter for what no name can be.
    public func open(
        _ name: String, at time: Int64, whenKept: @escaping @Sendable () -> Void = {}
    ) async throws(FleetError) {
        try RosterRules.check(project: name)
        try await Roster.write(database) { database in
            database.afterNextTransaction { _ in whenKept() }
            guard try Self.openOne(database) != name else { return }
            try database.execute(sql: "UPDATE project SET is_open = 0 WHERE is_open = 1")
            let opening = try Int64.fetchOne(database, sql: "SELECT MAX(opening) FROM project") ?? 0
            try database.execute(
                sql: """
                    INSERT INTO project (name, opening, opened_at, is_open) VALUES (?, ?, ?, 1)
                    ON CONFLICT (name) DO UPDATE SET opening = excluded.opening, opened_at = excluded.opened_at, is_open = 1
                    """, arguments: [name, opening + 1, time])
        }
    }

    /// Closes the project that is open, if one is. `whenKept` is called as `open` says.
    public func close(whenKept: @escaping @Sendable () -> Void = {}) async throws(FleetError) {
        try await Roster.write(database) { database in
            database.afterNextTransaction { _ in whenKept() }
            try database.execute(sql: "UPDATE project SET is_open = 0 WHERE is_open = 1")
        }
    }

    /// The project that is open.
    public func openOne() async throws(FleetError) -> String? {
        try await Roster.read(database) { database in try Self.openOne(database) }
    }

    /// So many projects at most, the one opened last first: all of them, or those that were opened before one.
    ///
    /// Throws Invalid_Parameter when there is none of that name.
    public func projects(before name: String? = nil, limit: Int) async throws(FleetError) -> [Project] {
        try await Roster.read(database) { database in
            let last = try name.map { name in try Self.opening(of: name, database) }
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT *, (SELECT COUNT(*) FROM shot WHERE shot.project = project.name) AS shots,
                        (SELECT COUNT(*) FROM image WHERE image.project = project.name AND state = 'saved') AS images
                    FROM project WHERE opening < ? ORDER BY opening DESC LIMIT ?
                    """, arguments: [last ?? .max, limit]
            ).map { row in
                Project(
                    name: row["name"], openedAt: row["opened_at"], shots: row["shots"], images: row["images"],
                    isOpen: row["is_open"])
            }
        }
    }

    /// Throws Invalid_Parameter when there is no project of that name.
    public func require(_ name: String) async throws(FleetError) {
        try await Roster.read(database) { database in _ = try Self.opening(of: name, database) }
    }

    private static func openOne(_ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT name FROM project WHERE is_open = 1")
    }

    private static func opening(of name: String, _ database: Database) throws -> Int64 {
        let opening = try Int64.fetchOne(database, sql: "SELECT opening FROM project WHERE name = ?", arguments: [name])
        guard let opening else { throw FleetError(.invalidParameter, "No project is called \(name).") }
        return opening
    }
}
