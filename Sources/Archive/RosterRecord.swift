import FleetModel
import GRDB

/// One body as the database holds it.
struct RosterRecord: Equatable {
    var id: BodyID
    var cameraNumber: Int
    var givenName: String?
    var groups: [String] = []
    var model: String
    var manufacturer: String
    var serial: String?
    var lastPort: String
    var usb: UsbTrace?
    var releaseOffset: Int64 = 0
    var lastSeen: Int64

    /// All bodies, in order of number.
    static func fetchAll(_ database: Database) throws -> [RosterRecord] {
        var groups: [String: [String]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT body_id, name FROM body_group") {
            groups[row["body_id"], default: []].append(row["name"])
        }
        return try Row.fetchAll(database, sql: "SELECT * FROM body ORDER BY camera_number").map { row in
            let id: String = row["id"]
            return RosterRecord(
                id: BodyID(rawValue: id), cameraNumber: row["camera_number"], givenName: row["given_name"],
                groups: groups[id, default: []].sorted(), model: row["model"], manufacturer: row["manufacturer"],
                serial: row["serial"], lastPort: row["last_port"], usb: usbTrace(row),
                releaseOffset: row["offset_ns"], lastSeen: row["last_seen"])
        }
    }

    private static func usbTrace(_ row: Row) -> UsbTrace? {
        guard let model: String = row["usb_model"], let socket: String = row["usb_socket"] else { return nil }
        return UsbTrace(model: model, serial: row["usb_serial"], socket: socket)
    }

    func insert(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO body
                    (id, camera_number, given_name, model, manufacturer, serial, last_port, usb_model, usb_serial,
                    usb_socket, offset_ns, last_seen)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, cameraNumber, givenName, model, manufacturer, serial, lastPort, usb?.model, usb?.serial,
                usb?.socket, releaseOffset, lastSeen,
            ])
        for group in groups {
            try database.execute(
                sql: "INSERT INTO body_group (body_id, name) VALUES (?, ?)", arguments: [id.rawValue, group])
        }
    }

    /// Deletes the body and, by its foreign key, its groups.
    func delete(_ database: Database) throws {
        try database.execute(sql: "DELETE FROM body WHERE id = ?", arguments: [id.rawValue])
    }
}

extension [RosterRecord] {
    /// The entries as the roster shows them, in the records' order.
    var entries: [RosterEntry] {
        // Both given names and ids name bodies, so neither is anybody else's default name.
        var owner: [String: BodyID] = [:]
        for record in self {
            if let name = record.givenName { owner[name] = record.id }
            owner[record.id.rawValue] = record.id
        }
        return map { record in
            let byNumber = RosterEntry.defaultName(cameraNumber: record.cameraNumber)
            let isFree = owner[byNumber].map { $0 == record.id } ?? true
            return RosterEntry(
                id: record.id, cameraNumber: record.cameraNumber, givenName: record.givenName, groups: record.groups,
                model: record.model, manufacturer: record.manufacturer, serial: record.serial,
                lastPort: record.lastPort, usb: record.usb, releaseOffset: record.releaseOffset,
                lastSeen: record.lastSeen,
                displayName: record.givenName ?? (isFree ? byNumber : record.id.rawValue))
        }
    }

    /// The least number from 1 on that no body has and that is not among the excluded ones.
    func leastFreeNumber(excluding excluded: Set<Int>) throws(FleetError) -> Int {
        let taken = excluded.union(map(\.cameraNumber))
        for number in RosterRules.cameraNumbers where !taken.contains(number) { return number }
        throw FleetError(.tooMany, "Every camera_number is taken: forget cameras that are gone for good.")
    }
}
