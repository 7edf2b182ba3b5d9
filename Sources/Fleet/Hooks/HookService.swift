import FleetModel
public import Logging
import NIOConcurrencyHelpers
import PacketProtocol
public import ServiceLifecycle

/// Runs a command of the user's for each image that is saved while it listens, and for each shot that was released and is
/// over.
///
/// Bounded: it listens like any client, and `waiting` occasions may wait for their turn; one more is not run, counted, and
/// logged, once a minute at most. Of commands `atOnce` run at one time, each for its limit. Nothing waits for a hook but the
/// next hooks and, for a moment, the server's end.
public struct HookService: Service {
    /// How many hooks run at one time, how long each may, and how many may wait.
    public struct Limits: Sendable {
        /// How many run at one time.
        public var atOnce = 2
        /// How long one may run before it is asked to end (SIGTERM), and then killed.
        public var time: Duration = .seconds(60)
        /// How many images and shots may wait for theirs.
        public var waiting = 1024

        /// The usual ones.
        public init(atOnce: Int = 2, time: Duration = .seconds(60), waiting: Int = 1024) {
            self.atOnce = atOnce
            self.time = time
            self.waiting = waiting
        }
    }

    /// How long those that run may go on when the server ends, and how long one has between SIGTERM and SIGKILL.
    private static let endingTime = Duration.seconds(1)

    private let listener: EventListener
    private let onImage: Hook?
    private let onShot: Hook?
    private let limits: Limits
    private let folder: String
    private let environment: [String: String]
    private let logger: Logger

    /// Runs `onImage` and `onShot` for what the registry tells from now on. `folder` is the data folder, an absolute path; the
    /// environment of each is `environment`.
    public init(
        registry: CameraRegistry, folder: String, onImage: Hook?, onShot: Hook?, limits: Limits = Limits(),
        environment: [String: String], logger: Logger
    ) {
        listener = registry.events.listen(capacity: limits.waiting)
        var wanted: Set<EventCode> = []
        if onImage != nil { wanted.insert(.imageSaved) }
        if onShot != nil { wanted.insert(.shotComplete) }
        listener.want(wanted)
        self.onImage = onImage
        self.onShot = onShot
        self.limits = limits
        self.folder = folder
        self.environment = environment
        self.logger = logger
    }

    /// Runs until the server stops, and then a moment longer for the hooks that run.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await runHooks() }
            group.addTask {
                try? await gracefulShutdown()
                listener.cancel()
                try? await Task.sleep(for: Self.endingTime)
            }
            // The server ends, or is to; whoever comes first, the other is not waited for any longer.
            _ = await group.next()
            group.cancelAll()
        }
    }

    private func runHooks() async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            var losses = LostHooks()
            for await event in listener.events {
                if running == limits.atOnce {
                    _ = await group.next()
                    running -= 1
                }
                tell(losses.take(listener.takeLost(), at: .now))
                guard !Task.isShuttingDownGracefully, !Task.isCancelled else { break }
                guard let (hook, occasion) = work(for: event) else { continue }
                running += 1
                group.addTask { await run(hook, occasion) }
            }
            tell(losses.rest(and: listener.takeLost()))
        }
    }

    private func work(for event: FleetEvent) -> (Hook, HookOccasion)? {
        switch event {
        case .imageSaved(let image): onImage.map { ($0, HookOccasion(image, in: folder)) }
        // One that was given up before its release brought nothing.
        case .shotComplete(let shot): shot.firedAt == nil ? nil : onShot.map { ($0, HookOccasion(shot, in: folder)) }
        default: nil
        }
    }

    private func run(_ hook: Hook, _ occasion: HookOccasion) async {
        let words = HookOutputHandler.Words([])
        let command = UserCommand(file: hook.file, limit: limits.time, patience: Self.endingTime, folder: folder)
        let end = await command.run(
            hook.arguments + occasion.arguments, environment: environment, input: occasion.input,
            output: { HookOutputHandler(words) })
        var metadata: Logger.Metadata = [
            "hook": "\(hook.file)", "of": "\(occasion.subject)", "says": "\(HookOutputHandler.text(of: words))",
        ]
        switch end {
        case .exited(code: 0): logger.debug("hook ended", metadata: metadata)
        case .exited(let code):
            metadata["code"] = "\(code)"
            logger.warning("hook failed", metadata: metadata)
        case .killed:
            metadata["limit"] = "\(limits.time.formattedSeconds)"
            logger.warning("hook was ended", metadata: metadata)
        case .notStarted(let reason):
            metadata["why"] = "\(reason)"
            logger.error("hook did not start", metadata: metadata)
        }
    }

    private func tell(_ lost: Int) {
        guard lost > 0 else { return }
        logger.warning(
            "hooks not run: too many waited; have them do less, or let more run at one time",
            metadata: ["count": "\(lost)"])
    }
}

/// Counts hooks that were not run, so that they are told once a minute at most.
private struct LostHooks {
    private static let interval = Duration.seconds(60)

    private var untold = 0
    private var next: ContinuousClock.Instant?

    /// So many more were lost; gives how many are to be told now.
    mutating func take(_ lost: Int, at now: ContinuousClock.Instant) -> Int {
        untold += lost
        guard untold > 0, next.map({ $0 <= now }) ?? true else { return 0 }
        next = now + Self.interval
        defer { untold = 0 }
        return untold
    }

    /// Those that nobody was told of.
    func rest(and lost: Int) -> Int { untold + lost }
}
