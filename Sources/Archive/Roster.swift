public import FleetModel
import Foundation
import GRDB

/// The bodies that this fleet has met, with their numbers, names and groups, kept across restarts.
///
/// It lives in `fleet.sqlite` of the data folder (SQLite, write-ahead log, synchronous FULL), which one roster at a time
/// holds, until its last reference ends. Its calls run one after another, each in one transaction: all of a call is on
/// the disk when it returns, or none of it. They throw `FleetError`: Invalid_Parameter for what a person can put right,
/// Store_Full when the disk is full, Transaction_Cancelled when the calling task is cancelled, General_Error for any
/// other trouble of the database.
public final class Roster: Sendable {
    /// Where a damaged database was moved to, if one was found: its server begins with an empty roster and tells so.
    public let damagedDatabase: String?

    private let database: DatabaseQueue
    private let now: @Sendable () -> Int64

    /// Opens the roster of that data folder, which is made (mode 0700) if it is not there. A damaged database is kept
    /// aside as `fleet.sqlite.damaged-N` and a new one begun (see `damagedDatabase`). Where another server
    /// holds it, waits as long as `patience` says for that one to end.
    ///
    /// `now` tells the time in nanoseconds since 1970.
    public init(
        folder: String, patience: Duration = .seconds(5), now: @escaping @Sendable () -> Int64 = Roster.systemTime
    ) throws(RosterError) {
        (database, damagedDatabase) = try DataFolder(making: folder).openDatabase(patience: patience)
        self.now = now
    }

    /// A roster in memory, which ends with its last reference: for tests.
    public init(inMemoryWithTimeFrom now: @escaping @Sendable () -> Int64 = Roster.systemTime) throws(RosterError) {
        database = try DataFolder.openInMemory()
        damagedDatabase = nil
        self.now = now
    }

    /// The shots, which are kept in the same database.
    public var shots: ShotArchive { ShotArchive(database) }

    /// The presets, which are kept there, too.
    public var presets: PresetArchive { PresetArchive(database) }

    /// The projects, which are kept there, too.
    public var projects: ProjectArchive { ProjectArchive(database) }

    /// The images, which lie in a folder as well, and in a second one where that is wanted: one archive of it is made.
    /// `companions` are written beside them.
    public func images(
        in folder: String, template: NameTemplate, secondFolder: String? = nil, companions: Companions = Companions(),
        files: any FileOperations = DiskOperations()
    ) -> ImageArchive {
        ImageArchive(
            database, folder: folder, template: template, secondFolder: secondFolder, companions: companions,
            files: files)
    }

    /// The system's time in nanoseconds since 1970.
    public static let systemTime: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Every body, in order of number.
    public func entries() async throws(FleetError) -> [RosterEntry] {
        try await read { database in try RosterRecord.fetchAll(database).entries }
    }

    /// The body of that id, or nil if the roster does not know it.
    public func entry(_ id: BodyID) async throws(FleetError) -> RosterEntry? {
        try await entries().first { $0.id == id }
    }

    /// The least camera_number, from 1 on, that no body of the roster has and that is not excluded. It is free when the
    /// call returns; only `admit` takes it.
    public func leastFreeNumber(excluding excluded: Set<Int> = []) async throws(FleetError) -> Int {
        try await read { database in try RosterRecord.fetchAll(database).leastFreeNumber(excluding: excluded) }
    }

    /// Takes in a body that has been opened. A known one keeps number, name and groups, and what it says of itself is
    /// brought up to date. A new one gets the proposed number if no body of the roster has it, else the least number
    /// that is free and not reserved (by bodies that are still provisional). A body that comes over the network, without
    /// `usb`, keeps what is known of it on USB.
    public func admit(
        id: BodyID, model: String, manufacturer: String, serial: String?, port: String, usb: UsbTrace? = nil,
        proposedNumber: Int? = nil, reservedNumbers: Set<Int> = []
    ) async throws(FleetError) -> RosterEntry {
        try RosterRules.check(id: id)
        let seen = now()
        return try await write { database in
            let known = try RosterRecord.fetchAll(database)
            let former = known.first { $0.id == id }
            let number: Int
            if let former {
                number = former.cameraNumber
            } else if let proposedNumber, RosterRules.cameraNumbers.contains(proposedNumber),
                !known.contains(where: { $0.cameraNumber == proposedNumber })
            {
                number = proposedNumber
            } else {
                number = try known.leastFreeNumber(excluding: reservedNumbers)
            }
            let record = RosterRecord(
                id: id, cameraNumber: number, givenName: former?.givenName, groups: former?.groups ?? [], model: model,
                manufacturer: manufacturer, serial: serial, lastPort: port, usb: usb ?? former?.usb,
                releaseOffset: former?.releaseOffset ?? 0, lastSeen: seen)
            try former?.delete(database)
            try record.insert(database)
            return try Self.only(id, of: RosterRecord.fetchAll(database).entries)
        }
    }

