import NIOCore

/// A request for a transfer on one of a device's endpoints (USB request block).
struct UsbTransfer: Equatable {
    /// The kernel's number of it.
    var number: UInt32
    /// The endpoint's number, from 0 to 15.
    var endpoint: UInt8
    /// Whether data goes to the host.
    var goesIn: Bool
    /// How many bytes at most go in, or how many come out.
    var length: Int
    /// The request of a control transfer.
    var setup: UsbSetup
    /// What comes out.
    var data = ByteBuffer()
}

/// The eight bytes of a control request (USB 2.0, section 9.3).
struct UsbSetup: Equatable {
    var type: UInt8
    var request: UInt8
    var value: UInt16
    var index: UInt16
    var length: UInt16
}

/// What the kernel asks of a device over USB/IP (Documentation/usb/usbip_protocol.rst).
enum UsbIpRequest: Equatable {
    case submit(UsbTransfer)
    /// Give up the transfer of a number.
    case unlink(number: UInt32, transfer: UInt32)
}

/// Bytes that are no USB/IP.
struct UsbIpError: Error {}

/// Bytes from the kernel, however they were cut, into requests. Holds at most one that is not complete.
struct UsbIpReader {
    /// More than usbfs gives all devices together, unless it is told otherwise.
    static let longestTransfer = 64 << 20

    private static let headerLength = 48
    private var buffer = ByteBuffer()

    mutating func append(_ bytes: ByteBuffer) {
        var bytes = bytes
        buffer.discardReadBytes()
        buffer.writeBuffer(&bytes)
    }

    /// The next whole request, or nil until more bytes come.
    mutating func next() throws(UsbIpError) -> UsbIpRequest? {
        guard buffer.readableBytes >= Self.headerLength else { return nil }
        var header = buffer
        guard let command: UInt32 = header.readInteger(), let number: UInt32 = header.readInteger(),
            header.readInteger(as: UInt32.self) != nil, let direction: UInt32 = header.readInteger(),
            let endpoint: UInt32 = header.readInteger(), endpoint < 16
        else { throw UsbIpError() }
        if command == 2, let transfer: UInt32 = header.readInteger() {
            buffer.moveReaderIndex(forwardBy: Self.headerLength)
            return .unlink(number: number, transfer: transfer)
        }
        guard command == 1, header.readInteger(as: UInt32.self) != nil, let length: Int32 = header.readInteger(),
            0...Self.longestTransfer ~= Int(length), let interval = header.readSlice(length: 12),
            interval.readableBytes == 12, let setup = UsbSetup(&header)
        else { throw UsbIpError() }
        var transfer = UsbTransfer(
            number: number, endpoint: UInt8(endpoint), goesIn: direction == 1, length: Int(length), setup: setup)
        if !transfer.goesIn {
            guard let data = header.readSlice(length: transfer.length) else { return nil }
            transfer.data = data
        }
        buffer.moveReaderIndex(to: header.readerIndex)
        return .submit(transfer)
    }
}

extension UsbSetup {
    /// Reads the eight bytes; nil if they are not there.
    init?(_ bytes: inout ByteBuffer) {
        guard let type: UInt8 = bytes.readInteger(), let request: UInt8 = bytes.readInteger(),
            let value = bytes.readPtp(UInt16.self), let index = bytes.readPtp(UInt16.self),
            let length = bytes.readPtp(UInt16.self)
        else { return nil }
        self.init(type: type, request: request, value: value, index: index, length: length)
    }
}

/// What a device answers over USB/IP.
enum UsbIpAnswer {
    /// A transfer is done: `count` bytes went out, or `data` comes in. `status` is 0, or one of errno, negative.
    static func done(_ number: UInt32, status: Int32 = 0, count: Int, data: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        var answer = header(3, number)
        answer.writeInteger(status)
        answer.writeInteger(Int32(count))
        answer.writeRepeatingByte(0, count: 20)
        answer.writeImmutableBuffer(data)
        return answer
    }

    /// A transfer was given up, or was done already (status 0).
    static func unlinked(_ number: UInt32, status: Int32) -> ByteBuffer {
        var answer = header(4, number)
        answer.writeInteger(status)
        answer.writeRepeatingByte(0, count: 24)
        return answer
    }

    private static func header(_ command: UInt32, _ number: UInt32) -> ByteBuffer {
        var answer = ByteBuffer()
        answer.writeInteger(command)
        answer.writeInteger(number)
        answer.writeRepeatingByte(0, count: 12)
        return answer
    }
}
