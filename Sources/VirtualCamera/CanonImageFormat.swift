import NIOCore

/// What an EOS stores of a picture: a JPEG, a RAW file, or both.
///
/// The raw value is how libgphoto2 condenses the record (ptp-pack.c, `ptp_unpack_EOS_ImageFormat`): four bits each for
/// size and compression of the first file, then of the second, if there is one.
struct CanonImageFormat: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    /// One of the files.
    private struct Part {
        /// 0 large, 1 medium, 2 small; 0xD, 0xE and 0xF stand for S1, S2 and S3, which the record numbers from 0xE on.
        let size: UInt16
        /// 2 normal, 3 fine; 4 lossless with a 8 beside it for RAW.
        let compression: UInt16

        var isRaw: Bool { compression & 8 != 0 }

        init(_ nibbles: UInt16) {
            size = nibbles >> 4 & 0xF
            compression = nibbles & 0xF
        }

        init?(kind: UInt32, size: UInt32, compression: UInt32) {
            guard kind == 1 || kind == 6, size <= 0x10, compression < 8 else { return nil }
            self.size = UInt16(size >= 0xE ? size - 1 : size)
            self.compression = UInt16(compression) | (kind == 6 ? 8 : 0)
        }

        var nibbles: UInt16 { size << 4 | compression }
    }

    init(rawValue: UInt16) { self.rawValue = rawValue }

    /// What a 6D offers.
    static let choices: [CanonImageFormat] = [
        0x0300, 0x0200, 0x1300, 0x1200, 0xD300, 0xD200, 0xE300, 0xF300, 0x0C03, 0x1C03, 0x2C03, 0x0C00, 0x1C00, 0x2C00,
    ].map { CanonImageFormat(rawValue: $0) }

    private var parts: [Part] {
        [rawValue >> 8, rawValue & 0xFF].filter { $0 != 0 }.map { Part($0) }
    }

    var recording: Recording {
        let parts = parts
        guard parts.contains(where: \.isRaw) else { return .jpeg }
        return parts.count > 1 ? .rawAndJpeg : .raw
    }

    /// Width, height and libjpeg quality of the JPEG.
    var jpeg: (width: Int, height: Int, quality: Int) {
        guard let part = parts.first(where: { !$0.isRaw }) else { return (1920, 1280, 95) }
        let size =
            switch part.size {
            case 0: (1920, 1280)
            case 1: (1440, 960)
            case 0xE: (720, 480)
            case 0xF: (480, 320)
            default: (960, 640)
            }
        return (size.0, size.1, part.compression == 3 ? 95 : 80)
    }

    /// The record of Canon's events and of SetDevicePropValueEx: how many files, and for each 16, kind, size, compression.
    func write(into buffer: inout ByteBuffer) {
        let parts = parts
        buffer.writePtp(UInt32(parts.count))
        for part in parts {
            buffer.writePtp(UInt32(0x10))
            buffer.writePtp(UInt32(part.isRaw ? 6 : 1))
            buffer.writePtp(UInt32(part.size >= 0xD ? part.size + 1 : part.size))
            buffer.writePtp(UInt32(part.compression & 7))
        }
    }

    /// The format that a record stands for, nil if it is none.
    init?(_ record: ByteBuffer) {
        var record = record
        guard let count = record.readPtp(UInt32.self), count == 1 || count == 2 else { return nil }
        var condensed: UInt16 = 0
        for index in 0..<count {
            guard record.readPtp(UInt32.self) == 0x10, let kind = record.readPtp(UInt32.self),
                let size = record.readPtp(UInt32.self), let compression = record.readPtp(UInt32.self),
                let part = Part(kind: kind, size: size, compression: compression)
            else { return nil }
            condensed |= part.nibbles << (index == 0 ? 8 : 0)
        }
        self.init(rawValue: condensed)
    }
}
