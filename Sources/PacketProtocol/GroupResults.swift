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

/// A trigger of the server: a line or a box that is given pulses.
public struct ListedTrigger: Codable, Sendable, Hashable {
    /// Its name.
    public var trigger: String
    /// What it is: `gpio` or `serial`.
    public var kind: String
    /// Where it is.
    public var port: String
    /// Why it gives no pulse now.
    public var error: ErrorDescription?

    /// A trigger.
    public init(trigger: String, kind: String, port: String, error: ErrorDescription? = nil) {
        self.trigger = trigger
        self.kind = kind
        self.port = port
        self.error = error
    }
}

/// Result of LIST_TRIGGERS.
public struct TriggerList: Codable, Sendable {
    /// In the order in which the server was given them.
    public var triggers: [ListedTrigger]

    /// Triggers in order.
    public init(triggers: [ListedTrigger]) { self.triggers = triggers }
}
