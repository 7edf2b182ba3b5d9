import Glibc
import NIOConcurrencyHelpers

/// A place among those that run at once; it is free again when nobody holds it any more.
///
/// Tests run side by side, all of them where nothing holds them: two hundred bodies that are opened in the same moment take
/// longer than their drivers wait for an answer.
final class Place: Sendable {
    private struct State {
        var free: Int
        /// First come, first served.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// The places of whole fleets: a few for each processor, since they wait more than they work.
    private static let state = NIOLockedValueBox(State(free: max(4, 3 * sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

    private init() {}

    /// Takes a place, once there is one.
    static func take() async -> Place {
        await withCheckedContinuation { continuation in
            let isFree = state.withLockedValue { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        return Place()
    }

    deinit {
        let next = Self.state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
