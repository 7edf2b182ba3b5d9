import Archive
import FleetModel
import NIOConcurrencyHelpers

/// The images that found no room on the disk, and wait for some to be made. Bounded by `capacity`: one more stays on its card,
/// until it is fetched by a command or its body comes again.
final class LackOfRoom: Sendable {
    private struct State {
        var waiting: [ImageSaving] = []
        var isWatched = false
    }

    private let capacity: Int
    private let state = NIOLockedValueBox(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// An image waits from now on; true where nobody watches the disk yet.
    func add(_ saving: ImageSaving) -> Bool {
        state.withLockedValue { state in
            guard state.waiting.count < capacity else { return false }
            state.waiting.append(saving)
            defer { state.isWatched = true }
            return !state.isWatched
        }
    }

    /// How many bytes the smallest of them has.
    var leastSize: Int64 { state.withLockedValue { $0.waiting.map(\.size).min() ?? 0 } }

    /// Takes all of them; nobody watches the disk any more.
    func takeAll() -> [ImageSaving] {
        state.withLockedValue { state in
            defer { state = State() }
            return state.waiting
        }
    }
}

extension Ingest {
    private static let lookInterval = Duration.seconds(1)

    /// An image found no room.
    func waitForRoom(_ saving: ImageSaving) {
        guard lack.add(saving), !chores.add({ [self] in await watchForRoom() }) else { return }
        _ = lack.takeAll()
    }

    private func watchForRoom() async {
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            guard (try? policy.requireRoom(for: lack.leastSize, in: archive.folder)) != nil else { continue }
            for saving in lack.takeAll() { retry(saving) }
            return
        }
    }
}
