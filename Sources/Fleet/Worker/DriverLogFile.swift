import CDriverLog
public import FleetModel
import Glibc
import NIOPosix
public import PacketProtocol

/// The log that a worker keeps in its home, which can be read whatever has become of the worker.
enum DriverLogFile {
    /// Reads the log of a worker, after that of the one before it; an empty one where there is none yet.
    static func read(_ path: String) async throws(FleetError) -> DriverLog {
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                let (before, now) = (load("\(path).before"), load(path))
                return DriverLog(
                    transfers: before.transfers + now.transfers, messages: before.messages + now.messages)
            }
        } catch {
            throw FleetError(.generalError, "The server is shutting down.")
        }
    }

    private static func load(_ path: String) -> DriverLog {
        var entries = [driver_log_entry](repeating: driver_log_entry(), count: Int(DRIVER_LOG_ENTRIES))
        var messages = [driver_log_message](repeating: driver_log_message(), count: Int(DRIVER_LOG_MESSAGES))
        var counts: (entries: Int32, messages: Int32) = (0, 0)
        guard driver_log_load(path, &entries, &counts.entries, &messages, &counts.messages) == 0 else {
            return DriverLog(transfers: [], messages: [])
        }
        let offset = WallClock.now() - monotonic()
        return DriverLog(
            transfers: entries.prefix(Int(counts.entries)).map { entry in
                let bytes = withUnsafeBytes(of: entry.bytes) { Array($0.prefix(Int(entry.count))) }
                return DriverTransfer(
                    time: entry.time + offset, received: entry.received != 0, size: Int(entry.size),
                    bytes: bytes.hexadecimal)
            },
            messages: messages.prefix(Int(counts.messages)).map { message in
                let text = withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                return DriverMessage(time: message.time + offset, text: text)
            })
    }

    private static func monotonic() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension CameraRegistry {
    /// GET_DRIVER_LOG: what a body's driver did last, also when the body is in fault or its worker is gone.
    ///
    /// Throws Invalid_Parameter when there is no such body.
    public func driverLog(of arguments: CameraArguments) async throws(FleetError) -> DriverLog {
        let body = try body(arguments.camera)
        return try await DriverLogFile.read(launcher.driverLog(for: BodyPort(path: body.info.port)))
    }
}
