import Glibc
import NIOCore
import NIOPosix
import PacketProtocol

/// Opens connections to a server.
enum Dial {
    /// Connects, and lets `configure` set up the channel before its first byte is read.
    static func connect<Output: Sendable>(
        to address: ServerAddress, _ port: FleetPort,
        configure: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(FleetClientError) -> Output {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(10))
                .channelOption(.socketOption(.so_keepalive), value: 1)
                // A host that vanished is noticed after half a minute of silence.
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 15)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 5)
                .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 3)
                .connect(host: address.host, port: address.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try configure(channel) }
                }
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .unreachable(address, port, reason: reason(of: error))
        }
    }

    /// An error of the network in the system's words.
    static func reason(of error: any Error) -> String {
        switch error {
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return reason(of: first.error) }
            return "the name \(error.host) cannot be found"
        case ChannelError.connectTimeout: return "no answer in time"
        case let error as FramingError: return error.message
        default: return "\(error)"
        }
    }
}
