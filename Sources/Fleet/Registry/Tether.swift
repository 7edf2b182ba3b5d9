import FleetModel
import Logging
import NIOConcurrencyHelpers
import PacketProtocol

/// What holds a body at one port: waits for its turn, starts its worker, attaches the body when it is open, and starts
/// another worker when that one ends, for as long as the fleet runs and the device is there.
struct Tether: Sendable {
    private let place: Place
    private let notices: TetherNotices
    private let registry: CameraRegistry

    private var port: BodyPort { place.port }
    private var launcher: WorkerLauncher { registry.launcher }
    private var limits: FleetLimits { registry.limits }
    private var logger: Logger { registry.logger }

    init(at place: Place, _ notices: TetherNotices, of registry: CameraRegistry) {
        self.place = place
        self.notices = notices
        self.registry = registry
    }

    /// How far the opening of a body is, as the one who waits for it and the one who watches the time see it.
    private enum OpeningPhase {
        /// The driver is being loaded; then the body is being opened.
        case loading, opening
        case done
        /// The worker was ended in either.
        case notLoaded, notOpened
    }

    /// How one worker's life ended.
    private struct LifeEnd {
        var reason: WorkerFailure.Reason?
        var error: FleetError
        /// How long the body had been open; nil when it never was.
        var openTime: Duration?
        /// Whether a client wants it opened anew.
        var isReset = false
    }

    /// Runs until the task is cancelled, or until a body on USB is gone, which comes back at another port.
    func run(for first: CameraBody) async {
        var body = first
        var life = TetherLife(isNetwork: port.isNetwork, patience: limits.patience)
        var step = TetherLife.Step.awaitTurn
        var turn: OpeningTurns.Turn?
        while !Task.isCancelled, !notices.isRemoved, step != .none {
            switch step {
            case .awaitTurn:
                if body.info.state == .unplugged { await body.connect(at: port, notices) }
                turn = await registry.turns.next()
                step = life.take(.turnCame)
            case .open(let isKnown):
                let end = await live(
                    body: &body, life: &life, patience: isKnown ? limits.reopeningPatience : nil, turn)
                turn?.end()
                step = await after(end, body, &life)
            case .wait(let time):
                if time > .zero { await notices.pause(for: time) }
                step = life.take(.waited)
            case .look(let time):
                await notices.pause(for: time)
                guard !Task.isCancelled else { break }
                let isFound = await NetworkLook.finds(port, within: limits.patience.lookInterval)
                step = life.take(isFound ? .found : .waited, chance: .random(in: 0...1))
            case .none: break
            }
        }
        turn?.end()
        let error =
            notices.isRemoved
            ? gone : FleetError(.cameraUnplugged, "The server is shutting down.")
        await body.detach(.unplugged, error, from: port)
    }

    /// What a body's commands get when its device has left.
    private var gone: FleetError { FleetError(.cameraUnplugged, "The body was unplugged, or switched off.") }

    private func after(_ end: LifeEnd, _ body: CameraBody, _ life: inout TetherLife) async -> TetherLife.Step {
        guard !Task.isCancelled, !notices.isRemoved else { return life.take(.removed) }
        if end.isReset { return life.take(.reset) }
        logger.notice("body lost", metadata: ["port": "\(port)", "why": "\(end.error)"])
        let step = life.take(.ended(end.reason, openFor: end.openTime), chance: .random(in: 0...1))
        await body.detach(life.state == .unplugged ? .unplugged : .fault, end.error, from: port)
        if life.state == .unplugged { await registry.release(port) }
        return step
    }

