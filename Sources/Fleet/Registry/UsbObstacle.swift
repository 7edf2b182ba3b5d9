import FleetModel
import Hotplug
import NIOPosix
import PacketProtocol

/// Why a device on USB cannot be opened, as the machine tells it: its mode, the permissions of its node, and who else has
/// that open.
enum UsbObstacle {
    /// What stands in the way of opening the body, and what a photographer does about it; nil where nothing does.
    ///
    /// `failure` is how a driver failed at it; nil before one is asked. Looks through /proc, for half a second at most, on a
    /// thread where that may wait.
    static func find(at place: Place, after failure: WorkerFailure.Reason? = nil) async -> WorkerFailure? {
        if place.isInWrongMode {
            return WorkerFailure(
                reason: .unsupported,
                error: FleetError(
                    .cameraFault,
                    "The body shows itself as a drive: set its USB mode to PTP or \"PC remote\", and plug it in again.")
            )
        }
        guard let path = place.node else { return nil }
        return try? await NIOThreadPool.singleton.runIfActive { find(at: DeviceNode(path: path), after: failure) }
    }

    private static func find(at node: DeviceNode, after failure: WorkerFailure.Reason?) -> WorkerFailure? {
        if !node.isAccessible, let owners = node.permissions {
            return WorkerFailure(
                reason: .permission,
                error: FleetError(
                    .cameraFault,
                    "This user may not open the body (\(node.path) belongs to \(owners.owner):\(owners.group), "
                        + "\(owners.mode)): install the udev rule Deploy/70-camera-fleet.rules, join the group plugdev, "
                        + "and plug the body in again."))
        }
        guard failure == .held, let holder = node.holders().first else { return nil }
        let kind = holder.program.hasPrefix("gvfs") ? " (the desktop's photo import)" : ""
        return WorkerFailure(
            reason: .held,
            error: FleetError(
                .cameraFault,
                "\(holder.program)\(kind), process \(holder.process), holds the body: close that program."))
    }
}
