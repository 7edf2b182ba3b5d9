import FleetModel
import NIOConcurrencyHelpers

/// Every open session of the fleet, for the ports that know a session by its number alone.
final class SessionTable: Sendable {
    private struct State {
        var sessions: [UInt32: Session] = [:]
        var last: UInt32 = 0
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Opens a session with a number that no living one has.
    func open(_ make: (UInt32) -> Session) throws(FleetError) -> Session {
        let session = state.withLockedValue { state -> Session? in
            guard state.sessions.count < limit else { return nil }
            repeat { state.last = state.last == .max ? 1 : state.last + 1 } while state.sessions[state.last] != nil
            let session = make(state.last)
            state.sessions[session.id] = session
            return session
        }
        guard let session else {
            throw FleetError(.tooMany, "\(limit) sessions are open already; close some first.")
        }
        return session
    }

    /// The living session of that number.
    func session(_ id: UInt32) -> Session? {
        state.withLockedValue { $0.sessions[id] }
    }

    /// Forgets a session that was closed.
    func remove(_ id: UInt32) {
        state.withLockedValue { _ = $0.sessions.removeValue(forKey: id) }
    }

    /// The sessions of a body.
    func sessions(of body: CameraBody) -> [Session] {
        state.withLockedValue { state in state.sessions.values.filter { $0.body === body } }
    }
}
