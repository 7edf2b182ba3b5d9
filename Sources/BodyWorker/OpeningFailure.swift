import CDriverLog
import FleetModel
import GPhoto2
import Glibc
import PacketProtocol

/// Why a body could not be opened, in words that a photographer can act on.
enum OpeningFailure {
    /// The failure of gp_camera_init, or of what comes before it.
    static func describe(_ failure: GPhotoError, port: String) -> WorkerFailure {
        let driver = DriverError(code: Int(failure.code.rawValue), text: failure.text)
        let (reason, sentence) = meaning(failure, port)
        let kind: FleetErrorKind = reason == .unreachable ? .cameraUnplugged : .cameraFault
        return WorkerFailure(reason: reason, error: FleetError(kind, sentence, driver: driver))
    }

    private static func meaning(_ failure: GPhotoError, _ port: String) -> (WorkerFailure.Reason, String) {
        if failure.code == .modelNotFound { return (.unsupported, "libgphoto2 has no driver for this model.") }
        if port.hasPrefix("ptpip:") {
            if Handshake.wasRefused(notes()) {
                return (
                    .refused,
                    "The body refuses this computer: pair them in its menu, and end its connection to another one."
                )
            }
            guard Reachability.listens(at: port) else {
                return (.unreachable, "Nothing answers at \(port): is the body on, and on this network?")
            }
            if failure.code == .timeout {
                return (.silent, "The body takes connections and does not answer: switch it off and on.")
            }
            return (.lost, "The body broke the connection off; is another program or phone connected to it?")
        }
        switch failure.code {
        case .usbNotFound, .unknownPort: return (.unreachable, "The body is gone: check its cable and power.")
        case .usbHeld, .portLocked:
            return (
                .held,
                "Another program holds the body, often the desktop's photo import (gvfs-gphoto2-volume-monitor): close it."
            )
        default:
            if isForbidden(port) {
                return (.permission, "This user may not open the body: install a udev rule that gives access to it.")
            }
            return (.driver, "The body could not be opened: switch it off and on, and look at its USB mode.")
        }
    }

    private static func notes() -> [driver_log_entry] {
        var entries = [driver_log_entry](repeating: driver_log_entry(), count: Int(DRIVER_LOG_ENTRIES))
        let count = driver_log_copy(&entries, Int32(entries.count))
        return Array(entries.prefix(Int(count)))
    }

    /// Whether the device node of `usb:BBB,DDD` may not be written.
    private static func isForbidden(_ port: String) -> Bool {
        let numbers = port.dropFirst("usb:".count).split(separator: ",")
        guard numbers.count == 2 else { return false }
        let node = "/dev/bus/usb/\(numbers[0])/\(numbers[1])"
        return access(node, F_OK) == 0 && access(node, R_OK | W_OK) != 0
    }
}
