import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Keeps others from touching bodies, as long as it runs.
struct Lock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep others from touching one camera, several, or all, until Ctrl-C.",
        discussion: "Others can look meanwhile: live view, settings, files. A lock ends with the command that holds it."
    )

    /// How long a lock is asked for that is to be renewed.
    private static let length = 60.0

    @OptionGroup var selection: CameraSelection

    @Option(help: "Give the lock up by itself after this many seconds.")
    var seconds: Double?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard seconds.map({ $0 > 0 && $0 <= 1e9 }) ?? true else {
            throw ValidationError("--seconds takes a number of seconds above 0.")
        }
    }

    func run() async throws {
        try await server.withConnection(untilInterrupted: true) { connection in
            // One that cannot be locked refuses them all: their locks end with the connection.
            let openings = try await selection.sessions(in: connection)
            let locks = try await sideBySide(openings) { opening in
                do throws(FleetClientError) {
                    let session = try opening.session.get()
                    let until = try await session.lock(seconds: seconds ?? Self.length)
                    return HeldLock(session: session, until: until)
                } catch {
                    guard case .refused = error else { throw error }
                    throw Failure(printable("\(opening.name): \(error)"))
                }
            }
            try await announce(locks)
            try await hold(locks, on: connection)
        }
    }

    private func announce(_ locks: [HeldLock]) async throws {
        if output.json {
            return try await Output.json(
                LockedCameras(
                    cameras: locks.map {
                        .init(id: $0.session.camera.id, name: $0.session.camera.name, until: $0.until)
                    }))
        }
        for lock in locks {
            let end = seconds == nil ? "until Ctrl-C" : "until \(localTime(lock.until)) or Ctrl-C"
            try await Output.line(printable("\(lock.session.camera.name) is locked \(end)"))
        }
    }

    private func hold(_ locks: [HeldLock], on connection: FleetConnection) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Nothing is subscribed to: this ends when the server goes.
                group.addTask { for try await _ in connection.events {} }
                group.addTask {
                    var pause = try await Self.pause(before: locks.map(\.until), on: connection)
                    if let seconds { return try await Task.sleep(for: .seconds(seconds)) }
                    while true {
                        try await Task.sleep(for: pause)
                        let ends = try await sideBySide(locks) { try await $0.session.lock(seconds: Self.length) }
                        pause = try await Self.pause(before: ends, on: connection)
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
        } catch FleetClientError.cancelled {
        }
        try await evenIfInterrupted { _ = try await sideBySide(locks) { try await $0.session.unlock() } }
    }

    /// A third of the time that the locks still last, by the server's clock.
    private static func pause(before ends: [Int64], on connection: FleetConnection) async throws -> Duration {
        let now = try await connection.check().time
        return max(.nanoseconds(((ends.min() ?? now) - now) / 3), .milliseconds(100))
    }
}

/// A body that is locked.
private struct HeldLock: Sendable {
    var session: BodySession
    /// Nanoseconds since 1970.
    var until: Int64
}

/// The JSON of `lock`.
private struct LockedCameras: Encodable {
    struct Locked: Encodable {
        var id: BodyID
        var name: String
        /// When the lock ends unless it is renewed, in nanoseconds since 1970.
        var until: Int64
    }

    var cameras: [Locked]
}
