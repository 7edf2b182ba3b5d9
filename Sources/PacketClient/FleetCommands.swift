public import FleetModel
public import PacketProtocol

/// The commands of the fleet as a whole (protocol.md, section 3). All throw what `request` throws.
extension FleetConnection {
    /// Whether the server answers: its time and how many bodies it lists (0x0900).
    public func check() async throws(FleetClientError) -> FleetCheck {
        try await request(.checkConnection, as: FleetCheck.self)
    }

    /// Says who asks, and is told what it may do (0x0901).
    public func authenticate(token: String) async throws(FleetClientError) -> Role {
        try await request(.authenticate, arguments: AuthenticateArguments(token: token), as: RoleResult.self).role
    }

    /// The bodies in order of camera_number (0x0902).
    public func cameras() async throws(FleetClientError) -> [CameraInfo] {
        try await request(.getCamerasList, as: CameraList.self).cameras
    }

    /// Opens a session on a body (0x0903).
    public func openSession(on camera: CameraReference) async throws(FleetClientError) -> BodySession {
        let opened = try await request(
            .initCameraModel, arguments: CameraArguments(camera: camera), as: OpenedSession.self)
        return BodySession(connection: self, id: opened.sessionID, camera: opened.camera)
    }

    /// Has `events` bring the events of these names, or all (0x0910); it replaces what was subscribed to.
    public func subscribe(to events: [String]? = nil) async throws(FleetClientError) {
        _ = try await request(.subscribeEvents, arguments: SubscribeEventsArguments(events: events))
    }

    /// Has `events` bring no more (0x0911).
    public func unsubscribe() async throws(FleetClientError) {
        _ = try await request(.unsubscribeEvents)
    }

    /// Changes a body's name, number or groups; what is nil stays (0x0920).
    public func rename(_ change: SetCameraNameArguments) async throws(FleetClientError) -> CameraInfo {
        try await request(.setCameraName, arguments: change, as: CameraInfo.self)
    }

    /// Gives a body the number, name and groups of another, which loses them (0x0921).
    public func replace(_ camera: CameraReference, by other: CameraReference) async throws(FleetClientError)
        -> CameraInfo
    {
        try await request(
            .replaceCamera, arguments: ReplaceCameraArguments(camera: camera, by: other), as: CameraInfo.self)
    }

    /// Drops an unplugged body from the list (0x0922).
    public func forget(_ camera: CameraReference) async throws(FleetClientError) {
        _ = try await request(.forgetCamera, arguments: CameraArguments(camera: camera))
    }

    /// Gives several bodies their numbers, all at once or none (0x0923): by id, else name, else number in decimal.
    public func setNumbers(_ numbers: [String: Int]) async throws(FleetClientError) -> [CameraInfo] {
        try await request(
            .setCameraNumbers, arguments: SetCameraNumbersArguments(numbers: numbers), as: CameraList.self
        ).cameras
    }

    /// What a body's driver did last, for a bug report (0x0980).
    public func driverLog(of camera: CameraReference) async throws(FleetClientError) -> DriverLog {
        try await request(.getDriverLog, arguments: CameraArguments(camera: camera), as: DriverLog.self)
    }
}
