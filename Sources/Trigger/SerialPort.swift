import Glibc

/// A serial port of 8 bits, no parity and one stop bit, as it is: no line is changed on its way (termios). It owns its
/// descriptor.
final class SerialPort {
    private let descriptor: Int32
    private let path: String

    /// The speeds that are taken, in bits a second.
    static let speeds: [Int: speed_t] = [
        1_200: speed_t(B1200), 2_400: speed_t(B2400), 4_800: speed_t(B4800), 9_600: speed_t(B9600),
        19_200: speed_t(B19200), 38_400: speed_t(B38400), 57_600: speed_t(B57600), 115_200: speed_t(B115200),
        230_400: speed_t(B230400), 460_800: speed_t(B460800), 500_000: speed_t(B500000), 921_600: speed_t(B921600),
        1_000_000: speed_t(B1000000), 2_000_000: speed_t(B2000000),
    ]

    /// Opens it, for this program alone.
    ///
    /// Throws `noSerialPort`, `noPermission` and `serialPortTaken`.
    init(path: String, speed: speed_t) throws(TriggerError) {
        let opened = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else { throw Self.error(opening: path, errno) }
        descriptor = opened
        self.path = path
        var settings = termios()
        guard tcgetattr(opened, &settings) == 0 else { throw .noSerialPort(path: path) }
        cfmakeraw(&settings)
        settings.c_cflag &= ~tcflag_t(CSIZE | PARENB | CSTOPB | HUPCL) & ~tcflag_t(CRTSCTS)
        settings.c_cflag |= tcflag_t(CS8 | CREAD | CLOCAL)
        settings.c_iflag &= ~tcflag_t(IXON | IXOFF)
        cfsetispeed(&settings, speed)
        cfsetospeed(&settings, speed)
        guard tcsetattr(opened, TCSANOW, &settings) == 0 else {
            throw .system(port: path, doing: "tcsetattr", errno: errno)
        }
        guard ioctl(opened, UInt(TIOCEXCL)) == 0 else {
            throw .system(port: path, doing: "TIOCEXCL", errno: errno)
        }
    }

    deinit { close(descriptor) }

    /// Drops what came and nobody has read.
    ///
    /// Throws `serialPortGone`.
    func forgetInput() throws(TriggerError) {
        guard tcflush(descriptor, TCIFLUSH) == 0 else { throw .serialPortGone(path: path) }
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        guard poll(&entry, 1, 0) >= 0, Int32(entry.revents) & (POLLHUP | POLLERR | POLLNVAL) == 0 else {
            throw .serialPortGone(path: path)
        }
    }

    /// Writes bytes, and returns when the kernel has them all.
    ///
    /// Throws `notTaken` where it has not by the deadline, and `serialPortGone`.
    func write(_ bytes: [UInt8], until deadline: Int64) throws(TriggerError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno == EAGAIN {
                guard try wait(for: POLLOUT, until: deadline) else { throw .notTaken(path: path) }
            } else if errno != EINTR {
                throw .serialPortGone(path: path)
            }
        }
    }

    /// Some of the bytes that come, so many at most; none when none came by the deadline.
    ///
    /// Throws `serialPortGone`.
    func read(atMost limit: Int, until deadline: Int64) throws(TriggerError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        while try wait(for: POLLIN, until: deadline) {
            let count = Glibc.read(descriptor, &bytes, limit)
            if count > 0 { return Array(bytes[..<count]) }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw .serialPortGone(path: path) }
        }
        return []
    }

    /// Waits until the port can be read or written; false when that was not so by the deadline.
    private func wait(for events: Int32, until deadline: Int64) throws(TriggerError) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let found = poll(&entry, 1, PulseClock.milliseconds(until: deadline))
            if found > 0 {
                guard Int32(entry.revents) & events != 0 else { throw .serialPortGone(path: path) }
                return true
            }
            if found < 0, errno != EINTR { throw .system(port: path, doing: "poll", errno: errno) }
            if PulseClock.now() >= deadline { return false }
        }
    }

    private static func error(opening path: String, _ code: Int32) -> TriggerError {
        switch code {
        case EACCES, EPERM: .noPermission(path: path)
        case EBUSY: .serialPortTaken(path: path)
        case ENOENT, ENODEV, ENXIO, ENOTDIR, EIO, EISDIR: .noSerialPort(path: path)
        default: .system(port: path, doing: "open", errno: code)
        }
    }
}
