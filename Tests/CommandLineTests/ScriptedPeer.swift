import Glibc
import Testing
import NIOCore
import NIOPosix

/// A packet as the page lays it out, written by hand.
func packet(
    type: UInt16, _ code: UInt16, session: UInt32 = 0, transaction: UInt32, _ content: ByteBuffer
) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.writeInteger(UInt32(16 + content.readableBytes), endianness: .little)
    bytes.writeInteger(type, endianness: .little)
    bytes.writeInteger(code, endianness: .little)
    bytes.writeInteger(session, endianness: .little)
    bytes.writeInteger(transaction, endianness: .little)
    bytes.writeImmutableBuffer(content)
    return bytes
}

/// CONNECTION_OK as a server says it.
func greeting(version: Int = 1, authentication: String = "none") -> ByteBuffer {
    let json = """
        {"server":"scripted/1","protocol":\(version),"authentication":"\(authentication)","live_view_port":4444,\
        "download_port":6666,"time":1732445631000000000}
        """
    return packet(type: 4, 0x0800, transaction: 1, ByteBuffer(string: json))
}

/// A packet that a client sent, taken apart by hand: a command, unless it is data of an upload.
struct ReceivedCommand: Sendable {
    var type: UInt16
    var code: UInt16
    var session: UInt32
    var transaction: UInt32
    var content: ByteBuffer

    var json: String { String(buffer: content) }

    /// What a piece of an upload is made of.
    var uploaded: (offset: UInt64, bytes: ByteBuffer)? {
        var rest = content
        guard type == 2, let offset = rest.readInteger(endianness: .little, as: UInt64.self) else { return nil }
        return (offset, rest)
    }

    /// The response to it.
    func response(_ json: String = "{}", code: UInt16 = 0x2001) -> ByteBuffer {
        packet(type: 3, code, session: session, transaction: transaction, ByteBuffer(string: json))
    }

    /// A data packet of it.
    func data(_ content: ByteBuffer) -> ByteBuffer {
        packet(type: 2, code, session: session, transaction: transaction, content)
    }

    /// A piece of a download.
    func piece(at offset: UInt64, _ bytes: ByteBuffer) -> ByteBuffer {
        var content = ByteBuffer()
        content.writeInteger(offset, endianness: .little)
        content.writeImmutableBuffer(bytes)
        return data(content)
    }

    /// A frame of live view.
    func frame(_ number: UInt32, arrived: UInt64, _ jpeg: String) -> ByteBuffer {
        var content = ByteBuffer()
        content.writeInteger(number, endianness: .little)
        content.writeInteger(arrived, endianness: .little)
        content.writeString(jpeg)
        return data(content)
    }
}

/// The peer's end of one connection.
struct PeerConnection {
    /// Counts the connections: 0, 1, 2 …
    let index: Int
    fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    fileprivate var received = ByteBuffer()

    /// The next command; nil when the client has closed.
    mutating func command() async throws -> ReceivedCommand? {
        while true {
            if let length = received.getInteger(at: received.readerIndex, endianness: .little, as: UInt32.self),
                var bytes = received.readSlice(length: Int(length))
            {
                bytes.moveReaderIndex(forwardBy: 4)
                guard
                    let (type, code, session, transaction) = bytes.readMultipleIntegers(
                        endianness: .little, as: (UInt16, UInt16, UInt32, UInt32).self)
                else { return nil }
                received.discardReadBytes()
                return ReceivedCommand(
                    type: type, code: code, session: session, transaction: transaction, content: bytes)
            }
            guard var more = try await inbound.next() else { return nil }
            received.writeBuffer(&more)
        }
    }

    /// Sends bytes as they are.
    func send(_ bytes: ByteBuffer...) async throws {
        try await outbound.write(contentsOf: bytes)
    }

    /// Leaves the connection open until the test ends, without taking another byte.
    func neitherReadsNorSends() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        for await _ in stream {}
        continuation.finish()
    }

    /// Answers every command until the client closes.
    mutating func serve(_ answer: @Sendable (ReceivedCommand) -> [ByteBuffer]) async throws {
        while let command = try await command() {
            for bytes in command.code == 0x0999 ? [command.response()] : answer(command) { try await send(bytes) }
            if command.code == 0x0999 { return }
        }
    }
}

/// Runs a peer on loopback that plays `script` on every connection and closes it afterwards, and `work` with its port.
@discardableResult
func withPeer<Value: Sendable>(
    _ script: @escaping @Sendable (inout PeerConnection) async throws -> Void,
    _ work: (Int) async throws -> Value
) async throws -> Value {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    let port = server.channel.localAddress?.port ?? 0
    let serving = Task {
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                var index = 0
                for try await connection in connections {
                    let number = index
                    index += 1
                    group.addTask {
                        try? await connection.executeThenClose { inbound, outbound in
                            var peer = PeerConnection(
                                index: number, inbound: inbound.makeAsyncIterator(), outbound: outbound)
                            try await script(&peer)
                        }
                    }
                }
            }
        }
    }
    do {
        let value = try await work(port)
        serving.cancel()
        _ = await serving.result
        return value
    } catch {
        serving.cancel()
        _ = await serving.result
        throw error
    }
}

/// A port of loopback on which nobody listens, nor will: it is bound, without listening, until the tests end.
func unusedPort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
        }
    }
    try #require(result == 0)
    return Int(UInt16(bigEndian: address.sin_port))
}
