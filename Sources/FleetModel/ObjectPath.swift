/// Where an object is on a body: libgphoto2's folder and name.
public struct ObjectPath: Sendable, Codable, Hashable {
    /// The folder, such as `/store_00010001/DCIM/100NCD75`.
    public var folder: String
    /// The name, such as `DSC_0001.JPG`.
    public var name: String

    /// An object in a folder.
    public init(folder: String, name: String) {
        self.folder = folder
        self.name = name
    }
}

/// An image that a capture brought (protocol.md, 0x0002).
public struct CapturedImage: Sendable, Codable, Hashable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Its size in bytes.
    public var size: Int64
    /// The SHA-256 of the whole file in hexadecimal, once the server has read it.
    public var sha256: String?
    /// Where it was saved, relative to the data folder.
    public var savedAs: String?

    /// An image on the body.
    public init(folder: String, name: String, size: Int64, sha256: String? = nil, savedAs: String? = nil) {
        self.folder = folder
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.savedAs = savedAs
    }

    /// Where it is on the body.
    public var path: ObjectPath { ObjectPath(folder: folder, name: name) }

    enum CodingKeys: String, CodingKey {
        case folder, name, size, sha256, savedAs = "saved_as"
    }
}

/// A file on a body (protocol.md, 0x000B).
public struct FileEntry: Sendable, Codable, Hashable {
    /// The folder on the body.
    public var folder: String
    /// The name on the body.
    public var name: String
    /// Its size in bytes.
    public var size: Int64
    /// When it was written, in seconds since 1970.
    public var mtime: Int64
    /// Its media type, such as `image/jpeg`.
    public var mime: String

    /// A file in a folder.
    public init(folder: String, name: String, size: Int64, mtime: Int64, mime: String) {
        self.folder = folder
        self.name = name
        self.size = size
        self.mtime = mtime
        self.mime = mime
    }
}

/// Which of an object's files is meant: libgphoto2's CameraFileType.
public enum ObjectFileType: String, Sendable, Codable, CaseIterable {
    /// The object itself (GP_FILE_TYPE_NORMAL).
    case normal
    /// The thumbnail (GP_FILE_TYPE_PREVIEW).
    case preview
    /// The raw data (GP_FILE_TYPE_RAW).
    case raw
    /// The EXIF block (GP_FILE_TYPE_EXIF).
    case exif
    /// Sound that belongs to it (GP_FILE_TYPE_AUDIO).
    case audio
    /// The body's metadata (GP_FILE_TYPE_METADATA).
    case metadata
}
