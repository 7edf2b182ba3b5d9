/// What became of a group's shot (protocol.md, SHOT).
public enum ShotState: String, Sendable, Codable {
    /// Its bodies wait for the release.
    case armed
    /// Its bodies were released; images are still to come.
    case fired
    /// Every body released and brought its images.
    case complete
    /// A body did not release or brought no image, or the shot was given up.
    case incomplete

    /// Whether it stays so.
    public var isOver: Bool { self == .complete || self == .incomplete }
}

/// What one body did in a shot.
public enum ShotCameraState: String, Sendable, Codable {
    /// It waits for its release.
    case armed
    /// It was released; its images are still to come.
    case released
    /// It brought its images.
    case complete
    /// No image came in time.
    case missing
    /// It was not released.
    case failed
}

/// An image of a shot, as it lies on its body.
public struct ShotImage: Sendable, Codable, Hashable {
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
    /// True where it is one more than the release should bring.
    public var isExtra: Bool?

    /// An image that a body told of.
    public init(_ image: CapturedImage, isExtra: Bool = false) {
        folder = image.folder
        name = image.name
        size = image.size
        sha256 = image.sha256
        savedAs = image.savedAs
        self.isExtra = isExtra ? true : nil
    }

    enum CodingKeys: String, CodingKey {
        case folder, name, size, sha256, savedAs = "saved_as", isExtra = "extra"
    }
}

/// One body's part in a shot.
public struct ShotCamera: Sendable, Codable, Hashable {
    /// The body's id.
    public var id: BodyID
    /// Its number when the shot was armed.
    public var cameraNumber: Int
    /// When the request to release left for the body, in nanoseconds since 1970.
    public var releasedAt: Int64?
    /// How much later than the shot's time it was to be released, in nanoseconds; nil where not at all.
    public var offset: Int64?
    /// What it did.
    public var state: ShotCameraState
    /// True where it was released later after its time than the limit.
    public var isLate: Bool?
    /// False where its driver could not go before other programs (SCHED_FIFO), so that the time says less.
    public var isRealtime: Bool?
    /// Why it was not released, or brought no image.
    public var error: ErrorDescription?
    /// What it brought, in the order in which it told.
    public var images: [ShotImage]

    /// A body that did nothing yet.
    public init(id: BodyID, cameraNumber: Int, state: ShotCameraState, error: FleetError? = nil) {
        self.id = id
        self.cameraNumber = cameraNumber
        self.state = state
        self.error = error.map { ErrorDescription($0) }
        images = []
    }

    enum CodingKeys: String, CodingKey {
        case id, cameraNumber = "camera_number", releasedAt = "released_at", offset = "offset_ns", state
        case isLate = "late", isRealtime = "realtime", error, images
    }
}

/// A release of several bodies at once, and what came of it (protocol.md, SHOT).
public struct Shot: Sendable, Codable, Hashable {
    /// Names it: 1, 2, … in the order of arming.
    public var number: Int64
    /// When the bodies were to be released, in nanoseconds since 1970; nil while it is armed, and where it was given up.
    public var firedAt: Int64?
    /// From the earliest release to the latest, each counted against its own time, in nanoseconds.
    public var spread: Int64?
    /// What became of it.
    public var state: ShotState
    /// The project that was open when it was armed.
    public var project: String?
    /// Its bodies, in order of camera_number.
    public var cameras: [ShotCamera]

    /// A shot of these bodies.
    public init(number: Int64, state: ShotState, cameras: [ShotCamera], project: String? = nil) {
        self.number = number
        self.state = state
        self.cameras = cameras
        self.project = project
    }

    enum CodingKeys: String, CodingKey {
        case number = "shot", firedAt = "fired_at", spread = "spread_ns", state, project, cameras
    }
}

extension ShotCamera {
    /// How long after its own time it was released, in nanoseconds; nil where it was not.
    public func lateness(after fired: Int64?) -> Int64? {
        guard let releasedAt, let fired else { return nil }
        return releasedAt - fired - (offset ?? 0)
    }
}

extension ShotCamera {
    /// It brought that image, unless that is known.
    public mutating func bring(_ image: CapturedImage) {
        guard !images.contains(where: { $0.folder == image.folder && $0.name == image.name }) else { return }
        images.append(ShotImage(image))
    }

    /// One of its images is saved.
    public mutating func note(_ saved: SavedImage) {
        for index in images.indices where images[index].folder == saved.folder && images[index].name == saved.name {
            images[index].size = saved.size
            images[index].sha256 = saved.sha256
            images[index].savedAs = saved.savedAs
        }
    }
}

extension Shot {
    /// The shot as its end finds it when nobody is left to wait for what is still to come: what is armed was not released,
    /// what was released brings no more. One that brought an image has the error all the same, since more may have come, and
    /// such a shot is not complete.
    public func abandoned(_ error: FleetError) -> Shot {
        guard state == .armed || state == .fired else { return self }
        var shot = self
        for index in shot.cameras.indices {
            switch shot.cameras[index].state {
            case .armed where !shot.cameras[index].images.isEmpty, .released where !shot.cameras[index].images.isEmpty:
                shot.cameras[index].state = .complete
            case .armed: shot.cameras[index].state = .failed
            case .released: shot.cameras[index].state = .missing
            case .complete, .missing, .failed: continue
            }
            if shot.cameras[index].error == nil { shot.cameras[index].error = ErrorDescription(error) }
        }
        shot.state = shot.cameras.allSatisfy { $0.state == .complete && $0.error == nil } ? .complete : .incomplete
        return shot
    }
}
