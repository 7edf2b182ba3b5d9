import CGpiod
import Glibc

/// A line of a GPIO chip (libgpiod), an output that is inactive until it is switched.
///
/// libgpiod's line belongs to its chip, which frees it.
public final class GpioLine: PulseLine {
    private let chip: GpioChip
    private let line: OpaquePointer
    private let port: String

    /// What the kernel shows as the line's user.
    private static let consumer = "camera-fleet"

    /// Opens a chip by its name, path, label or number, and takes one of its lines, by its number there or by its name.
    /// `isActiveLow`: the line is at low voltage while it is active.
    ///
    /// Throws `noChip`, `noLine`, `noPermission`, `lineTaken` with its user, and `noOutput`.
    public init(chip name: String, line lineName: String, isActiveLow: Bool) throws(TriggerError) {
        port = "\(name):\(lineName)"
        chip = try GpioChip(name)
        guard let line = chip.line(lineName) else { throw .noLine(lineName, chip: name) }
        self.line = line
        let flags = isActiveLow ? Int32(GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW) : 0
        guard gpiod_line_request_output_flags(line, Self.consumer, flags, 0) == 0 else {
            throw Self.error(taking: line, port, errno)
        }
    }

    /// Switches it.
    public func set(isActive: Bool) throws(TriggerError) {
        guard gpiod_line_set_value(line, isActive ? 1 : 0) == 0 else {
            throw .system(port: port, doing: "gpiod_line_set_value", errno: errno)
        }
    }

    private static func error(taking line: OpaquePointer, _ port: String, _ code: Int32) -> TriggerError {
        switch code {
        case EBUSY: .lineTaken(port: port, consumer: gpiod_line_consumer(line).map { String(cString: $0) })
        case EACCES: .noPermission(path: port)
        case EPERM, EINVAL, EIO: .noOutput(port: port)
        default: .system(port: port, doing: "gpiod_line_request_output", errno: code)
        }
    }
}

/// libgpiod's chip, which this type alone owns and frees.
private final class GpioChip {
    private let pointer: OpaquePointer

    init(_ name: String) throws(TriggerError) {
        guard let pointer = gpiod_chip_open_lookup(name) else { throw Self.error(opening: name, errno) }
        self.pointer = pointer
    }

    deinit { gpiod_chip_close(pointer) }

    /// A line by its number or its name; nil where there is none. Good for as long as the chip is.
    func line(_ name: String) -> OpaquePointer? {
        guard let offset = UInt32(name) else { return gpiod_chip_find_line(pointer, name) }
        return offset < gpiod_chip_num_lines(pointer) ? gpiod_chip_get_line(pointer, offset) : nil
    }

    private static func error(opening name: String, _ code: Int32) -> TriggerError {
        switch code {
        case EACCES, EPERM: .noPermission(path: name.hasPrefix("/") ? name : "/dev/\(name)")
        case ENOENT, ENODEV, ENXIO, ENOTTY, ENOTDIR, EINVAL: .noChip(name)
        default: .system(port: name, doing: "gpiod_chip_open", errno: code)
        }
    }
}
