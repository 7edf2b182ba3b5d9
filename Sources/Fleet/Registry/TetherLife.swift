import PacketProtocol

/// The life of the body at one port, from its plug to its unplugging: which state it is in, what leads from one to the next,
/// and what is to be done there. A value: who carries out the steps tells it what came of them.
struct TetherLife: Sendable {
    /// Where the body is. CAMERA_INFO says `connecting` for the first two, and `busy` for a ready one that exposes.
    enum State: Equatable, Sendable {
        /// It is there, and waits for its turn to be opened.
        case plugged
        /// Its driver is opening it.
        case opening
        /// It is open.
        case ready
        /// It is there and cannot be used; it is tried again.
        case fault
        /// It is not there. On the network it is looked for.
        case unplugged
        /// It has left for good: who comes next at this port is another.
        case gone
    }

    /// What happens to it.
    enum Event: Equatable, Sendable {
        /// Its turn to be opened has come.
        case turnCame
        /// The driver has opened it.
        case opened
        /// Its worker has ended, after the body had been open for so long; nil when it never was.
        case ended(WorkerFailure.Reason?, openFor: Duration?)
        /// A client wanted it opened anew.
        case reset
        /// The time that was to be waited is over, or something has changed meanwhile.
        case waited
        /// Something answers at its address again.
        case found
        /// udev says that its device is gone.
        case removed
    }

    /// What is to be done next.
    enum Step: Equatable, Sendable {
        /// Wait for a turn to be opened.
        case awaitTurn
        /// Start a worker. `isKnown`: it was open before, so it need not be given long.
        case open(isKnown: Bool)
        /// Leave it alone for so long.
        case wait(Duration)
        /// See whether anything answers at its address, after so long.
        case look(after: Duration)
        /// Nothing: it lives on, or has ended.
        case none
    }

    private(set) var state = State.plugged
    private let isNetwork: Bool
    private let patience: TetherPatience
    private var wasOpen = false
    private var failures = 0
    private var looks = 0

    init(isNetwork: Bool, patience: TetherPatience = TetherPatience()) {
        self.isNetwork = isNetwork
        self.patience = patience
    }

    /// What is to be done after an event. `chance`, from 0 to 1, spreads the pauses, so that bodies that failed together do
    /// not come back together.
    mutating func take(_ event: Event, chance: Double = 0.5) -> Step {
        switch (state, event) {
        case (.gone, _): return .none
        case (_, .removed):
            state = .gone
            return .none
        case (.plugged, .turnCame):
            state = .opening
            return .open(isKnown: wasOpen)
        case (.opening, .opened):
            state = .ready
            wasOpen = true
            looks = 0
            return .none
        case (.opening, .reset), (.ready, .reset):
            return plug()
        case (.opening, .ended(let reason, let time)), (.ready, .ended(let reason, let time)):
            return reason == .unreachable ? lose(chance) : fail(reason, openFor: time, chance)
        case (.fault, .waited), (.unplugged, .found):
            return plug()
        case (.unplugged, .waited):
            guard isNetwork else { return plug() }
            looks += 1
            return look(chance)
        default:
            // What comes late says nothing any more.
            return .none
        }
    }

    private mutating func plug() -> Step {
        state = .plugged
        return .awaitTurn
    }

    private mutating func lose(_ chance: Double) -> Step {
        state = .unplugged
        failures = 0
        looks = 0
        return isNetwork ? look(chance) : .wait(patience.departureTime)
    }

    private func look(_ chance: Double) -> Step {
        .look(after: (looks < 60 ? patience.lookInterval : patience.lookInterval * 3) * (0.9 + 0.2 * chance))
    }

    /// A body that was open gets its first new worker at once; after further failures there is a pause, short enough that a
    /// body that can be opened again is so within three seconds. One whose driver fails soon after each opening was not open
    /// for long enough to start anew.
    private mutating func fail(_ reason: WorkerFailure.Reason?, openFor time: Duration?, _ chance: Double) -> Step {
        state = .fault
        failures = time ?? .zero > patience.steadyTime ? 1 : failures + 1
        guard failures > 1 || time == nil else { return .wait(.zero) }
        let longest: Duration
        switch reason {
        case .held, .permission, .refused: longest = patience.longestHeldPause
        case .unsupported: longest = patience.longestUnsupportedPause
        case .unreachable, .silent, .lost, .driver, nil: longest = patience.longestPause
        }
        return .wait(min(patience.pause * failures, longest) * (1 + 0.2 * chance))
    }
}
