import FleetModel
import NIOConcurrencyHelpers

/// One body of the run, as its clients know it.
struct SoakBody: Sendable {
    /// Its number in the rig of virtual bodies.
    let number: Int
    let port: String
    let camera: CameraReference
    let name: String
    let can: Set<Capability>
    /// What lies on its card from the beginning to the end.
    let object: ObjectPath
    let size: Int64
    /// Of that object, as it was read before anything was broken.
    let digest: String
    /// The names of what is on its card from the beginning.
    let kept: Set<ObjectPath>
    let condition: BodyCondition
}

/// Whether a body can be believed. One that sends bytes at random lies, and nobody can tell; it is believed again when it was
/// repaired and opened anew.
final class BodyCondition: Sendable {
    private struct State {
        var isLying = false
        var lies = 0
        var fault = "nothing yet"
    }

    private let state = NIOLockedValueBox(State())

    func beginLying() {
        state.withLockedValue { state in
            state.isLying = true
            state.lies += 1
        }
    }

    func endLying() { state.withLockedValue { $0.isLying = false } }

    /// What befell the body last.
    var fault: String {
        get { state.withLockedValue { $0.fault } }
        set { state.withLockedValue { $0.fault = newValue } }
    }

    /// What is handed back to `isHonest` when something is done.
    var mark: Int { state.withLockedValue { $0.lies } }

    /// Whether the body was honest all the time since the mark was taken.
    func isHonest(since mark: Int) -> Bool { state.withLockedValue { !$0.isLying && $0.lies == mark } }
}
