import Discovery
import FleetModel
public import Logging
public import ServiceLifecycle

/// Bodies that announce themselves on the network: takes to the registry what DNS-SD tells, for as long as the server runs.
/// While nothing can be looked for, it says so once in the log, and tries again.
public struct AnnouncedBodies: Service {
    private let registry: CameraRegistry
    private let logger: Logger
    private let pause: Duration

    /// The type of service that PTP/IP cameras announce (CIPA DC-005; IANA's list of services).
    public static let serviceType = "_ptp._tcp"

    /// The bodies that are announced. After a failure it waits for `pause` before it tries again.
    public init(registry: CameraRegistry, logger: Logger, pause: Duration = .seconds(30)) {
        self.registry = registry
        self.logger = logger
        self.pause = pause
    }

    /// Tells the registry of bodies that come and go.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var present: Set<FoundService> = []
            var lastFailure: String?
            while !Task.isCancelled {
                do {
                    for try await services in ServiceBrowser.services(ofType: Self.serviceType) {
                        lastFailure = nil
                        await take(services, after: &present)
                    }
                } catch {
                    // What was announced is still there, as far as is known.
                    if lastFailure != "\(error)" { logger.warning("\(error)") }
                    lastFailure = "\(error)"
                }
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func take(_ services: Set<FoundService>, after present: inout Set<FoundService>) async {
        for gone in present.subtracting(services) {
            logger.info("announced no more", metadata: ["body": "\(gone.name)", "address": "\(gone.address)"])
            await registry.unplug(gone.bodyPort)
        }
        present.formIntersection(services)
        for service in services.subtracting(present) {
            logger.info("announced", metadata: ["body": "\(service.name)", "address": "\(service.address)"])
            // One that a person has named already is that person's, and stays when it is announced no more.
            guard (try? await registry.add(service.bodyPort)) != nil else { continue }
            present.insert(service)
        }
    }
}

extension FoundService {
    fileprivate var bodyPort: BodyPort { BodyPort(host: address, commandPort: port, eventPort: port) }
}
