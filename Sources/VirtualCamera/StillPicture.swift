import NIOCore

/// A picture to be made: whose it is, which one, and how it was exposed.
struct StillPicture: Sendable {
    let description: VirtualBodyDescription
    let number: Int
    let settings: ExposureSettings
    /// Seconds since 1970 by the body's clock.
    let moment: Int
    let milliseconds: Int

    /// A picture as it lies on the card.
    struct Developed: Sendable {
        let jpeg: ByteBuffer
        let thumbnail: ByteBuffer
        let width: Int
        let height: Int
    }

    static let thumbnailWidth = 160
    static let thumbnailHeight = 104

    /// Draws and compresses it; takes some milliseconds a megapixel.
    func develop() throws(JpegError) -> Developed {
        let thumbnail = try Self.jpeg(
            draw(width: Self.thumbnailWidth, height: Self.thumbnailHeight), quality: 70)
        let exif = ExifSegment(
            make: description.manufacturer, model: description.exifModel, serialNumber: description.serialNumber,
            software: "Virtual camera", dateTime: CameraClock.exifText(moment), settings: settings,
            lens: description.lens,
            thumbnail: thumbnail)
        let image = draw(width: settings.width, height: settings.height)
        let encoder = try JpegEncoder(width: image.width, height: image.height)
        let jpeg = try encoder.encode(image, quality: settings.quality) { bytes in
            // SOI, then Exif in place of the JFIF segment that libjpeg-turbo writes, then the rest.
            var file = ByteBuffer()
            file.reserveCapacity(bytes.count + 64 * 1024)
            file.writeBytes([0xFF, 0xD8])
            file.writeImmutableBuffer(exif.bytes())
            file.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.lengthBeforeTables(bytes))))
            return file
        }
        return Developed(jpeg: jpeg, thumbnail: thumbnail, width: image.width, height: image.height)
    }

    private static func jpeg(_ image: PixelBuffer, quality: Int) throws(JpegError) -> ByteBuffer {
        try JpegEncoder(width: image.width, height: image.height).encode(image, quality: quality) { bytes in
            ByteBuffer(bytes: bytes)
        }
    }

    /// SOI and, if there is one, the JFIF segment.
    private static func lengthBeforeTables(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count > 6, bytes[2] == 0xFF, bytes[3] == 0xE0 else { return 2 }
        return 4 + Int(bytes[4]) << 8 + Int(bytes[5])
    }

    private func draw(width: Int, height: Int) -> PixelBuffer {
        var image = PixelBuffer(width: width, height: height)
        image.drawLandscape(colourOf: description.index, sunAt: Double(number % 12 + 1) / 13)
        let margin = width / 20
        let space = width - 2 * margin
        let name = description.name
        let nameScale = PixelBuffer.scale(of: name, toFit: space, limit: max(1, height / 40))
        image.draw(name, x: margin, y: margin, scale: nameScale, .white)
        let title = "#\(number)"
        let titleScale = PixelBuffer.scale(of: title, toFit: space / 2, limit: max(1, height / 30))
        image.draw(title, x: margin, y: margin + 9 * nameScale, scale: titleScale, .white)
        let lines = [
            CameraClock.timeText(moment, milliseconds),
            "\(exposureText) F/\(Double(settings.fNumber) / 100) ISO \(settings.isoSpeed)",
        ]
        for (index, line) in lines.enumerated() {
            let scale = PixelBuffer.scale(of: line, toFit: space, limit: max(1, height / 90))
            image.draw(
                line, x: margin, y: height - margin - (lines.count - index) * 10 * scale, scale: scale, .white)
        }
        return image
    }

    private var exposureText: String {
        let time = settings.exposureTime
        return time.denominator == 1 ? "\(time.numerator)S" : "\(time.numerator)/\(time.denominator)S"
    }
}