    /// Changes number, name and groups of one body: all that is asked, or nothing (protocol.md, SET_CAMERA_NAME).
    ///
    /// Throws Invalid_Parameter for an unknown body, a number or name that is taken, and for what no number, name or
    /// group can be.
    @discardableResult
    public func change(_ id: BodyID, _ change: RosterChange) async throws(FleetError) -> RosterEntry {
        try Self.only(id, of: await self.change([id: change]))
    }

    /// Changes any number of bodies at once, or none of them (protocol.md, SET_CAMERA_NUMBERS). Only the outcome must be
    /// free of doubles, so bodies can trade numbers and names. Gives every body of the roster, in order of number.
    ///
    /// Throws as the change of one body does.
    @discardableResult
    public func change(_ changes: [BodyID: RosterChange]) async throws(FleetError) -> [RosterEntry] {
        try await write { database in
            let before = try RosterRecord.fetchAll(database)
            var after = before
            for (id, change) in changes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                guard let index = after.firstIndex(where: { $0.id == id }) else { throw Self.unknown(id) }
                try Self.apply(change, to: &after[index])
            }
            for record in after {
                guard let change = changes[record.id] else { continue }
                if change.cameraNumber != nil { try RosterRules.checkNumberIsFree(of: record, among: after) }
                if case .give = change.name { try RosterRules.checkNameIsFree(of: record, among: after) }
            }
            // All old rows go before the first new one comes: numbers may trade places.
            let changed = zip(before, after).filter { $0 != $1 }
            for (old, _) in changed { try old.delete(database) }
            for (_, new) in changed { try new.insert(database) }
            return try RosterRecord.fetchAll(database).entries
        }
    }

    /// Drops a body: its number and name are free, its groups are gone (protocol.md, FORGET_CAMERA). Throws
    /// Invalid_Parameter for an unknown one.
    public func forget(_ id: BodyID) async throws(FleetError) {
        try await write { database in
            guard let record = try RosterRecord.fetchAll(database).first(where: { $0.id == id }) else {
                throw Self.unknown(id)
            }
            try record.delete(database)
        }
    }

    /// The serial numbers that tell nothing, since several bodies have shown them at once.
    public func sharedSerials() async throws(FleetError) -> Set<SharedSerial> {
        try await read { database in
            var found: Set<SharedSerial> = []
            for row in try Row.fetchAll(database, sql: "SELECT model, serial, source FROM shared_serial") {
                guard let source = SharedSerial.Source(rawValue: row["source"]) else { continue }
                found.insert(SharedSerial(model: row["model"], serial: row["serial"], source: source))
            }
            return found
        }
    }

    /// Remembers that a serial number tells nothing.
    public func note(_ shared: SharedSerial) async throws(FleetError) {
        try await write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO shared_serial (model, serial, source) VALUES (?, ?, ?)",
                arguments: [shared.model, shared.serial, shared.source.rawValue])
        }
    }

    private static func apply(_ change: RosterChange, to record: inout RosterRecord) throws(FleetError) {
        switch change.name {
        case .keep: break
        case .clear: record.givenName = nil
        case .give(let name):
            try RosterRules.check(name: name)
            record.givenName = name
        }
        if let number = change.cameraNumber {
            try RosterRules.check(cameraNumber: number)
            record.cameraNumber = number
        }
        if let groups = change.groups { record.groups = try RosterRules.checked(groups: groups) }
        if let offset = change.releaseOffset {
            try RosterRules.check(releaseOffset: offset)
            record.releaseOffset = offset
        }
    }

    private static func only(_ id: BodyID, of entries: [RosterEntry]) throws(FleetError) -> RosterEntry {
        guard let entry = entries.first(where: { $0.id == id }) else { throw unknown(id) }
        return entry
    }

    private static func unknown(_ id: BodyID) -> FleetError {
        RosterRules.invalid("The roster knows no camera \(id): ask for the list of cameras.")
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(FleetError) -> Value {
        try await Self.read(database, body)
    }

    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(FleetError) -> Value {
        try await Self.write(database, body)
    }

    static func read<Value: Sendable>(
        _ database: DatabaseQueue, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(FleetError) -> Value {
        do { return try await database.read(body) } catch { throw Self.reading(error) }
    }

    static func write<Value: Sendable>(
        _ database: DatabaseQueue, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(FleetError) -> Value {
        do { return try await database.write(body) } catch { throw Self.reading(error) }
    }

    static func reading(_ error: any Error) -> FleetError {
        switch error {
        case let error as FleetError: return error
        case is CancellationError:
            return FleetError(.transactionCancelled, "Stopped before the roster was read or changed.")
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL:
                return FleetError(
                    .storeFull, "The disk of the data folder is full: nothing was changed. Make room on it.")
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                return FleetError(
                    .generalError,
                    "The roster's database is damaged. Start the server again: it keeps the damaged file aside and "
                        + "begins a new one.")
            default:
                return FleetError(
                    .generalError,
                    "The roster's database failed (\(error.message ?? "\(error.resultCode)")): see to the disk of the "
                        + "data folder.")
            }
        default:
            return FleetError(.generalError, "The roster's database failed: \(error).")
        }
    }
}
