public import FleetModel
public import NIOCore
public import PacketProtocol

/// The commands of one body that its worker does. Results that the worker wrote as JSON are passed on as they are.
extension Session {
    /// CHECK_CONNECTION_TO_CAMERA: CAMERA_INFO after a real exchange with the body.
    public func check(transaction: UInt32) async throws(FleetError) -> CameraInfo {
        let work = BodyWork(code: LinkCommand.check.rawValue, Nothing(), limit: limits.commandTime)
        let answer = try await perform(work, transaction)
        if let status = try? PacketJSON.decode(BodyStatus.self, from: answer.json) { body.take(status) }
        return camera
    }

    /// CAPTURE_IMAGE: with `download` the images are saved when it returns.
    ///
    /// Throws Store_Full before the release where the disk is full. Cancelled while it waits for the disk, it leaves the images
    /// to be saved.
    public func captureImage(
        _ arguments: CaptureImageArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        let work = try capture(arguments)
        try requireAccess()
        let isSaved = arguments.download ?? false
        try ingest.requireRoom(for: [self.body], isAsked: isSaved)
        let begun = MonotonicTime.now()
        let body = self.body
        let answer = try await perform(work, transaction).json
        var captured = try PacketJSON.decode(CapturedImages.self, from: answer)
        // For shots; who asks for images is told of images.
        captured.releasedAt = nil
        guard isSaved else { return PacketEncoder.json(captured) }
        let futures = captured.images.map { ingest.save($0.path, of: body, since: begun) }
        for (index, future) in futures.enumerated() {
            let saved =
                if case .toCome(let outcome) = future {
                    try await wait(for: outcome, .inTurn(transaction))
                } else {
                    try await ingest.value(of: future)
                }
            captured.images[index].size = saved.size
            captured.images[index].sha256 = saved.sha256
            captured.images[index].savedAs = saved.savedAs
        }
        return PacketEncoder.json(captured)
    }

    /// The work of a release that waits for its images.
    func capture(_ arguments: CaptureImageArguments) throws(FleetError) -> BodyWork {
        for (name, seconds) in [
            ("bulb_seconds", arguments.bulbSeconds), ("time_limit_seconds", arguments.timeLimitSeconds),
        ] {
            guard let seconds else { continue }
            guard seconds > 0, seconds <= 86_400 else {
                throw FleetError(.invalidParameter, "\(name) must be more than 0 and at most 86400.")
            }
        }
        var limit = limits.commandTime
        if let seconds = arguments.timeLimitSeconds {
            limit = .seconds(seconds)
        } else if let seconds = arguments.bulbSeconds {
            limit += .seconds(seconds)
        }
        try require(.capture, "take pictures")
        if arguments.bulbSeconds != nil { try require(.bulb, "expose for a given time") }
        var work = BodyWork(.captureImage, arguments, limit: limit)
        work.priority = .release
        work.occupies = true
        work.toucher = client
        return work
    }

    /// TRIGGER_CAPTURE: releases without waiting for the image.
    public func triggerCapture(transaction: UInt32) async throws(FleetError) -> ByteBuffer {
        try require(.trigger, "release without waiting")
        try requireAccess()
        try ingest.requireRoom(for: [body])
        var work = BodyWork(.triggerCapture, Nothing(), limit: limits.commandTime)
        work.priority = .release
        work.occupies = true
        work.toucher = client
        return try await perform(work, transaction).json
    }

    /// GET_WIDGET_CURRENT_VAL.
    public func widgetValue(
        _ arguments: WidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.getWidgetCurrentValue, arguments, transaction)
    }

    /// GET_WIDGET_POSSIBLE_VALS.
    public func widgetChoices(
        _ arguments: WidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.getWidgetPossibleValues, arguments, transaction)
    }

    /// SET_WIDGET_NEW_VAL.
    public func setWidget(
        _ arguments: SetWidgetArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await touch(.setWidgetNewValue, arguments, transaction)
    }

    /// LIST_WIDGETS.
    public func widgets(
        _ arguments: ListWidgetsArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        try await command(.listWidgets, arguments, transaction)
    }

    /// LIST_FILES.
    public func files(
        _ arguments: ListFilesArguments, transaction: UInt32
    ) async throws(FleetError) -> ByteBuffer {
        var arguments = arguments
        let limit = arguments.limit ?? Self.filesOfAPage
        guard limit >= 1 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        arguments.limit = min(limit, Self.mostFilesOfAPage)
        return try await command(.listFiles, arguments, transaction)
    }

    private static let filesOfAPage = 10_000
    /// So that an answer stays below the longest packet; `more` tells that the page was cut.
    private static let mostFilesOfAPage = 20_000

    /// GET_THUMBNAIL: its bytes, and what they are.
    public func thumbnail(
        _ arguments: PathArguments, transaction: UInt32
    ) async throws(FleetError) -> (bytes: ByteBuffer, result: ByteBuffer) {
        try require(.thumbnail, "give thumbnails")
        let answer = try await perform(BodyWork(.getThumbnail, arguments, limit: limits.commandTime), transaction)
        return (answer.data ?? ByteBuffer(), answer.json)
    }

    /// DELETE_IMAGE.
    public func delete(_ arguments: PathArguments, transaction: UInt32) async throws(FleetError) -> ByteBuffer {
        try require(.delete, "delete files")
        return try await touch(.deleteImage, arguments, transaction)
    }

    /// GET_STORAGE_INFO.
    public func storages(transaction: UInt32) async throws(FleetError) -> ByteBuffer {
        try await command(.getStorageInfo, Nothing(), transaction)
    }

    /// GET_CAMERA_SUMMARY.
    public func summary(transaction: UInt32) async throws(FleetError) -> ByteBuffer {
        try await command(.getCameraSummary, Nothing(), transaction)
    }

    // MARK: What the server does itself

    /// LOCK_CAMERA: a minute unless it is said how long.
    public func lock(_ arguments: LockArguments) throws(FleetError) -> LockEnd {
        let seconds = arguments.seconds ?? 60
        guard seconds > 0, seconds <= 86_400 else {
            throw FleetError(.invalidParameter, "seconds must be more than 0 and at most 86400.")
        }
        if let refusal = body.refusal { throw refusal }
        guard !isClosed else { throw Self.closed }
        let until = try body.face.lock(session: id, client: client, for: .seconds(seconds))
        guard !isClosed else {
            body.face.unlock(session: id)
            throw Self.closed
        }
        return LockEnd(until: until)
    }

    /// UNLOCK_CAMERA.
    public func unlock() throws(FleetError) {
        try body.face.unlock(client: client)
    }

    /// RESET_CAMERA: has the body opened anew, and returns when it is ready.
    public func reset(transaction: UInt32) async throws(FleetError) {
        try requireAccess()
        guard !isOver(.reset(transaction)) else { throw CameraBody.cancelled }
        let opened = try await body.beginReset(in: chores)
        try await wait(for: opened, .reset(transaction))
    }
}
