/// A name under which shots and images are kept together that are taken while it is open. One at most is open.
public struct Project: Sendable, Codable, Hashable {
    /// Its name, which no other has.
    public var name: String
    /// When it was opened last, in nanoseconds since 1970.
    public var openedAt: Int64
    /// How many shots it has.
    public var shots: Int
    /// How many images of it are saved.
    public var images: Int
    /// Whether it is the one that is open.
    public var isOpen: Bool

    /// All fields.
    public init(name: String, openedAt: Int64, shots: Int, images: Int, isOpen: Bool) {
        self.name = name
        self.openedAt = openedAt
        self.shots = shots
        self.images = images
        self.isOpen = isOpen
    }

    enum CodingKeys: String, CodingKey {
        case name = "project", openedAt = "opened_at", shots, images, isOpen = "open"
    }
}
