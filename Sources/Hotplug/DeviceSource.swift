import Glibc

/// What tells of devices, for the thread of one monitor.
package protocol DeviceSource: AnyObject {
    /// Can be read when there is something to receive.
    var descriptor: Int32 { get }
    /// What happened next, without waiting.
    func receive() -> Reception
    /// What is there.
    func enumerate() throws(HotplugError) -> [Sighting]
}

/// What a source tells.
package enum Reception: Sendable {
    /// A device was added.
    case added(Sighting)
    /// Something about a device is another.
    case changed(Sighting)
    /// A device is gone, and its number where it is known.
    case removed(systemPath: String, deviceNumber: Int?)
    /// What is of no concern.
    case nothing
    /// Nothing more for now.
    case empty
    /// Something was lost.
    case overrun
    /// Nothing will come any more.
    case failed(HotplugError)
}

/// libudev's monitor and enumeration. All of libudev that it has is freed with it.
final class UdevSource: DeviceSource {
    private let udev: UdevContext
    private let subscription: UdevSubscription
    private let group: UdevMonitor.Group

    /// Opens the monitor, so that nothing is missed that happens during an enumeration.
    init(group: UdevMonitor.Group, bufferSize: Int32) throws(HotplugError) {
        self.group = group
        udev = try UdevContext()
        subscription = try UdevSubscription.open(udev, group: group.rawValue, bufferSize: bufferSize)
    }

    var descriptor: Int32 { subscription.descriptor }

    func enumerate() throws(HotplugError) -> [Sighting] {
        try UsbDevice.sightings(udev, everyIsReady: group == .kernel)
    }

    func receive() -> Reception {
        guard let record = subscription.receive() else {
            switch errno {
            // A message that is none, or nobody trustworthy sent, is as good as none.
            case 0, EAGAIN, EINTR, EINVAL, EBADMSG, EPERM, ENODEV, ENOENT: return .empty
            case ENOBUFS: return .overrun
            case let number: return .failed(.udev(doing: "udev_monitor_receive_device", errno: number))
            }
        }
        guard let path = record.systemPath else { return .nothing }
        switch record.action {
        case "remove": return .removed(systemPath: path, deviceNumber: record.eventDeviceNumber)
        case "add":
            guard let device = UsbDevice(record) else { return .nothing }
            return .added(Sighting(device, isReady: true))
        case "unbind", nil: return .nothing
        default:
            guard let device = UsbDevice(record) else { return .nothing }
            return .changed(Sighting(device, isReady: true))
        }
    }
}
