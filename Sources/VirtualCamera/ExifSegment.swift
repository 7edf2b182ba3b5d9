import NIOCore

/// What a picture says about itself, as the APP1 segment of its JPEG file (CIPA DC-008, Exif 2.32).
struct ExifSegment: Sendable {
    var make: String
    var model: String
    var serialNumber: String
    var software: String
    /// Exif's way to write a moment.
    var dateTime: String
    var settings: ExposureSettings
    var lens: DescribedLens
    var thumbnail: ByteBuffer

    /// The two directories that every file of the picture has; the place of the second is yet to be put into the first.
    func directories() -> (main: TiffDirectory, exif: TiffDirectory) {
        var main = TiffDirectory()
        main.ascii(0x010F, make)
        main.ascii(0x0110, model)
        main.short(0x0112, 1)
        main.rational(0x011A, 300, 1)
        main.rational(0x011B, 300, 1)
        main.short(0x0128, 2)
        main.ascii(0x0131, software)
        main.ascii(0x0132, dateTime)
        if !settings.artist.isEmpty { main.ascii(0x013B, settings.artist) }
        if !settings.copyright.isEmpty { main.ascii(0x8298, settings.copyright) }
        main.long(0x8769, 0)

        var exif = TiffDirectory()
        exif.rational(0x829A, settings.exposureTime.numerator, settings.exposureTime.denominator)
        exif.rational(0x829D, settings.fNumber, 100)
        exif.short(0x8822, UInt16(clamping: settings.program <= 4 ? settings.program : 0))
        exif.short(0x8827, UInt16(clamping: settings.isoSpeed))
        exif.short(0x8830, 2)
        exif.undefined(0x9000, Array("0232".utf8))
        exif.ascii(0x9003, dateTime)
        exif.ascii(0x9004, dateTime)
        exif.undefined(0x9101, [1, 2, 3, 0])
        exif.signedRational(0x9204, settings.compensation, 1000)
        exif.short(0x9207, 5)
        exif.rational(0x920A, settings.focalLength, 100)
        exif.undefined(0xA000, Array("0100".utf8))
        exif.short(0xA001, 1)
        exif.long(0xA002, UInt32(clamping: settings.width))
        exif.long(0xA003, UInt32(clamping: settings.height))
        exif.ascii(0xA431, serialNumber)
        exif.rationals(
            0xA432,
            [
                lens.focalLengths.lowerBound, lens.focalLengths.upperBound, lens.fNumberAtShortest,
                lens.fNumberAtLongest,
            ].map { (DescribedLens.hundredths($0), 100) })
        if let name = lens.name { exif.ascii(0xA434, name) }
        return (main, exif)
    }

    /// The segment, marker and length included.
    func bytes() -> ByteBuffer {
        var (main, exif) = directories()
        var preview = TiffDirectory()
        preview.short(0x0103, 6)
        preview.long(0x0201, 0)
        preview.long(0x0202, UInt32(thumbnail.readableBytes))

        let exifOffset = 8 + main.size
        let previewOffset = exifOffset + exif.size
        let thumbnailOffset = previewOffset + preview.size
        main.long(0x8769, UInt32(exifOffset))
        preview.long(0x0201, UInt32(thumbnailOffset))

        var tiff = ByteBuffer()
        tiff.writeBytes([0x49, 0x49, 0x2A, 0x00, 8, 0, 0, 0])
        main.write(into: &tiff, at: 8, next: previewOffset)
        exif.write(into: &tiff, at: exifOffset, next: 0)
        preview.write(into: &tiff, at: previewOffset, next: 0)
        tiff.writeImmutableBuffer(thumbnail)

        var segment = ByteBuffer()
        segment.writeBytes([0xFF, 0xE1])
        segment.writeInteger(UInt16(clamping: tiff.readableBytes + 8))
        segment.writeString("Exif")
        segment.writeBytes([0, 0])
        segment.writeBuffer(&tiff)
        return segment
    }
}
