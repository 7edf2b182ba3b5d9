public import FleetModel
import NIOCore
public import PacketProtocol

/// A session on one body (protocol.md, section 3). It belongs to the body, not to its socket, and ends with its
/// connection. Its commands run in the order sent. All methods throw what `FleetConnection.request` throws.
public struct BodySession: Sendable {
    /// The connection that opened it.
    public let connection: FleetConnection
    /// The session_ID.
    public let id: UInt32
    /// The body, as it was when the session was opened.
    public let camera: CameraInfo

    /// The body as it is now, after a real exchange with it (0x0900).
    public func check() async throws(FleetClientError) -> CameraInfo {
        try await request(.checkConnection, as: CameraInfo.self)
    }

    /// Takes a picture and waits for its images (0x0002).
    public func capture(
        _ how: CaptureImageArguments = CaptureImageArguments()
    ) async throws(FleetClientError) -> [CapturedImage] {
        try await request(.captureImage, arguments: how, as: CapturedImages.self).images
    }

    /// The thumbnail of a file of the body (0x0003), of at most 16 MiB.
    ///
    /// - Throws: also file, when it is not as long as the server says.
    public func thumbnail(folder: String, name: String) async throws(FleetClientError) -> Thumbnail {
        let (bytes, result) = try await connection.requestData(
            .getThumbnail, sessionID: id, arguments: PathArguments(folder: folder, name: name),
            as: ThumbnailResult.self)
        guard Int64(bytes.readableBytes) == result.size else {
            throw .file(
                "The thumbnail of \(name) is not whole: \(bytes.readableBytes) bytes came, and the server said "
                    + "\(result.size).")
        }
        return Thumbnail(mime: result.mime, bytes: bytes)
    }

    /// Asks for a ticket to a file of the body (0x0004).
    public func downloadTicket(for object: ObjectArguments) async throws(FleetClientError) -> DownloadTicket {
        try await request(.downloadImage, arguments: object, as: DownloadTicket.self)
    }

    /// Saves a file of the body in a directory of this machine (0x0004 and port 6666); see `DownloadStream.save`. What
    /// belongs to an object (a preview, its EXIF …) gets the object's name with the type: `DSC_0001-preview.jpg`.
    ///
    /// - Parameters:
    ///   - expecting: told the size of the file, once.
    ///   - progress: told how many bytes are there, after each piece.
    public func download(
        _ object: ObjectArguments, into directory: String, expecting: (Int64) -> Void = { _ in },
        progress: @Sendable (Int64) -> Void = { _ in }
    ) async throws(FleetClientError) -> SavedFile {
        let ticket = try await downloadTicket(for: object)
        expecting(ticket.size)
        let stream = DownloadStream(
            address: ServerAddress(host: connection.address.host, port: ticket.port), sessionID: id,
            ticket: ticket.ticket)
        return try await stream.save(
            named: localName(of: object.name, type: object.type, mime: ticket.mime), in: directory, size: ticket.size,
            progress: progress)
    }

    /// Asks for a ticket to put a file on the body (0x000D).
    public func uploadTicket(for place: UploadArguments) async throws(FleetClientError) -> UploadTicket {
        try await request(.uploadFile, arguments: place, as: UploadTicket.self)
    }

    /// Puts a file of this machine on the body (0x000D and port 6666); see `UploadStream.send`.
    ///
    /// - Parameters:
    ///   - path: the file on this machine.
    ///   - folder: the folder on the body.
    ///   - name: the name on the body.
    ///   - expecting: told the size of the file, once.
    ///   - progress: told how many bytes are sent, after each piece.
    public func upload(
        _ path: String, into folder: String, named name: String, expecting: (Int64) -> Void = { _ in },
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) async throws(FleetClientError) -> TransferResult {
        let file = try LocalFile(path)
        let ticket = try await uploadTicket(for: UploadArguments(folder: folder, name: name, size: file.size))
        expecting(file.size)
        let stream = UploadStream(
            address: ServerAddress(host: connection.address.host, port: ticket.port), sessionID: id,
            ticket: ticket.ticket)
        return try await stream.send(file, progress: progress)
    }

    /// Starts live view and opens its stream (0x0005 and port 4444); `capacity` is how many unread frames are kept.
    public func liveView(
        maximumFramesPerSecond: Double? = nil, capacity: Int = 2
    ) async throws(FleetClientError) -> LiveViewStream {
        let ticket = try await request(
            .startLiveView, arguments: StartLiveViewArguments(maximumFramesPerSecond: maximumFramesPerSecond),
            as: LiveViewTicket.self)
        return try await LiveViewStream.open(
            at: ServerAddress(host: connection.address.host, port: ticket.port), sessionID: id, ticket: ticket.ticket,
            capacity: capacity)
    }

