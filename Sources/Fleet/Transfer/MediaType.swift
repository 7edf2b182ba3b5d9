/// The media type of an image by its name's ending; what libgphoto2 says of those of the makers it knows.
func mediaType(of name: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return unknownMediaType }
    return mediaTypes[name[name.index(after: dot)...].lowercased()] ?? unknownMediaType
}

private let unknownMediaType = "application/octet-stream"

private let mediaTypes = [
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "heic": "image/heic", "heif": "image/heif", "hif": "image/heif",
    "tif": "image/tiff", "tiff": "image/tiff", "png": "image/png", "gif": "image/gif", "bmp": "image/bmp",
    "nef": "image/x-nef", "nrw": "image/x-raw", "crw": "image/x-canon-raw", "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3", "arw": "image/x-arw", "sr2": "image/x-raw", "raf": "image/x-raw",
    "orf": "image/x-raw", "rw2": "image/x-raw", "pef": "image/x-raw", "dng": "image/x-adobe-dng", "raw": "image/x-raw",
    "mov": "video/quicktime", "mp4": "video/mp4", "avi": "video/x-msvideo", "mpg": "video/mpeg",
    "wav": "audio/wav", "mp3": "audio/mpeg", "txt": "text/plain", "xml": "text/xml",
]
