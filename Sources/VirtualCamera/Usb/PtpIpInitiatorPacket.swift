import NIOCore

/// What a responder sends over PTP/IP, as its initiator reads it.
enum PtpIpReply: Equatable {
    case initCommandAck(connection: UInt32)
    case initEventAck
    case response(code: UInt16, transaction: UInt32, parameters: [UInt32])
    case event(code: UInt16, transaction: UInt32, parameters: [UInt32])
    case startData(transaction: UInt32, length: UInt64)
    case data(transaction: UInt32, bytes: ByteBuffer, isLast: Bool)
    case other
    /// Bytes that are no packet, as far as they had come.
    case broken(ByteBuffer)
}

/// Bytes of a responder into packets, the initiator's side of `PtpIpPacketReader`.
struct PtpIpReplyReader {
    private static let longest = 16 << 20
    private var buffer = ByteBuffer()

    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            var bytes = bytes
            buffer.discardReadBytes()
            buffer.writeBuffer(&bytes)
        }
    }

    /// The next packet, or nil until more bytes come.
    mutating func next() -> PtpIpReply? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex, endianness: .little),
            let type: UInt32 = buffer.getInteger(at: buffer.readerIndex + 4, endianness: .little)
        else { return nil }
        guard 8...Self.longest ~= Int(length), 1...14 ~= type else { return broken() }
        guard var body = buffer.readSlice(length: Int(length)) else { return nil }
        body.moveReaderIndex(forwardBy: 8)
        return Self.packet(type, body) ?? broken()
    }

    private mutating func broken() -> PtpIpReply {
        defer { buffer.clear() }
        return .broken(buffer.slice())
    }

    private static func packet(_ type: UInt32, _ bytes: ByteBuffer) -> PtpIpReply? {
        var body = bytes
        switch type {
        case 2: return body.readPtp(UInt32.self).map { .initCommandAck(connection: $0) }
        case 4: return .initEventAck
        case 7, 8:
            guard let code = body.readPtp(UInt16.self), let transaction = body.readPtp(UInt32.self) else { return nil }
            var parameters: [UInt32] = []
            while let parameter = body.readPtp(UInt32.self) { parameters.append(parameter) }
            return type == 7
                ? .response(code: code, transaction: transaction, parameters: parameters)
                : .event(code: code, transaction: transaction, parameters: parameters)
        case 9:
            guard let transaction = body.readPtp(UInt32.self), let length = body.readPtp(UInt64.self) else {
                return nil
            }
            return .startData(transaction: transaction, length: length)
        case 10, 12:
            return body.readPtp(UInt32.self).map { .data(transaction: $0, bytes: body, isLast: type == 12) }
        default: return .other
        }
    }
}

/// What an initiator sends over PTP/IP (CIPA DC-005).
enum PtpIpRequest {
    static func initCommand(name: String) -> ByteBuffer {
        packet(1) { body in
            body.writeRepeatingByte(0, count: 16)
            for unit in name.utf16 { body.writePtp(unit) }
            body.writePtp(UInt16(0))
            body.writePtp(UInt32(0x0001_0000))
        }
    }

    static func initEvent(connection: UInt32) -> ByteBuffer { packet(3) { $0.writePtp(connection) } }

    static func operation(
        _ code: UInt16, transaction: UInt32, parameters: [UInt32], sendsData: Bool
    ) -> ByteBuffer {
        packet(6) { body in
            body.writePtp(UInt32(sendsData ? 2 : 1))
            body.writePtp(code)
            body.writePtp(transaction)
            for parameter in parameters { body.writePtp(parameter) }
        }
    }

    static func startData(transaction: UInt32, length: UInt64) -> ByteBuffer {
        packet(9) { body in
            body.writePtp(transaction)
            body.writePtp(length)
        }
    }

    static func data(transaction: UInt32, _ bytes: ByteBuffer, isLast: Bool) -> ByteBuffer {
        packet(isLast ? 12 : 10) { body in
            body.writePtp(transaction)
            body.writeImmutableBuffer(bytes)
        }
    }

    static func cancel(transaction: UInt32) -> ByteBuffer { packet(11) { $0.writePtp(transaction) } }

    private static func packet(_ type: UInt32, _ build: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writePtp(UInt32(0))
        buffer.writePtp(type)
        build(&buffer)
        buffer.setInteger(UInt32(buffer.readableBytes), at: 0, endianness: .little)
        return buffer
    }
}
