public import FleetModel
import Foundation
import GRDB

/// Settings that were saved by name, kept across restarts in the roster's database, whose calls and errors are described
/// there.
public struct PresetArchive: Sendable {
    /// More are refused: they are all of one answer.
    public static let limit = 1000

    private let database: DatabaseQueue

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    /// Keeps a preset, in place of one of that name.
    ///
    /// Throws Invalid_Parameter for what no name can be, Too_Many when no more are kept.
    public func keep(_ preset: Preset) async throws(FleetError) {
        try RosterRules.check(preset: preset.name)
        try await Roster.write(database) { database in
            let others = try Int.fetchOne(
                database, sql: "SELECT COUNT(*) FROM preset WHERE name <> ?", arguments: [preset.name])
            guard others ?? 0 < Self.limit else {
                throw FleetError(.tooMany, "There are \(Self.limit) presets already; delete some first.")
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try database.execute(
                sql: "INSERT OR REPLACE INTO preset (name, model, widgets) VALUES (?, ?, ?)",
                arguments: [
                    preset.name, preset.model, String(decoding: try encoder.encode(preset.widgets), as: UTF8.self),
                ])
        }
    }

    /// The preset of a name.
    ///
    /// Throws Invalid_Parameter when there is none.
    public func preset(_ name: String) async throws(FleetError) -> Preset {
        try await Roster.read(database) { database in
            let row = try Row.fetchOne(database, sql: "SELECT * FROM preset WHERE name = ?", arguments: [name])
            guard let row else { throw Self.unknown(name) }
            return try Self.preset(row)
        }
    }

    /// All of them, in order of name.
    public func presets() async throws(FleetError) -> [Preset] {
        try await Roster.read(database) { database in
            try Row.fetchAll(database, sql: "SELECT * FROM preset ORDER BY name").map(Self.preset)
        }
    }

    /// Drops the preset of a name.
    ///
    /// Throws Invalid_Parameter when there is none.
    public func delete(_ name: String) async throws(FleetError) {
        try await Roster.write(database) { database in
            try database.execute(sql: "DELETE FROM preset WHERE name = ?", arguments: [name])
            guard database.changesCount > 0 else { throw Self.unknown(name) }
        }
    }

    private static func preset(_ row: Row) throws -> Preset {
        let widgets: String = row["widgets"]
        return Preset(
            name: row["name"], model: row["model"],
            widgets: try JSONDecoder().decode([String: WidgetValue].self, from: Data(widgets.utf8)))
    }

    private static func unknown(_ name: String) -> FleetError {
        FleetError(.invalidParameter, "No preset is called \(name).")
    }
}
