import Glibc
internal import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A body's cable to the machine's own USB, by USB/IP: the kernel, udev and libusb see a device, and every program on it.
public final class UsbCable: Sendable {
    private let body: VirtualBody
    private let network: PtpIpListener
    private let bus: VirtualUsbBus
    private let plugged = NIOLockedValueBox<(any Channel)?>(nil)
    /// One device at a time looks for a port.
    private static let attaching = NIOLock()

    /// A cable of the body that answers on a network port of this machine. It is not plugged in yet.
    public init(_ network: PtpIpListener, bus: VirtualUsbBus = .ofThisMachine) {
        body = network.body
        self.network = network
        self.bus = bus
    }

    /// The serial number that the device shows.
    public var serial: String { UsbIdentity(body.description).serial }

    /// Plugs it in; does nothing where it is.
    ///
    /// - Throws: `VirtualUsbBus.Unavailable` where no device can be attached, or an error of the network.
    public func plug() async throws {
        guard plugged.withLockedValue({ $0?.isActive != true }) else { return }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw VirtualUsbBus.Unavailable(description: "No socket: \(String(cString: strerror(errno))).")
        }
        defer { close(ends[1]) }
        let device = try await connect(ends[0])
        do {
            let kernels = ends[1]
            try Self.attaching.withLock { try bus.attach(kernels) }
        } catch {
            try? await device.close()
            throw error
        }
        plugged.withLockedValue { $0 = device }
    }

    /// Pulls the plug, without a word before.
    public func unplug() async {
        let device = plugged.withLockedValue { device in
            defer { device = nil }
            return device
        }
        try? await device?.close()
    }

    /// A device that speaks on a socket, with its two connections to the body. The socket is the channel's from here on.
    func connect(_ socket: Int32) async throws -> any Channel {
        let commands: any Channel
        let number: UInt32
        do {
            (commands, number) = try await open(PtpIpRequest.initCommand(name: "USB"))
        } catch {
            close(socket)
            throw error
        }
        do {
            let (events, _) = try await open(PtpIpRequest.initEvent(connection: number))
            return try await device(socket, commands, events)
        } catch {
            try? await commands.close()
            throw error
        }
    }

    private func device(_ socket: Int32, _ commands: any Channel, _ events: any Channel) async throws -> any Channel {
        let identity = UsbIdentity(body.description)
        return try await ClientBootstrap(group: body.eventLoop)
            .channelOption(.writeBufferWaterMark, value: .init(low: 512 * 1024, high: 2 * 1024 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let function = UsbIpFunction(identity, commands: commands)
                    for connection in [commands, events] {
                        let end = try connection.pipeline.syncOperations.handler(type: UsbBodyConnection.self)
                        end.function = function
                    }
                    try channel.pipeline.syncOperations.addHandler(function)
                }
            }
            .withConnectedSocket(socket).get()
    }

    /// Opens a connection to the body, and waits until the body has taken it; gives its number, too.
    private func open(_ request: ByteBuffer) async throws -> (any Channel, UInt32) {
        let loop = body.eventLoop
        let beginning = loop.makePromise(of: UInt32.self)
        let limit = loop.scheduleTask(in: Self.patience) { beginning.fail(ChannelError.connectTimeout(Self.patience)) }
        defer { limit.cancel() }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.writeBufferWaterMark, value: .init(low: 512 * 1024, high: 2 * 1024 * 1024))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(UsbBodyConnection(beginning: beginning))
                    }
                }
                .connect(host: network.host, port: network.port).get()
        } catch {
            beginning.fail(error)
            throw error
        }
        do {
            try await channel.writeAndFlush(request)
            return (channel, try await beginning.futureResult.get())
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// How long a body has to take a connection of its own cable.
    private static let patience = TimeAmount.seconds(5)
}
