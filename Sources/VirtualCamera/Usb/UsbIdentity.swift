import NIOCore

/// What a body shows of itself on USB: a still image capture device (USB still image capture device definition 1.0) of the
/// maker's ids, high speed, with two bulk endpoints and one of interrupts.
struct UsbIdentity: Equatable {
    var vendor: UInt16
    var product: UInt16
    var manufacturer: String
    var model: String
    var serial: String

    static let bulkIn: UInt8 = 1
    static let bulkOut: UInt8 = 2
    static let interruptIn: UInt8 = 3
    static let packetSize = 512
    static let eventPacketSize = 64

    /// What a described body shows. libgphoto2 2.5.30 knows the makers' bodies by these ids (camlibs/ptp2/library.c); the
    /// generic one has ids of nobody's, and is known by its class.
    init(_ description: VirtualBodyDescription) {
        (vendor, product) =
            switch description.dialect {
            case .ptp: (0x1209, 0x0001)
            case .nikon: (0x04B0, 0x0440)
            case .canonEOS: (0x04A9, 0x3250)
            }
        manufacturer = description.manufacturer
        model = description.exifModel
        serial = description.serialNumber
    }

    /// The descriptor of a kind and index (USB 2.0, section 9.6); nil if there is none.
    func descriptor(_ kind: UInt8, _ index: UInt8) -> ByteBuffer? {
        switch (kind, index) {
        case (1, _): device
        case (2, 0): configuration
        case (3, 0): Self.descriptor(3) { $0.writePtp(UInt16(0x0409)) }
        case (3, 1): Self.text(manufacturer)
        case (3, 2): Self.text(model)
        case (3, 3): Self.text(serial)
        default: nil
        }
    }

    private var device: ByteBuffer {
        Self.descriptor(1) { content in
            content.writePtp(UInt16(0x0200))
            content.writeBytes([0, 0, 0, 64])
            content.writePtp(vendor)
            content.writePtp(product)
            content.writePtp(UInt16(0x0100))
            content.writeBytes([1, 2, 3, 1])
        }
    }

    private var configuration: ByteBuffer {
        var parts = Self.descriptor(4) { $0.writeBytes([0, 0, 3, 6, 1, 1, 0]) }
        let endpoints: [(address: UInt8, kind: UInt8, size: Int, interval: UInt8)] = [
            (0x80 | Self.bulkIn, 2, Self.packetSize, 0), (Self.bulkOut, 2, Self.packetSize, 0),
            (0x80 | Self.interruptIn, 3, Self.eventPacketSize, 6),
        ]
        for endpoint in endpoints {
            let part = Self.descriptor(5) { content in
                content.writeBytes([endpoint.address, endpoint.kind])
                content.writePtp(UInt16(endpoint.size))
                content.writeInteger(endpoint.interval)
            }
            parts.writeImmutableBuffer(part)
        }
        var whole = Self.descriptor(2) { content in
            content.writePtp(UInt16(9 + parts.readableBytes))
            // One interface, self-powered, 4 mA.
            content.writeBytes([1, 1, 0, 0xC0, 2])
        }
        whole.writeImmutableBuffer(parts)
        return whole
    }

    private static func text(_ text: String) -> ByteBuffer {
        descriptor(3) { content in
            for unit in text.utf16.prefix(126) { content.writePtp(unit) }
        }
    }

    private static func descriptor(_ kind: UInt8, _ build: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var content = ByteBuffer()
        build(&content)
        var whole = ByteBuffer()
        whole.writeInteger(UInt8(2 + content.readableBytes))
        whole.writeInteger(kind)
        whole.writeImmutableBuffer(content)
        return whole
    }
}
