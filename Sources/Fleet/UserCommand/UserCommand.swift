import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A program of the user's that the server runs: without a shell, in a process group of its own, and no longer than it may.
struct UserCommand: Sendable {
    /// The program, an absolute path.
    let file: String
    /// How long it may run.
    let limit: Duration
    /// How long it has to end by itself after SIGTERM, before it is killed; nil where it is killed at once.
    let patience: Duration?
    /// Where it runs; nil for where the server does.
    let folder: String?

    init(file: String, limit: Duration, patience: Duration? = nil, folder: String? = nil) {
        self.file = file
        self.limit = limit
        self.patience = patience
        self.folder = folder
    }

    /// Runs it, and waits for its end and that of everything that it started and that still holds its output or the link. It
    /// is ended, with its process group, after its time or when the task is cancelled. `input` is what it finds on its
    /// standard input; `output` is given what it writes. A NUL in a text is left out: it would end that early.
    func run(
        _ arguments: [String], environment: [String: String], input: [UInt8]? = nil,
        output: @escaping @Sendable () -> any ChannelInboundHandler, started: (Int32) -> Void = { _ in }
    ) async -> UserCommandEnd {
        let process: ChildProcess
        let link: CInt
        do {
            (process, link) = try ChildProcess.start(
                file, arguments: arguments.map(Self.whole), environment: environment.mapValues(Self.whole),
                writesToLink: true, input: input, folder: folder)
        } catch {
            return .notStarted(error.message)
        }
        started(process.processID)
        let isOver = await waitForEnd(of: process, link, output)
        if !isOver { process.signalGroup(SIGKILL) }
        // What is closed and still runs has a second more.
        let code = await process.reap(patience: isOver ? .seconds(1) : .zero)
        return isOver ? .exited(code: code) : .killed
    }

    private static func whole(_ text: String) -> String { text.replacing("\0", with: "") }

    /// Waits until nobody holds the link; false when it had to be ended for that.
    private func waitForEnd(
        of process: ChildProcess, _ link: CInt, _ output: @escaping @Sendable () -> any ChannelInboundHandler
    ) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(output()) }
        }
        guard let channel = try? await bootstrap.withConnectedSocket(link).get() else { return false }
        let isEnded = NIOLockedValueBox(false)
        let end: @Sendable () -> Void = { [patience] in
            let isFirst = isEnded.withLockedValue { isEnded in
                defer { isEnded = true }
                return !isEnded
            }
            guard isFirst else { return }
            guard let patience else { return channel.close(promise: nil) }
            process.signalGroup(SIGTERM)
            channel.eventLoop.scheduleTask(in: TimeAmount(patience)) { channel.close(promise: nil) }
        }
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(limit), end)
        await withTaskCancellationHandler {
            // Not cut short by the cancellation: what it ends is waited for.
            _ = try? await channel.closeFuture.get()
        } onCancel: {
            channel.eventLoop.execute(end)
        }
        timer.cancel()
        return !isEnded.withLockedValue { $0 }
    }
}

/// How a program of the user's ended.
public enum UserCommandEnd: Sendable, Equatable {
    /// By itself, with that exit code; 128 and more is a signal.
    case exited(code: Int32)
    /// It took longer than it may, or the server stopped, and it was ended with all that it had started.
    case killed
    /// It could not be started.
    case notStarted(String)
}