    /// Ends the live view streams of this session; returns how many frames were sent on them (0x0006).
    public func stopLiveView() async throws(FleetClientError) -> Int {
        try await request(.stopLiveView, as: FramesSent.self).frames
    }

    /// A widget and its value, by name or path (0x0007).
    public func widget(_ name: String) async throws(FleetClientError) -> Widget {
        try await request(.getWidgetCurrentValue, arguments: WidgetArguments(widgetID: name), as: Widget.self)
    }

    /// A widget, its value, and its choices or range (0x0008).
    public func widgetWithChoices(_ name: String) async throws(FleetClientError) -> Widget {
        try await request(.getWidgetPossibleValues, arguments: WidgetArguments(widgetID: name), as: Widget.self)
    }

    /// Sets a widget; returns it as read back from the body (0x0009).
    public func setWidget(
        _ name: String, to value: WidgetValue, force: Bool = false
    ) async throws(FleetClientError) -> Widget {
        try await request(
            .setWidgetNewValue,
            arguments: SetWidgetArguments(widgetID: name, value: value, force: force ? true : nil), as: Widget.self)
    }

    /// The body's widgets in the tree's order (0x000A).
    ///
    /// - Parameter values: whether the body is asked for values, choices and ranges as well.
    public func widgets(values: Bool = false) async throws(FleetClientError) -> [Widget] {
        try await request(
            .listWidgets, arguments: ListWidgetsArguments(values: values ? true : nil), as: WidgetList.self
        ).widgets
    }

    /// One page of the files on the body (0x000B). `more` says that another page follows `after` its last file.
    public func files(_ page: ListFilesArguments) async throws(FleetClientError) -> FileList {
        try await request(.listFiles, arguments: page, as: FileList.self)
    }

    /// Deletes a file of the body (0x000C).
    public func delete(folder: String, name: String) async throws(FleetClientError) {
        _ = try await request(
            .deleteImage, arguments: PathArguments(folder: folder, name: name), as: Nothing.self)
    }

    /// The body's cards and memories (0x000E).
    public func storages() async throws(FleetClientError) -> [StorageInfo] {
        try await request(.getStorageInfo, as: StorageList.self).storages
    }

    /// Releases without waiting for the image; returns when the release left, in nanoseconds since 1970 (0x000F).
    public func trigger() async throws(FleetClientError) -> Int64 {
        try await request(.triggerCapture, as: ReleaseTime.self).releasedAt
    }

    /// What the driver tells of the body (0x0010).
    public func summary() async throws(FleetClientError) -> BodySummaryText {
        try await request(.getCameraSummary, as: BodySummaryText.self)
    }

    /// Keeps other connections from touching the body; returns when that ends, in nanoseconds since 1970 (0x0011).
    public func lock(seconds: Double? = nil) async throws(FleetClientError) -> Int64 {
        try await request(.lockCamera, arguments: LockArguments(seconds: seconds), as: LockEnd.self).until
    }

    /// Gives the lock up (0x0012).
    public func unlock() async throws(FleetClientError) {
        _ = try await request(.unlockCamera)
    }

    /// Releases again and again; returns the sequence's name. Progress comes as events (0x0013).
    public func startSequence(_ how: StartSequenceArguments) async throws(FleetClientError) -> UInt64 {
        try await request(.startSequence, arguments: how, as: StartedSequence.self).sequence
    }

    /// Ends a sequence: nothing is released afterwards. Returns how many were taken (0x0014).
    public func stopSequence(_ sequence: UInt64) async throws(FleetClientError) -> Int {
        try await request(.stopSequence, arguments: SequenceArguments(sequence: sequence), as: TakenResult.self).taken
    }

    /// Has the body opened anew; returns once it is ready again (0x0015).
    public func reset() async throws(FleetClientError) {
        _ = try await request(.resetCamera)
    }

    /// Ends the session (0x0016).
    public func close() async throws(FleetClientError) {
        _ = try await request(.closeSession)
    }

    private func request<Value: Decodable>(
        _ command: CommandCode, arguments: some Encodable & Sendable = Nothing(), as type: Value.Type
    ) async throws(FleetClientError) -> Value {
        try await connection.request(command, sessionID: id, arguments: arguments, as: type)
    }

    private func request(_ command: CommandCode) async throws(FleetClientError) -> Nothing {
        try await request(command, as: Nothing.self)
    }
}
