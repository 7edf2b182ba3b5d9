import Crypto
import FleetModel
public import NIOCore

/// A small picture of a file of a body (protocol.md, 0x0003).
public struct Thumbnail: Sendable, Equatable {
    /// Its media type, such as `image/jpeg`.
    public var mime: String
    /// The picture.
    public var bytes: ByteBuffer

    /// A picture.
    public init(mime: String, bytes: ByteBuffer) {
        self.mime = mime
        self.bytes = bytes
    }

    /// Saves it in a directory as `DSC_0001-thumbnail.jpg`, with the end that its type has. The directory is made where
    /// it is not there, and a file that is there is never overwritten: `-1`, `-2` … is added to the name.
    ///
    /// - Throws: `FleetClientError`: file, when it cannot be written.
    public func save(of name: String, in directory: String) async throws(FleetClientError) -> SavedFile {
        let file = try PartialFile(named: localName(of: name, addition: "thumbnail", mime: mime), in: directory)
        try await file.append(bytes)
        var hash = SHA256()
        bytes.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return try await file.finish(sha256: hash.finalize().hexadecimal)
    }
}

/// What an object's file is called on this machine: the object's own name for the object itself, and for what belongs
/// to it (libgphoto2's CameraFileType) that name with the type, such as `DSC_0001-preview.jpg`.
func localName(of name: String, type: ObjectFileType, mime: String) -> String {
    guard type != .normal else { return name }
    return localName(of: name, addition: type.rawValue, mime: mime)
}

private func localName(of name: String, addition: String, mime: String) -> String {
    let dot = name.lastIndex(of: ".")
    let stem = dot.map { $0 > name.startIndex ? name[..<$0] : name[...] } ?? name[...]
    return "\(stem)-\(addition).\(suffix(of: mime))"
}

/// The usual end of a name for a media type; libgphoto2's own (gphoto2-file.h) among them.
private func suffix(of mime: String) -> String {
    switch mime.lowercased() {
    case "image/jpeg": "jpg"
    case "image/png": "png"
    case "image/tiff": "tif"
    case "image/bmp": "bmp"
    case "image/x-portable-pixmap": "ppm"
    case "image/x-portable-graymap": "pgm"
    case "image/x-raw": "raw"
    case "image/x-nikon-nef": "nef"
    case "image/x-canon-cr2", "image/x-canon-raw": "cr2"
    case "application/x-exif": "exif"
    case "application/xml", "text/xml": "xml"
    case "text/plain": "txt"
    case "audio/wav", "audio/x-wav": "wav"
    default: "bin"
    }
}
