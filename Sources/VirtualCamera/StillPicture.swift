import NIOCore

/// A picture to be made: whose it is, which one, and how it was exposed.
struct StillPicture: Sendable {
    let description: VirtualBodyDescription
    let number: Int
    let settings: ExposureSettings
    /// Seconds since 1970 by the body's clock.
    let moment: Int
    let milliseconds: Int

    /// A picture as it lies on the card: a JPEG, a RAW file, or both.
    struct Developed: Sendable {
        let jpeg: ByteBuffer?
        let raw: ObjectContent?
        let thumbnail: ByteBuffer
        let width: Int
        let height: Int

        /// The size of all its files, in bytes.
        var size: Int { (jpeg?.readableBytes ?? 0) + (raw?.count ?? 0) }
    }

    static let thumbnailWidth = 160
    static let thumbnailHeight = 104
    static let previewWidth = 480
    static let previewHeight = 320

    /// Draws and compresses it; takes some milliseconds a megapixel.
    func develop() throws(JpegError) -> Developed {
        let thumbnail = try Self.jpeg(
            draw(width: Self.thumbnailWidth, height: Self.thumbnailHeight), quality: 70)
        let exif = ExifSegment(
            make: description.exifMaker, model: description.exifModel, serialNumber: description.serialNumber,
            software: "Virtual camera", dateTime: CameraClock.exifText(moment), settings: settings,
            lens: description.lens,
            thumbnail: thumbnail)
        return Developed(
            jpeg: settings.recording.hasJpeg ? try jpegFile(exif) : nil,
            raw: settings.recording.hasRaw ? try rawFile(exif) : nil,
            thumbnail: thumbnail, width: settings.width, height: settings.height)
    }

    private func jpegFile(_ exif: ExifSegment) throws(JpegError) -> ByteBuffer {
        let image = draw(width: settings.width, height: settings.height)
        let encoder = try JpegEncoder(width: image.width, height: image.height)
        return try encoder.encode(image, quality: settings.quality) { bytes in
            // SOI, then Exif in place of the JFIF segment that libjpeg-turbo writes, then the rest.
            var file = ByteBuffer()
            file.reserveCapacity(bytes.count + 64 * 1024)
            file.writeBytes([0xFF, 0xD8])
            file.writeImmutableBuffer(exif.bytes())
            file.writeBytes(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Self.lengthBeforeTables(bytes))))
            return file
        }
    }

    private func rawFile(_ exif: ExifSegment) throws(JpegError) -> ObjectContent {
        let preview = try Self.jpeg(draw(width: Self.previewWidth, height: Self.previewHeight), quality: 80)
        return RawFile(
            kind: description.dialect.personality.rawKind, exif: exif, preview: preview, thumbnail: exif.thumbnail,
            size: description.rawSize, phase: description.index * 4099 + number * 257
        ).content()
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
