import NIOCore

/// What an initiator can send over PTP/IP (CIPA DC-005, 2.3).
enum PtpIpPacket: Equatable, Sendable {
    case initCommandRequest(name: String)
    case initEventRequest(connection: UInt32)
    case operationRequest(sendsData: Bool, operation: UInt16, transaction: UInt32, parameters: [UInt32])
    case startData(transaction: UInt32, length: UInt64)
    case data(transaction: UInt32, bytes: ByteBuffer, isLast: Bool)
    case cancel(transaction: UInt32)
    case probeRequest
    case probeResponse
}

/// Why bytes are no packet that a responder can take.
enum PtpIpError: Error, Equatable {
    case badLength(UInt32, type: UInt32)
    case unexpectedType(UInt32)
}

/// Bytes from a socket, however they were cut, into packets. Holds at most one packet that is not complete.
struct PtpIpPacketReader: Sendable {
    /// The longest packet taken: data packets of an upload may be long, nothing else is.
    static let longestData = 16 * 1024 * 1024
    static let longestOther = 1024

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

    /// The next whole packet, or nil until more bytes come.
    mutating func next() throws(PtpIpError) -> PtpIpPacket? {
        guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex, endianness: .little),
            let type: UInt32 = buffer.getInteger(at: buffer.readerIndex + 4, endianness: .little)
        else { return nil }
        let longest = type == 10 || type == 12 ? Self.longestData : Self.longestOther
        guard length >= 8, length <= longest else { throw .badLength(length, type: type) }
        guard buffer.readableBytes >= Int(length), var body = buffer.readSlice(length: Int(length)) else { return nil }
        body.moveReaderIndex(forwardBy: 8)
        guard let packet = try Self.packet(type, &body) else { throw .badLength(length, type: type) }
        return packet
    }

    /// The packet of a type, or nil if its body is too short for it.
    private static func packet(_ type: UInt32, _ body: inout ByteBuffer) throws(PtpIpError) -> PtpIpPacket? {
        switch type {
        case 1:
            guard body.readSlice(length: 16) != nil else { return nil }
            var units: [UInt16] = []
            while let unit = body.readPtp(UInt16.self), unit != 0 { units.append(unit) }
            guard body.readPtp(UInt32.self) != nil else { return nil }
            return .initCommandRequest(name: String(decoding: units, as: UTF16.self))
        case 3:
            return body.readPtp(UInt32.self).map { .initEventRequest(connection: $0) }
        case 6:
            guard let phase = body.readPtp(UInt32.self), let operation = body.readPtp(UInt16.self),
                let transaction = body.readPtp(UInt32.self), body.readableBytes % 4 == 0, body.readableBytes <= 20
            else { return nil }
            var parameters: [UInt32] = []
            while let parameter = body.readPtp(UInt32.self) { parameters.append(parameter) }
            return .operationRequest(
                sendsData: phase == 2, operation: operation, transaction: transaction, parameters: parameters)
        case 9:
            guard let transaction = body.readPtp(UInt32.self), let length = body.readPtp(UInt64.self) else {
                return nil
            }
            return .startData(transaction: transaction, length: length)
        case 10, 12:
            return body.readPtp(UInt32.self).map { .data(transaction: $0, bytes: body, isLast: type == 12) }
        case 11:
            return body.readPtp(UInt32.self).map { .cancel(transaction: $0) }
        case 13:
            return .probeRequest
        case 14:
            return .probeResponse
        default:
            throw .unexpectedType(type)
        }
    }
}

/// What a responder sends over PTP/IP.
enum PtpIpAnswer {
    static func initCommandAck(connection: UInt32, identity: [UInt8], name: String) -> ByteBuffer {
        packet(2) { body in
            body.writePtp(connection)
            body.writeBytes(identity.prefix(16))
            body.writeRepeatingByte(0, count: max(0, 16 - identity.count))
            for unit in name.utf16.prefix(39) { body.writePtp(unit) }
            body.writePtp(UInt16(0))
            body.writePtp(UInt32(0x0001_0000))
        }
    }

    static func initEventAck() -> ByteBuffer { packet(4) { _ in } }

    /// Refuses a connection: 1 rejected, 2 busy, 3 unspecified.
    static func initFail(_ reason: UInt32) -> ByteBuffer { packet(5) { $0.writePtp(reason) } }

    static func response(_ reply: PtpReply, transaction: UInt32) -> ByteBuffer {
        packet(7) { body in
            body.writePtp(reply.response.rawValue)
            body.writePtp(transaction)
            for parameter in reply.parameters.prefix(5) { body.writePtp(parameter) }
        }
    }

    static func event(_ event: PtpEvent) -> ByteBuffer {
        packet(8) { body in
            body.writePtp(event.code.rawValue)
            body.writePtp(event.transaction)
            for parameter in event.parameters.prefix(3) { body.writePtp(parameter) }
        }
    }

    static func startData(transaction: UInt32, length: Int) -> ByteBuffer {
        packet(9) { body in
            body.writePtp(transaction)
            body.writePtp(UInt64(length))
        }
    }

    /// The head of a data packet; `length` bytes of data are to follow it.
    static func dataHead(transaction: UInt32, length: Int, isLast: Bool) -> ByteBuffer {
        var head = ByteBuffer()
        head.writePtp(UInt32(length + 12))
        head.writePtp(UInt32(isLast ? 12 : 10))
        head.writePtp(transaction)
        return head
    }

    static func probeResponse() -> ByteBuffer { packet(14) { _ in } }

    private static func packet(_ type: UInt32, _ build: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writePtp(UInt32(0))
        buffer.writePtp(type)
        build(&buffer)
        buffer.setInteger(UInt32(buffer.readableBytes), at: 0, endianness: .little)
        return buffer
    }
}
