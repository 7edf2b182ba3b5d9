import Archive
import FleetModel
public import Hotplug
public import Logging
public import ServiceLifecycle

/// Bodies on USB: takes to the registry what udev tells, for as long as the server runs. Where devices cannot be watched, it
/// says so in the log, and everything else goes on.
public struct UsbBodies: Service {
    private let models: UsbModels
    private let registry: CameraRegistry
    private let logger: Logger

    /// The bodies that libgphoto2, with these models, drives on USB.
    public init(models: UsbModels, registry: CameraRegistry, logger: Logger) {
        self.models = models
        self.registry = registry
        self.logger = logger
    }

    /// Tells the registry of bodies that come and go.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let monitor = UdevMonitor(models: models)
            do throws(HotplugError) {
                for try await event in monitor.events { await take(event) }
            } catch {
                logger.error("USB is not watched any more", metadata: ["why": "\(error)"])
            }
        }
        // Nothing is watched any more, and the server goes on until it is stopped.
        try? await gracefulShutdown()
    }

    private func take(_ event: HotplugEvent) async {
        switch event {
        case .arrived(let device, let role):
            logger.info("plugged in", metadata: ["port": "\(device.port)", "role": "\(role)"])
            guard let place = Place(device, role) else { return }
            await registry.plug(place)
        case .changed(let device): await registry.retry(BodyPort(path: device.port))
        case .left(let device):
            logger.info("unplugged", metadata: ["port": "\(device.port)"])
            await registry.unplug(BodyPort(path: device.port))
        }
    }
}

extension Place {
    /// Where a device is; nil for what is no camera.
    fileprivate init?(_ device: UsbDevice, _ role: UsbRole) {
        let (model, isInWrongMode): (String?, Bool)
        switch role {
        case .camera(let known): (model, isInWrongMode) = (known, false)
        case .cameraInWrongMode: (model, isInWrongMode) = (nil, true)
        case .other: return nil
        }
        let ids = [device.vendor, device.product].map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
        self.init(
            port: BodyPort(path: device.port), model: model, shownModel: device.productName ?? model,
            isInWrongMode: isInWrongMode,
            usb: UsbTrace(model: ids.joined(separator: ":"), serial: device.serial, socket: device.socket),
            node: device.node)
    }
}
