public import FleetModel
import Foundation
import GRDB

/// The shots that were armed, kept across restarts in the roster's database, whose calls and errors are described there.
public struct ShotArchive: Sendable {
    private let database: DatabaseQueue

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    /// Keeps a shot as it is now, in place of what was kept of it before, and what its bodies were where that is known. It is
    /// on the disk when this returns.
    public func keep(_ shot: Shot, bodies: [ShotBody]? = nil) async throws(FleetError) {
        try await Roster.write(database) { database in
            try Self.put(shot, database)
            guard let bodies else { return }
            try database.execute(
                sql: "UPDATE shot SET bodies = ? WHERE number = ?", arguments: [try Self.text(bodies), shot.number])
        }
    }

    /// A shot; nil where there is none of that number.
    public func shot(_ number: Int64) async throws(FleetError) -> Shot? {
        try await Roster.read(database) { database in
            try Row.fetchOne(database, sql: "SELECT * FROM shot WHERE number = ?", arguments: [number])
                .map(Self.shot)
        }
    }

    /// So many shots at most, newest first: all of them, or those before one; of a project where one is named.
    public func shots(
        before number: Int64?, limit: Int, project: String? = nil
    ) async throws(FleetError) -> [Shot] {
        try await Roster.read(database) { database in
            var sql = "SELECT * FROM shot WHERE number < ?"
            var arguments: StatementArguments = [number ?? .max]
            if let project {
                sql += " AND project = ?"
                arguments += [project]
            }
            return try Row.fetchAll(
                database, sql: sql + " ORDER BY number DESC LIMIT ?", arguments: arguments + [limit]
            ).map(Self.shot)
        }
    }

    /// The highest number that a shot has; 0 where there is none.
    public func lastNumber() async throws(FleetError) -> Int64 {
        try await Roster.read(database) { database in
            try Int64.fetchOne(database, sql: "SELECT MAX(number) FROM shot") ?? 0
        }
    }

    /// The server that had these shots under way is no more: they end as it left them, with this reason and with the images
    /// that it was to save.
    public func endThoseUnderWay(_ error: FleetError) async throws(FleetError) {
        try await Roster.write(database) { database in
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM shot WHERE state IN ('armed', 'fired')")
            for row in rows {
                var shot = try Self.shot(row)
                let images = try Row.fetchAll(
                    database, sql: "SELECT * FROM image WHERE shot = ? ORDER BY number", arguments: [shot.number])
                for image in images {
                    let camera = BodyID(rawValue: image["body_id"])
                    guard let index = shot.cameras.firstIndex(where: { $0.id == camera }) else { continue }
                    shot.cameras[index].bring(
                        CapturedImage(folder: image["folder"], name: image["name"], size: image["size"] ?? 0))
                }
                try Self.put(shot.abandoned(error), database)
            }
        }
    }

    /// A manifest that there is, or is to be, is out of date then.
    private static func put(_ shot: Shot, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO shot (number, state, fired_at, spread_ns, project, cameras) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (number) DO UPDATE SET state = excluded.state, fired_at = excluded.fired_at,
                    spread_ns = excluded.spread_ns, project = excluded.project, cameras = excluded.cameras,
                    manifest_due = manifest_due + (manifest IS NOT NULL OR manifest_due > 0)
                """,
            arguments: [
                shot.number, shot.state.rawValue, shot.firedAt, shot.spread, shot.project, try text(shot.cameras),
            ])
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func shot(_ row: Row) throws -> Shot {
        let cameras: String = row["cameras"]
        var shot = Shot(
            number: row["number"], state: ShotState(rawValue: row["state"]) ?? .incomplete,
            cameras: try JSONDecoder().decode([ShotCamera].self, from: Data(cameras.utf8)), project: row["project"])
        shot.firedAt = row["fired_at"]
        shot.spread = row["spread_ns"]
        return shot
    }

    /// What the bodies of a shot were, as far as that was kept.
    static func bodies(_ row: Row) -> [ShotBody] {
        guard let text: String = row["bodies"] else { return [] }
        return (try? JSONDecoder().decode([ShotBody].self, from: Data(text.utf8))) ?? []
    }
}
