import Foundation
import Glibc
import ServiceLifecycle
import VirtualCamera

/// The bodies, until the program is to end.
struct RigService: Service {
    let rig: VirtualRig

    func run() async throws {
        try? await gracefulShutdown()
        await rig.stop()
    }
}

/// The control port, until the program is to end.
struct ControlService: Service {
    let port: ControlPort

    func run() async throws {
        await cancelWhenGracefulShutdown { await port.run() }
    }
}

/// What the program tells the one who started it.
struct Report: Encodable {
    /// A body as the report names it.
    struct Body: Encodable {
        let port: String
        let model: String
        let serial: String
        let name: String
    }

    let bodies: [Body]
    /// The control port, if there is one.
    let control: Int?

    init(rig: VirtualRig, control: Int?) {
        self.control = control
        bodies = rig.listeners.map { listener in
            let description = listener.body.description
            return Body(
                port: listener.portPath, model: description.model, serial: description.serialNumber,
                name: description.name)
        }
    }

    /// Writes the report as one line of JSON. False if nobody is there to read it.
    func write(to descriptor: Int32) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var line = try? encoder.encode(self) else { return false }
        line.append(UInt8(ascii: "\n"))
        return line.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}

/// Waits until the other side of a descriptor is closed, by a parent that ended or died, or until the program is to end.
struct ParentWatch: Service {
    let descriptor: Int32

    func run() async throws {
        let (gone, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        // A thread of its own, since it waits without end; it goes with the process.
        Thread.detachNewThread { [descriptor] in
            Self.waitForHangUp(descriptor)
            continuation.finish()
        }
        for await _ in gone.cancelOnGracefulShutdown() {}
    }

    private static func waitForHangUp(_ descriptor: Int32) {
        var scratch: [UInt8] = Array(repeating: 0, count: 4096)
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, -1) >= 0 || errno == EINTR else { return }
            if entry.revents & Int16(POLLIN) != 0 {
                // Nothing is expected; what comes is dropped.
                let count = read(descriptor, &scratch, scratch.count)
                if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { return }
            } else if entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
                return
            }
        }
    }
}
