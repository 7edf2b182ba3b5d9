import Archive
import FleetModel
import NIOConcurrencyHelpers
import PacketProtocol
public import ServiceLifecycle

/// Runs a command of the user's for each body that stays in fault.
///
/// Bounded: it listens like any client, and looks at the list of bodies when it lost events; of commands `atOnce` run at one
/// time, and bodies that are due meanwhile wait in the policy, each once.
public struct RescueService: Service {
    private let registry: CameraRegistry
    private let command: RescueCommand
    private let policy: NIOLockedValueBox<RescuePolicy>

    /// Runs `command` for the registry's bodies, when `policy` says so.
    public init(registry: CameraRegistry, command: RescueCommand, policy: RescuePolicy) {
        self.registry = registry
        self.command = command
        self.policy = NIOLockedValueBox(policy)
    }

    /// Runs until the server stops, which kills the commands that run.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let listener = registry.events.listen()
            listener.want([.cameraState, .cameraAttached, .cameraDetached])
            await withDiscardingTaskGroup { group in
                group.addTask { await follow(listener) }
                await lookAtAll()
                let interval = policy.withLockedValue { min($0.after / 4, .seconds(1)) }
                while (try? await Task.sleep(for: max(interval, .milliseconds(10)))) != nil {
                    if listener.takeLost() > 0 { await lookAtAll() }
                    let due = policy.withLockedValue { $0.due(at: .now) }
                    for subject in await subjects(due) {
                        group.addTask {
                            await command.run(for: subject)
                            policy.withLockedValue { $0.ended(subject.camera.id) }
                        }
                    }
                }
                listener.cancel()
                group.cancelAll()
            }
        }
    }

    private func follow(_ listener: EventListener) async {
        for await event in listener.events {
            switch event {
            case .cameraState(let info), .cameraAttached(let info), .cameraDetached(let info):
                policy.withLockedValue { $0.note(info.id, info.state, at: .now) }
            default: break
            }
        }
    }

    private func lookAtAll() async {
        let bodies = await registry.list().map { (id: $0.id, state: $0.state) }
        policy.withLockedValue { $0.note(all: bodies, at: .now) }
    }

    /// What there is to tell of those that are due; the others are called off. A body that is being tried again at this
    /// moment is still due.
    private func subjects(_ due: [BodyID]) async -> [RescueCommand.Subject] {
        guard !due.isEmpty else { return [] }
        let cameras = await registry.list()
        var subjects: [RescueCommand.Subject] = []
        for body in due {
            guard
                let camera = cameras.first(where: { $0.id == body && ($0.state == .fault || $0.state == .connecting) })
            else {
                policy.withLockedValue { $0.called(off: body) }
                continue
            }
            let socket = (try? await registry.roster.entry(body))?.usb?.socket
            subjects.append(RescueCommand.Subject(camera: camera, socket: socket ?? camera.port))
        }
        return subjects
    }
}
