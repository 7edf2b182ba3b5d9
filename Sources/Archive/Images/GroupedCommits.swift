import GRDB

/// Writes to a database that come together are one transaction, and so one wait for the disk: while one is committed the
/// others gather for the next.
///
/// Bounded by who waits: each caller has one write here and is suspended until it is on the disk.
actor GroupedCommits {
    /// Tells who waits what became of their write.
    private typealias Answer = @Sendable () -> Void

    private struct Write {
        let change: @Sendable (Database) throws -> Answer
        let fail: @Sendable (any Error) -> Void
    }

    private let database: DatabaseQueue
    private var waiting: [Write] = []
    private var isCommitting = false

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    /// Has a change on the disk when it returns; what it throws undoes that change alone.
    func write<Value: Sendable>(_ change: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(
                Write(
                    change: { database in
                        let value = try change(database)
                        return { continuation.resume(returning: value) }
                    }, fail: { continuation.resume(throwing: $0) }))
            guard !isCommitting else { return }
            isCommitting = true
            // A task of its own: that of a client who is gone is cancelled, and the database does nothing for such a one.
            Task { await commitAll() }
        }
    }

    private func commitAll() async {
        while !waiting.isEmpty {
            let writes = waiting
            waiting = []
            do {
                let answers = try await database.write { database in
                    try writes.map { write in try Self.answer(to: write, database) }
                }
                for answer in answers { answer() }
            } catch {
                for write in writes { write.fail(error) }
            }
        }
        isCommitting = false
    }

    /// Makes one change; an error that is of this change alone is its answer.
    private static func answer(to write: Write, _ database: Database) throws -> Answer {
        do {
            var answer: Answer = {}
            try database.inSavepoint {
                answer = try write.change(database)
                return .commit
            }
            return answer
        } catch let error as DatabaseError where error.isOfTheDisk {
            throw error
        } catch {
            return { write.fail(error) }
        }
    }
}

extension DatabaseError {
    /// Whether the whole transaction is lost, and not one change of it.
    fileprivate var isOfTheDisk: Bool {
        switch resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_NOMEM: true
        default: false
        }
    }
}
