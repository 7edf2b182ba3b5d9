import Foundation
import Glibc
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A port of this machine alone on which programs break the bodies of a rig, and do what a photographer would do to them:
/// one JSON object a line in, one a line out, in order.
///
/// At most `connectionLimit` programs are connected at a time; further ones are told so and closed. A request waits until
/// the answer before it was taken, so nobody fills the memory who does not read.
public struct ControlPort: Sendable {
    /// The port, also when 0 was asked for.
    public let port: Int

    private typealias Connection = NIOAsyncChannel<ControlLine, ByteBuffer>

    private static let connectionLimit = 16

    private let channel: NIOAsyncChannel<Connection, Never>
    private let commands: ControlCommands
    private let connected = NIOLockedValueBox(0)

    private init(_ channel: NIOAsyncChannel<Connection, Never>, _ port: Int, _ rig: VirtualRig) {
        self.channel = channel
        self.port = port
        commands = ControlCommands(rig: rig)
    }

    /// Listens on the loopback; port 0 is any free one. Nobody is served before `run`.
    ///
    /// - Throws: `PortUnavailable`.
    public static func start(_ rig: VirtualRig, port: Int = 0) async throws(PortUnavailable) -> ControlPort {
        let host = "127.0.0.1"
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
        do {
            let channel = try await bootstrap.bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(ControlLineDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
            return ControlPort(channel, channel.channel.localAddress?.port ?? port, rig)
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
            throw PortUnavailable(host: host, port: port, reason: reason)
        }
    }

    /// Serves until its task is cancelled.
    public func run() async {
        await withTaskCancellationHandler {
            try? await channel.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask { await serve(connection) }
                    }
                }
            }
        } onCancel: {
            channel.channel.close(promise: nil)
        }
    }

    /// One program, until it or the server goes.
    private func serve(_ connection: Connection) async {
        let isWelcome = connected.withLockedValue { connected in
            connected += 1
            return connected <= Self.connectionLimit
        }
        defer { connected.withLockedValue { $0 -= 1 } }
        try? await connection.executeThenClose { lines, answers in
            guard isWelcome else {
                let sentence = "There are \(Self.connectionLimit) programs at the control port already."
                return try await answers.write(Self.line(.failed(DescriptionError(sentence))))
            }
            for try await line in lines {
                switch line {
                case .line(let bytes):
                    try await answers.write(Self.line(await commands.answer(Data(bytes.readableBytesView))))
                case .tooLong:
                    let sentence = "The line has more than \(ControlLineDecoder.limit) bytes."
                    try await answers.write(Self.line(.failed(DescriptionError(sentence))))
                }
            }
        }
    }

    private static func line(_ answer: JSONTree) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A tree of JSON is always JSON.
        var line = (try? encoder.encode(answer)).map { ByteBuffer(bytes: $0) } ?? ByteBuffer(string: "{\"ok\":false}")
        line.writeString("\n")
        return line
    }
}

extension JSONTree {
    /// The answer that something was done.
    static func done(_ fields: [String: JSONTree] = [:]) -> JSONTree {
        .object(fields.merging(["ok": .flag(true)]) { field, _ in field })
    }

    /// The answer that something could not be done.
    static func failed(_ error: DescriptionError) -> JSONTree {
        .object(["ok": .flag(false), "error": .text(error.description)])
    }
}
