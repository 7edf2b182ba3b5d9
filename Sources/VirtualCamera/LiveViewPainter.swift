import NIOConcurrencyHelpers
import NIOCore

/// The live view of a body: one image after another, each with the body's name, its number and the time in large type.
///
/// Sendable is proved by the lock: every use of the image and of the encoder is inside the lock, and they never leave this class.
final class LiveViewPainter: @unchecked Sendable {
    static let width = 640
    static let height = 424

    private let lock = NIOLock()
    private let encoder: JpegEncoder
    private var image: PixelBuffer
    private let panel = Colour(16, 18, 24)
    private let track = Colour(70, 74, 84)

    init(name: String, colourOf index: Int) throws(JpegError) {
        encoder = try JpegEncoder(width: Self.width, height: Self.height)
        image = PixelBuffer(width: Self.width, height: Self.height)
        image.drawLandscape(colourOf: index, sunAt: 0.9)
        let scale = PixelBuffer.scale(of: name, toFit: Self.width - 40, limit: 14)
        image.draw(name, x: 20, y: 60 - 7 * scale / 2, scale: scale, .white)
    }

    /// One frame: `header` and then a JPEG with no other marker of beginning or end in it than its own.
    func frame(number: Int, time: String, header: ByteBuffer) throws(JpegError) -> ByteBuffer {
        lock.lock()
        defer { lock.unlock() }
        image.fill(x: 0, y: 120, width: Self.width, height: 190, panel)
        let text = String(number)
        image.draw(
            text, x: 20, y: 136, scale: PixelBuffer.scale(of: text, toFit: Self.width - 40, limit: 13), .white)
        image.draw(time, x: 20, y: 246, scale: 7, .white)
        let position = number * 8 % (Self.width - 48)
        image.fill(x: 0, y: 310, width: Self.width, height: 16, track)
        image.fill(x: position, y: 310, width: 48, height: 16, .white)
        return try encoder.encode(image, quality: 75) { bytes in
            var frame = ByteBuffer()
            frame.reserveCapacity(header.readableBytes + bytes.count)
            frame.writeImmutableBuffer(header)
            frame.writeBytes(bytes)
            return frame
        }
    }
}
