import FleetModel
import Glibc
import NIOCore
import PacketProtocol

/// A client that costs little: one blocking socket, read where its bytes are wanted.
final class PlainConnection {
    let descriptor: Int32
    private var transaction: UInt32 = 0
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 20, alignment: 16)

    /// Connects to a port of this machine. A server that is silent for `patience` seconds is broken.
    init(port: Int, patience seconds: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchmarkFailure("No socket: \(String(cString: strerror(errno))).") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchmarkFailure("Port \(port): \(String(cString: strerror(errno))).") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        for side in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, side, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// Connects to the port of commands, and reads the greeting.
    convenience init(commandPort: Int) throws {
        try self.init(port: commandPort)
        _ = try receive()
    }

    deinit {
        close(descriptor)
        scratch.deallocate()
    }

    // MARK: Commands

    /// Sends a command and gives its transaction.
    @discardableResult
    func send(_ code: CommandCode, _ arguments: some Encodable, session: UInt32 = 0) throws -> UInt32 {
        transaction += 1
        try send(
            PacketEncoder.encode(
                type: .command, code: code.rawValue, sessionID: session, transactionID: transaction, json: arguments))
        return transaction
    }

    private func send(_ packet: ByteBuffer) throws {
        try packet.withUnsafeReadableBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { throw BenchmarkFailure("The server closed the connection.") }
                sent += count
            }
        }
    }

    /// A command whose bytes are ready, to be sent again and again.
    static func prepared(_ code: CommandCode, _ arguments: some Encodable, session: UInt32) -> ByteBuffer {
        PacketEncoder.encode(
            type: .command, code: code.rawValue, sessionID: session, transactionID: 1, json: arguments)
    }

    /// Sends a prepared command and waits for its response, which must be OK; it is not looked into further.
    func repeated(_ command: ByteBuffer) throws {
        try send(command)
        let head = try receiveHead()
        try receive(head.rest) { bytes in
            guard head.type == .response, head.code == ResponseCode.ok.rawValue else {
                throw BenchmarkFailure("Refused: \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    /// Sends a command and waits for its result.
    func ask<Result: Decodable>(
        _ code: CommandCode, _ arguments: some Encodable, _ result: Result.Type, session: UInt32 = 0
    ) throws -> Result {
        try send(code, arguments, session: session)
        return try PacketJSON.decode(Result.self, from: try response())
    }

    /// The content of the next response, which must be OK; events before it are passed over.
    func response() throws -> ByteBuffer {
        while true {
            let packet = try receive()
            if packet.type == .event { continue }
            guard packet.type == .response else { throw BenchmarkFailure("Data where a response was expected.") }
            guard packet.code == ResponseCode.ok.rawValue else {
                throw BenchmarkFailure("Refused: \(String(buffer: packet.content))")
            }
            return packet.content
        }
    }

    /// The next packet, whole.
    func receive() throws -> PtpPacket {
        let head = try receiveHead()
        var content = ByteBuffer()
        if head.rest > 0 {
            try content.writeWithUnsafeMutableBytes(minimumWritableBytes: head.rest) { bytes in
                try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<head.rest]))
                return head.rest
            }
        }
        let transaction = content.readInteger(endianness: .little, as: UInt32.self) ?? 0
        return PtpPacket(
            type: head.type, code: head.code, sessionID: head.session, transactionID: transaction, content: content)
    }

    // MARK: Streams

    /// What a packet's first 12 bytes say, and how many follow.
    struct Head {
        let type: PacketType
        let code: UInt16
        let session: UInt32
        let rest: Int
    }

    /// Reads the first 12 bytes of a packet.
    func receiveHead() throws -> Head {
        let head = UnsafeMutableRawBufferPointer(rebasing: scratch[..<PtpPacket.headerLength])
        try fill(head)
        guard let type = PacketType(rawValue: UInt16(littleEndian: head.load(fromByteOffset: 4, as: UInt16.self)))
        else { throw BenchmarkFailure("A packet of no type.") }
        return Head(
            type: type, code: UInt16(littleEndian: head.load(fromByteOffset: 6, as: UInt16.self)),
            session: UInt32(littleEndian: head.load(fromByteOffset: 8, as: UInt32.self)),
            rest: Int(UInt32(littleEndian: head.load(as: UInt32.self))) - PtpPacket.headerLength)
    }

    /// Reads so many bytes of a stream and gives them, for as long as `body` runs.
    func receive<Result>(_ count: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard count <= scratch.count else { throw BenchmarkFailure("A packet of \(count) bytes.") }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch[..<count])
        try fill(bytes)
        return try body(UnsafeRawBufferPointer(bytes))
    }

    private func fill(_ target: UnsafeMutableRawBufferPointer) throws {
        var filled = 0
        while filled < target.count {
            let count = recv(
                descriptor, target.baseAddress?.advanced(by: filled), target.count - filled,
                Int32(MSG_WAITALL))
            guard count > 0 else {
                throw BenchmarkFailure(
                    count == 0 ? "The server closed the connection." : "No answer: \(String(cString: strerror(errno)))."
                )
            }
            filled += count
        }
    }
}

extension PlainConnection {
    /// Opens a session on a body.
    func open(_ camera: CameraReference) throws -> UInt32 {
        try ask(.initCameraModel, CameraArguments(camera: camera), OpenedSession.self).sessionID
    }
}
