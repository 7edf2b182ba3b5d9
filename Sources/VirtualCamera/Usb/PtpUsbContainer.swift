import NIOCore

/// The containers of PTP over USB (USB still image capture device definition 1.0, section 7).
enum PtpUsbContainer {
    static let headerLength = 12
    /// The length that says: until a short packet.
    static let unknownLength = UInt32.max

    enum Kind: UInt16 {
        case command = 1
        case data = 2
        case response = 3
        case event = 4
    }

    /// The first twelve bytes of one.
    struct Header: Equatable {
        var length: UInt32
        var kind: UInt16
        var code: UInt16
        var transaction: UInt32

        /// Reads them from where a buffer is read; nil if they are not all there.
        init?(_ bytes: ByteBuffer) {
            var bytes = bytes
            guard let length = bytes.readPtp(UInt32.self), let kind = bytes.readPtp(UInt16.self),
                let code = bytes.readPtp(UInt16.self), let transaction = bytes.readPtp(UInt32.self)
            else { return nil }
            (self.length, self.kind, self.code, self.transaction) = (length, kind, code, transaction)
        }
    }

    /// A whole container with parameters.
    static func container(
        _ kind: Kind, code: UInt16, transaction: UInt32, parameters: [UInt32]
    ) -> ByteBuffer {
        var bytes = header(kind, code: code, transaction: transaction, length: UInt64(4 * parameters.count))
        for parameter in parameters { bytes.writePtp(parameter) }
        return bytes
    }

    /// The header of a container with so many bytes.
    static func header(_ kind: Kind, code: UInt16, transaction: UInt32, length: UInt64) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writePtp(UInt32(clamping: length + UInt64(headerLength)))
        bytes.writePtp(kind.rawValue)
        bytes.writePtp(code)
        bytes.writePtp(transaction)
        return bytes
    }
}
