import FleetModel
import Logging
import NIOConcurrencyHelpers
import PacketProtocol

/// What holds a body at one port: starts its worker, attaches the body when it is open, and starts another worker when
/// that one ends, for as long as the fleet runs.
struct Tether: Sendable {
    let port: BodyPort
    private let model: String?
    private let registry: CameraRegistry

    private var launcher: WorkerLauncher { registry.launcher }
    private var limits: FleetLimits { registry.limits }
    private var logger: Logger { registry.logger }

    init(at port: BodyPort, model: String?, of registry: CameraRegistry) {
        self.port = port
        self.model = model
        self.registry = registry
    }

    /// How far the opening of a body is, as the one who waits for it and the one who watches the time see it.
    private enum OpeningPhase {
        case underWay, done, overdue
    }

    /// How one worker's life ended.
    private struct LifeEnd {
        /// Nothing is at the port.
        var isUnreachable: Bool
        var error: FleetError
        /// How long the body had been open; nil when it never was.
        var openTime: Duration?
        /// Whether a client wants it opened anew.
        var isReset = false
    }

    /// Runs until the task is cancelled, or until a body on USB is gone, which comes back at another port.
    func run(for first: CameraBody) async {
        var body = first
        var wasEverOpen = false
        var failures = 0
        while !Task.isCancelled {
            let end = await live(body: &body, patience: wasEverOpen ? limits.reopeningPatience : nil)
            guard !Task.isCancelled else { break }
            wasEverOpen = wasEverOpen || end.openTime != nil
            if end.isReset { continue }
            failures = end.openTime ?? .zero > limits.steadyTime ? 1 : failures + 1
            logger.notice("body lost", metadata: ["port": "\(port)", "why": "\(end.error)"])
            if end.isUnreachable {
                failures = 0
                await body.detach(.unplugged, end.error)
                await registry.release(port)
                guard port.isNetwork else { return }
                guard await waitUntilFound() else { break }
                await body.connect(at: port)
            } else {
                await body.detach(.fault, end.error)
                try? await Task.sleep(for: backOff(failures, wasOpen: end.openTime != nil))
            }
        }
        await body.detach(.unplugged, FleetError(.cameraUnplugged, "The server is shutting down."))
    }

    /// A body that was open gets its first new worker at once; after further failures there is a pause, short enough that a
    /// body that can be opened again is so within three seconds. One whose driver fails soon after each opening is not open
    /// for long enough to start anew.
    private func backOff(_ failures: Int, wasOpen: Bool) -> Duration {
        failures == 1 && wasOpen ? .zero : min(.milliseconds(200 * failures), .milliseconds(1000))
    }

    private func waitUntilFound() async -> Bool {
        while !Task.isCancelled {
            try? await Task.sleep(for: limits.lookInterval)
            if await NetworkLook.finds(port, within: limits.lookInterval) { return !Task.isCancelled }
        }
        return false
    }

    /// One worker, from its start to its end.
    private func live(body: inout CameraBody, patience: Duration?) async -> LifeEnd {
        let worker: Worker
        do throws(FleetError) {
            worker = try await launcher.launch(port: port, model: model, patience: patience)
        } catch {
            return LifeEnd(isUnreachable: false, error: FleetError(.cameraFault, error.message))
        }
        var failure: WorkerFailure?
        var opened: CameraBody?
        var isReset = false
        var openedAt: ContinuousClock.Instant?
        let opening = NIOLockedValueBox(OpeningPhase.underWay)
        // Where the link is read: what the worker tells is told before what it answers after that.
        await withTaskExecutorPreference(EventLoopExecutor.commands) {
            await withDiscardingTaskGroup { group in
                group.addTask { [limits] in
                    guard (try? await Task.sleep(for: limits.openingTime)) != nil else { return }
                    let isOverdue = opening.withLockedValue { phase in
                        if phase == .underWay { phase = .overdue }
                        return phase == .overdue
                    }
                    if isOverdue { worker.kill() }
                }
                // Cancelled with the server as well: the stream of events ends then.
                for await event in worker.events {
                    switch event {
                    case .opened(let description):
                        opening.withLockedValue { $0 = .done }
                        if description.isNameless, (opened ?? body).info.serial != nil {
                            failure = .nameless
                            try? await worker.link.close()
                            continue
                        }
                        openedAt = .now
                        let (known, identity) = await registry.identify(description, at: port, found: opened ?? body)
                        // Another body than before answers at this address: that one is away.
                        let former = opened ?? body
                        if known !== former, former.info.provisional != true {
                            await former.detach(
                                .unplugged, FleetError(.cameraUnplugged, "Another body answers at \(port) now."))
                        }
                        opened = known
                        await known.attach(worker.link, description, as: identity, port: port)
                        group.addTask {
                            await known.runCommands(on: worker.link)
                        }
                        group.addTask {
                            await known.liveView.run(on: known, link: worker.link)
                        }
                    case .failed(let reason): failure = reason
                    case .objectAdded(let image):
                        registry.tell(.objectAdded(camera: (opened ?? body).info.id, image: image))
                    case .objectRemoved(let object):
                        registry.tell(.objectRemoved(camera: (opened ?? body).info.id, object: object))
                    case .widgetChanged(let changed):
                        registry.tell(
                            .widgetChanged(
                                camera: (opened ?? body).info.id, widget: changed.widgetID, value: changed.value))
                    case .captureComplete: registry.tell(.captureComplete(camera: (opened ?? body).info.id))
                    case .status(let status): (opened ?? body).take(status)
                    case .outdated: await (opened ?? body).reopen()
                    case .detected: break
                    }
                }
                // Whatever still waits for the worker is told by the link's end.
                try? await worker.link.close()
                if opening.withLockedValue({ $0 == .overdue }) {
                    let limit = limits.openingTime.formattedSeconds
                    failure = WorkerFailure(
                        reason: .silent,
                        error: FleetError(
                            .cameraFault,
                            "The body was not open after \(limit): switch it off and on; it is tried again."))
                }
                if let opened {
                    isReset = await opened.isResetting
                    if !isReset {
                        await opened.detach(failure?.reason == .unreachable ? .unplugged : .fault, lost(failure))
                    }
                }
                group.cancelAll()
            }
        }
        await worker.end()
        if let opened { body = opened }
        return LifeEnd(
            isUnreachable: failure?.reason == .unreachable, error: lost(failure),
            openTime: openedAt.map { .now - $0 }, isReset: isReset)
    }

    private func lost(_ failure: WorkerFailure?) -> FleetError {
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
