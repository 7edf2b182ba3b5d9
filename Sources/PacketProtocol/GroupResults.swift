public import FleetModel

/// Whether one body was armed for a shot.
public struct ArmedCamera: Codable, Sendable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// Whether it waits for its release.
    public var isArmed: Bool
    /// Why it does not.
    public var error: ErrorDescription?

    /// A body, and why it was not armed where it was not.
    public init(id: BodyID, error: ErrorDescription? = nil) {
        self.id = id
        isArmed = error == nil
        self.error = error
    }

    enum CodingKeys: String, CodingKey { case id, isArmed = "armed", error }
}

/// Result of ARM_GROUP.
public struct ArmedGroup: Codable, Sendable {
    /// Names the shot.
    public var shot: Int64
    /// Its bodies, in order of camera_number.
    public var cameras: [ArmedCamera]

    /// An armed shot.
    public init(shot: Int64, cameras: [ArmedCamera]) {
        self.shot = shot
        self.cameras = cameras
    }
}

/// Result of LIST_SHOTS.
public struct ShotList: Codable, Sendable {
    /// Newest first.
    public var shots: [Shot]

    /// Shots in order.
    public init(shots: [Shot]) { self.shots = shots }
}
