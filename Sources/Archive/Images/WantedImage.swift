public import FleetModel

/// An image that is to be saved, from the moment at which its body told of it: after a crash, or when the body was away, it
/// is fetched from its card.
public struct WantedImage: Sendable, Hashable {
    /// Names it in the database.
    public let number: Int64
    /// The body's id.
    public let camera: BodyID
    /// Where it is on the body.
    public let path: ObjectPath
    /// When the body told of it, in nanoseconds since 1970.
    public let time: Int64
    /// The shot that it is of.
    public let shot: Int64?
    /// The project that it is of.
    public let project: String?

    /// All fields.
    public init(
        number: Int64, camera: BodyID, path: ObjectPath, time: Int64, shot: Int64?, project: String? = nil
    ) {
        self.number = number
        self.camera = camera
        self.path = path
        self.time = time
        self.shot = shot
        self.project = project
    }
}
