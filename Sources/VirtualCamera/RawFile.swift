import NIOCore

/// A RAW file as the makers' are built: a TIFF file with two directories, a thumbnail and a preview, and then what stands
/// for the sensor's data: filler, made while it is read.
struct RawFile: Sendable {
    /// In bytes, unless the preview alone is larger.
    static let defaultSize = 2_000_000

    let kind: RawKind
    let exif: ExifSegment
    /// JPEG files.
    let preview: ByteBuffer
    let thumbnail: ByteBuffer
    var size = RawFile.defaultSize
    /// Tells the fillers of two files apart.
    let phase: Int

    /// The file.
    func content() -> ObjectContent {
        var (main, exif) = exif.directories()
        main.long(0x00FE, 1)
        main.long(0x0100, UInt32(StillPicture.previewWidth))
        main.long(0x0101, UInt32(StillPicture.previewHeight))
        main.short(0x0103, 6)
        if kind == .dng {
            main.bytes(0xC612, [1, 4, 0, 0])
            main.ascii(0xC614, self.exif.model)
        }
        var small = TiffDirectory()
        small.short(0x0103, 6)
        let start = kind == .cr2 ? 16 : 8
        // Directories have the size that they have with all entries, whatever those say.
        for tag: UInt16 in [0x0111, 0x0117] { main.long(tag, 0) }
        for tag: UInt16 in [0x0201, 0x0202] { small.long(tag, 0) }
        let exifOffset = start + main.size
        let smallOffset = exifOffset + exif.size
        let thumbnailOffset = smallOffset + small.size
        let previewOffset = thumbnailOffset + thumbnail.readableBytes
        main.long(0x0111, UInt32(previewOffset))
        main.long(0x0117, UInt32(preview.readableBytes))
        main.long(0x8769, UInt32(exifOffset))
        small.long(0x0201, UInt32(thumbnailOffset))
        small.long(0x0202, UInt32(thumbnail.readableBytes))

        var head = ByteBuffer()
        head.writeBytes([0x49, 0x49, 0x2A, 0x00])
        head.writePtp(UInt32(start))
        // Canon's mark, its version, and no directory of the sensor's data.
        if kind == .cr2 { head.writeBytes([0x43, 0x52, 2, 0, 0, 0, 0, 0]) }
        main.write(into: &head, at: start, next: smallOffset)
        exif.write(into: &head, at: exifOffset, next: 0)
        small.write(into: &head, at: smallOffset, next: 0)
        head.writeImmutableBuffer(thumbnail)
        head.writeImmutableBuffer(preview)
        return ObjectContent(head: head, count: max(size, head.readableBytes), phase: phase)
    }
}
