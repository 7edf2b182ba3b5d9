public import NIOCore
import NIOPosix

/// Runs tasks on an event loop, so that what a channel brings is dealt with on the thread that read it: no other thread
/// has to wake for it.
///
/// What runs there must not block or compute for long: it keeps every channel of the loop waiting.
public final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    /// Tasks on this loop.
    public init(_ loop: any EventLoop) {
        self.loop = loop
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// The loop of commands and of the links to workers: a command is read, sent to its worker and answered without a
    /// change of threads in the server. Streams and transfers have the other loops.
    public static let ofCommands = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()

    /// Tasks on the loop of commands.
    static let commands = EventLoopExecutor(ofCommands)
}
