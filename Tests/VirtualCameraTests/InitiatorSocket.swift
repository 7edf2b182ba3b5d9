import Glibc
import Testing
import VirtualCamera

/// A socket to a body, and the bytes that go over it, as an initiator of its own making would have it. Waits at most ten
/// seconds for anything.
final class InitiatorSocket {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var descriptor: Int32

    /// Takes a socket that is connected already.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var noDelay: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            let reason = String(cString: strerror(errno))
            close()
            throw Failure(description: reason)
        }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Sends bytes, written in hexadecimal; spaces do not count. With `pieces` they go out so many at a time.
    func send(_ hexadecimal: String, pieces: Int = .max) throws {
        try send(bytes: [UInt8](hexadecimal: hexadecimal), pieces: pieces)
    }

    func send(bytes: [UInt8], pieces: Int = .max) throws {
        var sent = 0
        while sent < bytes.count {
            let end = min(bytes.count, pieces == .max ? bytes.count : sent + pieces)
            let count = bytes[sent..<end].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Sends what is taken at once. False if not all of it was.
    func sendWithoutWaiting(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        } == bytes.count
    }

    /// Sends no more, and still receives.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Some bytes, at least one.
    /// Whether bytes or the end are there to be received.
    var hasInput: Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, 0) > 0
    }

    func receiveSome() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else {
            throw Failure(description: count == 0 ? "the body closed" : String(cString: strerror(errno)))
        }
        return Array(bytes[..<count])
    }

    /// Receives so many bytes and drops them; an error if they do not come.
    func passOver(_ count: Int) throws {
        var scratch = [UInt8](repeating: 0, count: 1 << 20)
        var left = count
        while left > 0 {
            let more = recv(descriptor, &scratch, min(left, scratch.count), 0)
            guard more > 0 else { throw Failure(description: "\(left) bytes did not come") }
            left -= more
        }
    }

    /// So many bytes; an error if they do not come.
    func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let more = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: received), count - received, 0)
            }
            guard more > 0 else {
                throw Failure(description: more == 0 ? "the body closed" : String(cString: strerror(errno)))
            }
            received += more
        }
        return bytes
    }

    /// One packet, whole.
    func receivePacket() throws -> [UInt8] {
        let head = try receive(4)
        let length = head.number(at: 0, of: UInt32.self)
        return head + (try receive(Int(length) - 4))
    }

    /// Whether the body has closed the connection; waits for it, and reads what comes before.
    func isClosedByBody() -> Bool {
        var scratch = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &scratch, scratch.count, 0)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
            if count < 0 { return false }
        }
    }

    /// An answer with its data, if it has any.
    func receiveAnswer() throws -> (data: [UInt8], packets: Int, response: [UInt8]) {
        var data: [UInt8] = []
        var packets = 0
        while true {
            let packet = try receivePacket()
            switch packet.number(at: 4, of: UInt32.self) {
            case 9: continue
            case 10, 12:
                data += packet[12...]
                packets += 1
            default: return (data, packets, packet)
            }
        }
    }
}

/// A command and an event connection with a session open on them.
struct InitiatorSession {
    let command: InitiatorSocket
    let event: InitiatorSocket

    static let initCommand = "20000000 01000000 00112233445566778899aabbccddeeff 61000000 00000100"

    init(port: Int) throws {
        command = try InitiatorSocket(port: port)
        try command.send(Self.initCommand)
        let number = Array(try command.receivePacket()[8..<12]).hexadecimal
        event = try InitiatorSocket(port: port)
        try event.send("0c000000 03000000 \(number)")
        #expect(try event.receivePacket() == [UInt8](hexadecimal: "08000000 04000000"))
        try command.send("16000000 06000000 01000000 0210 00000000 01000000")
        #expect(try command.receivePacket() == [UInt8](hexadecimal: "0e000000 07000000 0120 00000000"))
    }

    /// Asks for an operation without data from here, and gives the answer.
    func ask(
        _ operation: UInt16, _ parameters: UInt32..., transaction: UInt32 = 7
    ) throws -> (data: [UInt8], packets: Int, response: [UInt8]) {
        try command.send(Self.request(operation, parameters, transaction))
        return try command.receiveAnswer()
    }

    /// The response code alone.
    func response(_ operation: UInt16, _ parameters: UInt32...) throws -> UInt16 {
        try command.send(Self.request(operation, parameters, 7))
        return try command.receiveAnswer().response.number(at: 8, of: UInt16.self)
    }

    /// Announces an object with SendObjectInfo (ISO 15740, 5.3.1), and gives the response code.
    func announce(_ name: String, size: UInt32, parent: UInt32 = .max, transaction: UInt32 = 8) throws -> UInt16 {
        var info: [UInt8] = [0, 0, 0, 0, 0x00, 0x30, 0, 0]
        withUnsafeBytes(of: size.littleEndian) { info += $0 }
        info += [UInt8](repeating: 0, count: 40)
        info += [UInt8(name.utf16.count + 1)] + name.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        info += [0, 0, 0, 0, 0]
        return try send(info, with: 0x100C, [0x10001, parent], transaction: transaction)
    }

    /// Asks for an operation with data from here, and gives the response code.
    func send(
        _ data: [UInt8], with operation: UInt16, _ parameters: [UInt32], transaction: UInt32
    ) throws -> UInt16 {
        var packets = [UInt8](hexadecimal: Self.request(operation, parameters, transaction))
        packets[8] = 2
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { packets += $0 } }
        append(UInt32(20))
        append(UInt32(9))
        append(transaction)
        append(UInt64(data.count))
        append(UInt32(12 + data.count))
        append(UInt32(12))
        append(transaction)
        try command.send(bytes: packets + data)
        return try command.receiveAnswer().response.number(at: 8, of: UInt16.self)
    }

    static func request(_ operation: UInt16, _ parameters: [UInt32], _ transaction: UInt32) -> String {
        var bytes: [UInt8] = []
        func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
        append(UInt32(18 + 4 * parameters.count))
        append(UInt32(6))
        append(UInt32(1))
        append(operation)
        append(transaction)
        for parameter in parameters { append(parameter) }
        return bytes.hexadecimal
    }
}

extension [UInt8] {
    init(hexadecimal: String) {
        let digits = hexadecimal.filter { $0.isHexDigit }
        self = stride(from: 0, to: digits.count - 1, by: 2).compactMap { offset in
            let start = digits.index(digits.startIndex, offsetBy: offset)
            return UInt8(digits[start...].prefix(2), radix: 16)
        }
    }

    var hexadecimal: String { map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined() }

    /// The number at a place, least significant byte first.
    func number<Value: FixedWidthInteger>(at offset: Int, of type: Value.Type) -> Value {
        (0..<MemoryLayout<Value>.size).reduce(0) { $0 | Value(truncatingIfNeeded: self[offset + $1]) << Value(8 * $1) }
    }

    /// How often two bytes follow each other.
    func count(of pair: (UInt8, UInt8)) -> Int {
        zip(self, dropFirst()).count { $0 == pair.0 && $1 == pair.1 }
    }
}

/// Waits until something holds, for at most ten seconds.
func until(_ condition: () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(10)
    while !condition() {
        if ContinuousClock.now > end { return false }
        await Task.yield()
    }
    return true
}

/// A body on a free port of the loopback, for as long as a test runs.
func withBody(
    _ description: VirtualBodyDescription, _ test: (PtpIpListener) async throws -> Void
) async throws {
    let listener = try await PtpIpListener.start(VirtualBody(description))
    do {
        try await test(listener)
    } catch {
        await listener.stop()
        throw error
    }
    await listener.stop()
}
