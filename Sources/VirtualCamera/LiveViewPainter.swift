import NIOConcurrencyHelpers
import NIOCore

/// The live view of a body: one image after another, each with the body's name, its number and the time in large type.
///
/// Sendable is proved by the lock: every use of the image, the quality and the encoder is inside the lock, and they never
/// leave this class.
final class LiveViewPainter: @unchecked Sendable {
    let width: Int
    let height: Int

    private let lock = NIOLock()
    private let encoder: JpegEncoder
    private let frameBytes: Int?
    private var image: PixelBuffer
    private var quality = 75
    private let panel = Colour(16, 18, 24)
    private let track = Colour(70, 74, 84)

    /// - Parameter frameBytes: about so many bytes each JPEG has: a smaller one is filled up with comments, and for a
    ///   larger one quality goes down, as far as it does.
    init(
        name: String, colourOf index: Int, width: Int = 640, height: Int = 424, frameBytes: Int? = nil
    ) throws(JpegError) {
        self.width = width
        self.height = height
        self.frameBytes = frameBytes
        encoder = try JpegEncoder(width: width, height: height)
        image = PixelBuffer(width: width, height: height)
        image.drawLandscape(colourOf: index, sunAt: 0.9)
        let limit = max(1, 14 * height / 424)
        let scale = PixelBuffer.scale(of: name, toFit: width - width / 16, limit: limit)
        image.draw(name, x: width / 32, y: 60 * height / 424 - 7 * scale / 2, scale: scale, .white)
    }

    /// One frame: `header` and then a JPEG with no other marker of beginning or end in it than its own.
    func frame(number: Int, time: String, header: ByteBuffer) throws(JpegError) -> ByteBuffer {
        lock.lock()
        defer { lock.unlock() }
        draw(number, time)
        guard let frameBytes else { return try encode(header, fillTo: 0) }
        // Quality stays where one frame had to bring it.
        var frame = try encode(header, fillTo: frameBytes)
        while frame.readableBytes - header.readableBytes > frameBytes, quality > 5 {
            quality = max(5, quality - 10)
            frame = try encode(header, fillTo: frameBytes)
        }
        return frame
    }

    private func draw(_ number: Int, _ time: String) {
        func down(_ pixels: Int) -> Int { pixels * height / 424 }
        let (left, space) = (width / 32, width - width / 16)
        image.fill(x: 0, y: down(120), width: width, height: down(190), panel)
        let text = String(number)
        let scale = PixelBuffer.scale(of: text, toFit: space, limit: max(1, down(13)))
        image.draw(text, x: left, y: down(136), scale: scale, .white)
        let timeScale = PixelBuffer.scale(of: time, toFit: space, limit: max(1, down(7)))
        image.draw(time, x: left, y: down(246), scale: timeScale, .white)
        let mark = width * 3 / 40
        image.fill(x: 0, y: down(310), width: width, height: down(16), track)
        image.fill(x: number * 8 % (width - mark), y: down(310), width: mark, height: down(16), .white)
    }

    private func encode(_ header: ByteBuffer, fillTo target: Int) throws(JpegError) -> ByteBuffer {
        try encoder.encode(image, quality: quality) { bytes in
            var frame = ByteBuffer()
            frame.reserveCapacity(header.readableBytes + max(bytes.count, target))
            frame.writeImmutableBuffer(header)
            frame.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.prefix(2)))
            Self.writeComments(target - bytes.count, into: &frame)
            frame.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2)))
            return frame
        }
    }

    /// Comments (COM segments of JPEG) of so many bytes in all; fewer than four cannot be had.
    private static func writeComments(_ count: Int, into frame: inout ByteBuffer) {
        var left = count
        while left >= 4 {
            // Short enough for no length to look like a marker; and what is left is none or enough for another one.
            let longest = min(left, 32_768)
            let length = 1..<4 ~= left - longest ? longest - 4 : longest
            frame.writeBytes([0xFF, 0xFE])
            frame.writeInteger(UInt16(length - 2))
            frame.writeRepeatingByte(0x2E, count: length - 4)
            left -= length
        }
    }
}
