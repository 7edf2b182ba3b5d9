import FleetModel
import NIOConcurrencyHelpers

/// The bodies that are there and did not give an image: busy for long, or failing. Each is asked again after a pause, which is
/// twice as long each time, until it gives one. Bounded: one pause a body.
final class BodyTroubles: Sendable {
    private struct Trouble {
        var pause: Duration
        var isWaitedFor = true
    }

    private let pause: Duration
    private let state = NIOLockedValueBox<[ObjectIdentifier: Trouble]>([:])

    init(pause: Duration) {
        self.pause = pause
    }

    private static let longest = 16

    /// How long a body is to be left alone; nil where somebody waits for that already.
    func begin(of body: CameraBody) -> Duration? {
        state.withLockedValue { troubles in
            guard let trouble = troubles[ObjectIdentifier(body)] else {
                troubles[ObjectIdentifier(body)] = Trouble(pause: pause)
                return pause
            }
            guard !trouble.isWaitedFor else { return nil }
            let next = min(trouble.pause * 2, pause * Self.longest)
            troubles[ObjectIdentifier(body)] = Trouble(pause: next)
            return next
        }
    }

    /// The pause is over. A body that is gone is asked when it comes again, and forgotten here.
    func pass(of body: CameraBody, isGone: Bool) {
        state.withLockedValue { troubles in
            if isGone {
                troubles[ObjectIdentifier(body)] = nil
            } else {
                troubles[ObjectIdentifier(body)]?.isWaitedFor = false
            }
        }
    }

    /// The body gave an image.
    func end(of body: CameraBody) {
        state.withLockedValue { troubles in
            guard let trouble = troubles[ObjectIdentifier(body)] else { return }
            troubles[ObjectIdentifier(body)] =
                trouble.isWaitedFor ? Trouble(pause: pause) : nil
        }
    }
}

extension Ingest {
    /// An image could not be had of a body that may be there all the time: what is wanted of it is saved in a while.
    func tryAgain(_ body: CameraBody) {
        guard let pause = troubles.begin(of: body) else { return }
        let isAdded = chores.add { [self] in
            try? await Task.sleep(for: pause)
            let isGone = Task.isCancelled || body.refusal != nil
            troubles.pass(of: body, isGone: isGone)
            if !isGone { await saveWanted(of: body) }
        }
        if !isAdded { troubles.pass(of: body, isGone: true) }
    }
}
