/// Arguments of DOWNLOAD_SAVED on port 5555: which image, by one of its two names.
public struct SavedImageArguments: Codable, Sendable {
    /// Its number, as LIST_IMAGES tells it.
    public var image: Int64?
    /// Where it is, relative to the data folder.
    public var savedAs: String?
    /// Where the transfer begins, in bytes, unless port 6666 is told another place.
    public var offset: Int64?

    /// An image.
    public init(image: Int64? = nil, savedAs: String? = nil, offset: Int64? = nil) {
        self.image = image
        self.savedAs = savedAs
        self.offset = offset
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        image = try container.optional(.image)
        savedAs = try container.optional(.savedAs)
        offset = try container.optional(.offset)
    }

    enum CodingKeys: String, CodingKey { case image, savedAs = "saved_as", offset }
}

/// Result of DOWNLOAD_SAVED on port 5555.
public struct SavedImageTicket: Codable, Sendable {
    /// The authorisation on port 6666.
    public var ticket: String
    /// The size of the whole file in bytes.
    public var size: Int64
    /// Its media type, by its name's ending.
    public var mime: String
    /// The SHA-256 that it had when it was saved, in hexadecimal.
    public var sha256: String
    /// The port to go to.
    public var port: Int

    /// A ticket for an image.
    public init(ticket: String, size: Int64, mime: String, sha256: String, port: Int) {
        self.ticket = ticket
        self.size = size
        self.mime = mime
        self.sha256 = sha256
        self.port = port
    }
}
