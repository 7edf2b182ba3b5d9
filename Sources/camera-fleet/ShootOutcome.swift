import FleetModel
import NIOConcurrencyHelpers
import PacketClient

/// What a body brought.
struct ShootOutcome: Sendable, Encodable {
    var id: BodyID?
    var cameraNumber: Int?
    var name: String
    var images: [ShootImage] = []
    var error: ErrorDescription?

    enum CodingKeys: String, CodingKey { case id, cameraNumber = "camera_number", name, images, error }

    init(_ opening: CameraOpening) {
        id = opening.camera?.id
        cameraNumber = opening.camera?.cameraNumber
        name = opening.name
    }

    init(id: BodyID, cameraNumber: Int, name: String, error: ErrorDescription?) {
        self.id = id
        self.cameraNumber = cameraNumber
        self.name = name
        self.error = error
    }

    /// The folder for a body's images: its name, without what would lead out of the folder it is in.
    static func folder(of camera: CameraInfo) -> String {
        let name = printable(camera.name).replacing("/", with: "_")
        return name.isEmpty || name.hasPrefix(".") ? "_" + name : name
    }
}

/// The JSON of `shoot`.
struct ShootOutcomes: Encodable {
    var cameras: [ShootOutcome]
}

/// An image that was taken, and where it is.
struct ShootImage: Sendable, Encodable {
    var folder: String
    var name: String
    var size: Int64
    var sha256: String?
    /// Where it is on this machine.
    var path: String?

    init(_ image: CapturedImage, saved: SavedFile?) {
        folder = image.folder
        name = image.name
        size = saved?.size ?? image.size
        sha256 = saved?.sha256 ?? image.sha256
        path = saved?.path
    }

    /// On this machine, or else on the body.
    var place: String { path ?? joinedPath(folder, name) }
}

extension FleetClientError {
    /// The error in the protocol's words, for JSON.
    var fleetError: FleetError {
        switch self {
        case .refused(let error): error
        case .cancelled: FleetError(.transactionCancelled, description)
        case .unreachable, .connectionLost, .notUnderstood, .closed, .file: FleetError(.generalError, description)
        }
    }
}

extension ProgressBar {
    /// Follows one file, whose progress is told as bytes from its beginning.
    func follower() -> @Sendable (Int64) -> Void {
        let last = NIOLockedValueBox<Int64>(0)
        return { bytes in
            let more = last.withLockedValue { last in
                defer { last = bytes }
                return bytes - last
            }
            self.advance(by: more)
        }
    }
}
