/// A card or memory of a body (protocol.md, 0x000E; libgphoto2's CameraStorageInformation).
public struct StorageInfo: Sendable, Codable, Hashable {
    /// What can be done with what is on it.
    public enum Access: String, Sendable, Codable {
        case readWrite = "read_write"
        case readOnly = "read_only"
        case readOnlyWithDelete = "read_only_with_delete"
    }

    /// Its folder, such as `/store_00010001`.
    public var path: String
    /// Its name.
    public var label: String
    /// In bytes; nil when the body does not say.
    public var capacity: Int64?
    /// In bytes; nil when the body does not say.
    public var free: Int64?
    /// How many images fit; nil when the body does not say.
    public var freeImages: Int64?
    /// What can be done with what is on it.
    public var access: Access

    /// A storage.
    public init(path: String, label: String, capacity: Int64?, free: Int64?, freeImages: Int64?, access: Access) {
        self.path = path
        self.label = label
        self.capacity = capacity
        self.free = free
        self.freeImages = freeImages
        self.access = access
    }

    enum CodingKeys: String, CodingKey { case path, label, capacity, free, freeImages = "free_images", access }

    /// Writes every field; what the body does not say is null.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path, forKey: .path)
        try container.encode(label, forKey: .label)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(free, forKey: .free)
        try container.encode(freeImages, forKey: .freeImages)
        try container.encode(access, forKey: .access)
    }
}
