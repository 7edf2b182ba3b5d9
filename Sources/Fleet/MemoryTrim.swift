import CDriverLog
import NIOPosix
public import ServiceLifecycle

/// Gives memory back to the system that is free in this process (malloc_trim(3)): frames and pieces of downloads come and
/// go on several threads, and of each the C library keeps what it once had.
public struct MemoryTrim: Service {
    private let interval: Duration

    /// Does so once an interval.
    public init(every interval: Duration = .seconds(30)) {
        self.interval = interval
    }

    /// Has the threads that this process will start share two of the C library's arenas, for its few allocations at one time:
    /// each arena keeps what it once had.
    public static func shareArenas() { driver_memory_share(2) }

    /// Runs until the server stops.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: interval)) != nil {
                try? await NIOThreadPool.singleton.runIfActive { driver_memory_trim() }
            }
        }
    }
}