    /// One worker, from its start to its end.
    private func live(
        body: inout CameraBody, life: inout TetherLife, patience: Duration?, _ turn: OpeningTurns.Turn?
    ) async -> LifeEnd {
        if let obstacle = await UsbObstacle.find(at: place) {
            return LifeEnd(reason: obstacle.reason, error: obstacle.error.fleetError)
        }
        let worker: Worker
        do throws(FleetError) {
            worker = try await launcher.launch(port: port, model: place.model, patience: patience)
        } catch {
            return LifeEnd(error: FleetError(.cameraFault, error.message))
        }
        notices.watch(worker.link, or: gone)
        defer { notices.watch(nil, or: gone) }
        var failure: WorkerFailure?
        var opened: CameraBody?
        var isReset = false
        var openedAt: ContinuousClock.Instant?
        let opening = NIOLockedValueBox(OpeningPhase.loading)
        // Where the link is read: what the worker tells is told before what it answers after that.
        await withTaskExecutorPreference(EventLoopExecutor.commands) {
            await withDiscardingTaskGroup { group in
                group.addTask { await end(worker, in: .loading, of: opening, after: limits.loadingTime) }
                // Cancelled with the server as well: the stream of events ends then.
                for await event in worker.events {
                    switch event {
                    case .prepared:
                        opening.withLockedValue { if $0 == .loading { $0 = .opening } }
                        turn?.prepared()
                        group.addTask { await end(worker, in: .opening, of: opening, after: limits.openingTime) }
                    case .opened(let description):
                        opening.withLockedValue { $0 = .done }
                        turn?.end()
                        guard !notices.isRemoved else { continue }
                        _ = life.take(.opened)
                        if description.isNameless, (opened ?? body).info.serial != nil {
                            failure = .nameless
                            try? await worker.link.close()
                            continue
                        }
                        openedAt = .now
                        let clockToldAt = WallClock.now()
                        let known = await registry.welcome(
                            description, at: place, behind: worker.link, found: opened ?? body)
                        opened = known
                        known.face.noteClock(at: clockToldAt)
                        group.addTask {
                            await registry.ingest.chooseCaptureTarget(of: known, over: worker.link)
                            await known.runCommands(on: worker.link)
                        }
                        group.addTask {
                            await known.liveView.run(on: known, link: worker.link)
                        }
                    case .failed(let reason): failure = reason
                    case .objectAdded(let image): take(image, of: opened ?? body)
                    case .imageHeld(let held): take(held.image, of: opened ?? body, copy: held.file)
                    case .uploaded(let image):
                        registry.tell(.objectAdded(camera: (opened ?? body).info.id, image: image))
                    case .objectRemoved(let object):
                        registry.tell(.objectRemoved(camera: (opened ?? body).info.id, object: object))
                    case .widgetChanged(let changed):
                        let face = (opened ?? body).face
                        if changed.widgetID.hasPrefix("datetime") { face.noteClock(at: WallClock.now()) }
                        registry.tell(
                            .widgetChanged(
                                camera: face.info.id, widget: changed.widgetID, value: changed.value))
                    case .captureComplete:
                        (opened ?? body).seat.completeCapture()
                        registry.tell(.captureComplete(camera: (opened ?? body).info.id))
                    case .status(let status): (opened ?? body).take(status)
                    case .outdated: await (opened ?? body).reopen()
                    case .disarmed: (opened ?? body).seat.disarm()
                    case .knownModels: break
                    }
                }
                // Whatever still waits for the worker is told by the link's end.
                try? await worker.link.close()
                failure = tooSlow(opening.withLockedValue { $0 }) ?? failure
                if let opened {
                    isReset = await opened.isResetting
                    if !isReset {
                        await opened.detach(isAway(failure) ? .unplugged : .fault, lost(failure), from: port)
                    }
                }
                group.cancelAll()
            }
        }
        await worker.end()
        if let known = failure, opened == nil, let obstacle = await UsbObstacle.find(at: place, after: known.reason) {
            failure = WorkerFailure(reason: obstacle.reason, error: obstacle.error.fleetError)
        }
        if let opened { body = opened }
        return LifeEnd(
            reason: failure?.reason, error: lost(failure), openTime: openedAt.map { .now - $0 }, isReset: isReset)
    }

    /// A body brings an image, of which a file is a copy that may go at any time.
    private func take(_ image: CapturedImage, of body: CameraBody, copy: String? = nil) {
        let shot = body.seat.take(image)
        registry.tell(.objectAdded(camera: body.info.id, image: image))
        registry.ingest.take(image, of: body, shot: shot, copy: copy)
    }

    /// Ends a worker that is in the same phase of the opening after that time.
    private func end(
        _ worker: Worker, in phase: OpeningPhase, of opening: NIOLockedValueBox<OpeningPhase>, after time: Duration
    ) async {
        guard (try? await Task.sleep(for: time)) != nil else { return }
        let isOverdue = opening.withLockedValue { current in
            guard current == phase else { return false }
            current = phase == .loading ? .notLoaded : .notOpened
            return true
        }
        if isOverdue { worker.kill() }
    }

    /// What a worker's end means that was ended for its slowness.
    private func tooSlow(_ phase: OpeningPhase) -> WorkerFailure? {
        let sentence: String
        switch phase {
        case .loading, .opening, .done: return nil
        case .notLoaded:
            sentence =
                "The body's driver was not loaded after \(limits.loadingTime.formattedSeconds): this machine has too much to do; it is tried again."
        case .notOpened:
            sentence =
                "The body was not open after \(limits.openingTime.formattedSeconds): switch it off and on; it is tried again."
        }
        return WorkerFailure(reason: .silent, error: FleetError(.cameraFault, sentence))
    }

    private func isAway(_ failure: WorkerFailure?) -> Bool {
        notices.isRemoved || failure?.reason == .unreachable
    }

    private func lost(_ failure: WorkerFailure?) -> FleetError {
        if notices.isRemoved { return gone }
        guard let failure else {
            return FleetError(.cameraFault, "The body's driver ended unexpectedly; it is being started again.")
        }
        var error = failure.error.fleetError
        error.kind = failure.reason == .unreachable ? .cameraUnplugged : .cameraFault
        return error
    }
}

extension BodyDescription {
    /// Whether it does not say who made the body, nor its serial number.
    fileprivate var isNameless: Bool { manufacturer.isEmpty && serial == nil }
}

extension WorkerFailure {
    /// A body of a serial number that says nothing of itself. Its driver did not understand it, and goes on so: taken at its
    /// word it would be another body at this address.
    fileprivate static let nameless = WorkerFailure(
        reason: .lost,
        error: FleetError(.cameraFault, "The body did not say which one it is; it is being opened again."))
}
