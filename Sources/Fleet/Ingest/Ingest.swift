import Archive
import FleetModel
import Logging
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Has images saved on the server's disk: those that the policy wants as their bodies tell of them, and those that a command
/// asks for. One image of a body at a time, of all bodies side by side.
///
/// Bounded: `waitingImages` may wait for one body; one more is refused, and stays on its card. Of those that came to an end
/// the newest are remembered, so that a command finds the image that its release brought.
final class Ingest: Sendable {
    private struct Lane {
        var waiting: [ImageSaving] = []
        var isRunning = false
    }

    private struct Key: Hashable {
        let body: ObjectIdentifier
        let path: ObjectPath
    }

    private struct State {
        var lanes: [ObjectIdentifier: Lane] = [:]
        var newest: [Key: ImageSaving] = [:]
        /// In the order in which they came.
        var order: [Key] = []
        /// What clients give to bodies, and the bodies will tell of.
        var uploads: [Key] = []
    }

    let archive: ImageArchive
    let policy: SavingPolicy
    /// The second copies of what is saved.
    let copies: SecondCopying
    private let spool: Spool
    private let events: EventFeed
    let chores: Chores
    let limits: FleetLimits
    let logger: Logger
    /// The room on the disk, and the bodies whose images found none.
    let room: DiskWatch
    private let state = NIOLockedValueBox(State())

    private static let mostRemembered = 20_000
    private static let mostUploads = 1_000
    /// How often an image is asked for that its body was too busy to give, and how long it is left alone before.
    private static let attempts = 4
    private static let busyPause = Duration.seconds(1)

    init(
        archive: ImageArchive, policy: SavingPolicy, spool: Spool, events: EventFeed, chores: Chores,
        limits: FleetLimits, logger: Logger
    ) {
        self.archive = archive
        self.policy = policy
        copies = SecondCopying(archive: archive, logger: logger)
        self.spool = spool
        self.events = events
        self.chores = chores
        self.limits = limits
        self.logger = logger
        room = DiskWatch(
            policy: policy, folder: archive.folder, interval: limits.diskInterval, logger: logger)
    }

    // MARK: Who asks

    /// A body tells of an image.
    func take(_ image: CapturedImage, of body: CameraBody, shot: Int64?) {
        guard !forgetUpload(image.path, to: body), policy.kinds(in: body.info.groups).wants(image.name) else { return }
        add(ImageSaving(image.path, of: body, at: WallClock.now(), shot: shot))
    }

    /// A client gives a body a file, which is no image of the body's when it tells of it.
    func expectUpload(_ path: ObjectPath, to body: CameraBody) {
        state.withLockedValue { state in
            state.uploads.append(Key(body: ObjectIdentifier(body), path: path))
            if state.uploads.count > Self.mostUploads { state.uploads.removeFirst() }
        }
    }

    /// The body has told of it, or has not taken it. False where nobody gave it one.
    @discardableResult
    func forgetUpload(_ path: ObjectPath, to body: CameraBody) -> Bool {
        let key = Key(body: ObjectIdentifier(body), path: path)
        return state.withLockedValue { state in
            guard let index = state.uploads.firstIndex(of: key) else { return false }
            state.uploads.remove(at: index)
            return true
        }
    }

    /// The saving of an image that a command asks for, which came at `since` or later (nanoseconds of CLOCK_MONOTONIC): one
    /// that is under way or done already, or a new one.
    func saving(of path: ObjectPath, of body: CameraBody, since: Int64, shot: Int64? = nil) -> ImageSaving {
        if let known = known(path, of: body, since: since), !known.hasFailed { return known }
        let saving = ImageSaving(path, of: body, at: WallClock.now(), shot: shot)
        add(saving)
        return saving
    }

    /// The saving of an image that came at `since` or later, if there is one: bodies use a name again.
    func known(_ path: ObjectPath, of body: CameraBody, since: Int64) -> ImageSaving? {
        let known = state.withLockedValue { $0.newest[Key(body: ObjectIdentifier(body), path: path)] }
        return known.flatMap { $0.begun >= since ? $0 : nil }
    }

    /// A body is there again: what was wanted of it and is not fetched is fetched now, and what is safe and was to be deleted
    /// from its card is deleted.
    func resume(_ body: CameraBody) {
        _ = chores.add { [self] in
            await deleteFromCard(on: body)
            await fetchWanted(of: body)
            if policy.fetchesMissed { _ = await fetch(from: body) }
        }
    }

    /// What was wanted of a body and is not fetched is fetched now, as far as nobody does so already.
    func fetchWanted(of body: CameraBody) async {
        do throws(FleetError) {
            for wanted in try await archive.wanted(of: body.info.id) {
                if let known = known(wanted.path, of: body, since: 0), !known.isOver { continue }
                add(
                    ImageSaving(
                        wanted.path, of: body, at: wanted.time, shot: wanted.shot, wanted: wanted))
            }
        } catch {
            logger.error("images that were missed are not known", metadata: ["error": "\(error)"])
        }
    }

    /// Looks at the room on the disk for as long as the service runs.
    func watchDisk() {
        _ = chores.add { [self] in await room.run { await self.fetchWanted(of: $0) } }
    }

    /// Refuses a release of bodies whose images the disk has no room for. `isAsked` where they are to be saved, whatever the
    /// policy says.
    ///
    /// Throws Store_Full.
    func requireRoom(for bodies: [CameraBody], isAsked: Bool = false) throws(FleetError) {
        guard isAsked || bodies.contains(where: { policy.kinds(in: $0.info.groups) != .none }) else { return }
        try policy.requireRoomForRelease(in: archive.folder)
    }

    // MARK: One after the other

    private func add(_ saving: ImageSaving) {
        let key = Key(body: ObjectIdentifier(saving.body), path: saving.path)
        let kinds = policy.kinds(in: saving.body.info.groups)
        let (isTaken, begins) = state.withLockedValue { state -> (Bool, Bool) in
            guard state.lanes[key.body]?.waiting.count ?? 0 < limits.waitingImages else { return (false, false) }
            if state.newest.updateValue(saving, forKey: key) == nil {
                state.order.append(key)
                if state.order.count > Self.mostRemembered {
                    for old in state.order.prefix(Self.mostRemembered / 10) { state.newest[old] = nil }
                    state.order.removeFirst(Self.mostRemembered / 10)
                }
            }
            var lane = state.lanes[key.body] ?? Lane()
            if kinds.isPostponed(saving.path.name) {
                lane.waiting.append(saving)
            } else {
                let place = lane.waiting.firstIndex { kinds.isPostponed($0.path.name) } ?? lane.waiting.endIndex
                lane.waiting.insert(saving, at: place)
            }
            defer { state.lanes[key.body] = lane }
            guard !lane.isRunning else { return (true, false) }
            lane.isRunning = true
            return (true, true)
        }
        guard isTaken else {
            return saving.image.become(
                .failure(FleetError(.tooMany, "\(limits.waitingImages) images of this body wait to be saved already.")))
        }
        if saving.wanted.result == nil, !chores.add({ [self] in await journal(saving) }) {
            saving.wanted.become(.failure(Self.ending))
        }
        guard begins else { return }
        if !chores.add({ [self] in await saveAll(of: key.body) }) { giveUp(key.body) }
    }

    /// Has the journal know that an image is wanted, however long it waits for its turn.
    private func journal(_ saving: ImageSaving) async {
        do throws(FleetError) {
            saving.wanted.become(
                .success(
                    try await archive.want(
                        saving.path, of: saving.body.info.id, at: saving.time, shot: saving.shot)))
        } catch {
            saving.wanted.become(.failure(error))
        }
    }

    private static let ending = FleetError(.transactionCancelled, "The server ends before the image is saved.")

    private func saveAll(of body: ObjectIdentifier) async {
        while !Task.isCancelled, let saving = next(of: body) {
            do throws(FleetError) {
                let image = try await save(saving)
                events.publish(.imageSaved(image))
                saving.image.become(.success(image))
                copies.nudge()
                room.look()
                if policy.deletesFromCard { await deleteFromCard(on: saving.body, only: image.number) }
            } catch {
                if error.kind == .storeFull { room.miss(saving.body) }
                if !Task.isCancelled {
                    logger.warning(
                        "image not saved",
                        metadata: [
                            "camera": "\(saving.body.info.id)", "name": "\(saving.path.name)", "error": "\(error)",
                        ])
                }
                saving.image.become(.failure(error))
            }
        }
        if Task.isCancelled { giveUp(body) }
    }

    private func next(of body: ObjectIdentifier) -> ImageSaving? {
        state.withLockedValue { state in
            guard let lane = state.lanes[body], !lane.waiting.isEmpty else {
                state.lanes[body] = nil
                return nil
            }
            return state.lanes[body]?.waiting.removeFirst()
        }
    }

    /// The server ends: what is not saved is on its card, and wanted still.
    private func giveUp(_ body: ObjectIdentifier) {
        let left = state.withLockedValue { $0.lanes.removeValue(forKey: body)?.waiting ?? [] }
        for saving in left { saving.image.become(.failure(Self.ending)) }
    }

    // MARK: One image

    private func save(_ saving: ImageSaving) async throws(FleetError) -> SavedImage {
        let body = saving.body
        let wanted = try await saving.wanted.value()
        let fetched = try await fetchPatiently(wanted, from: body)
        return try await archive.save(
            wanted, from: fetched.file.path, fetched.content, camera: body.info, modified: fetched.modified,
            deletesFromCard: policy.deletesFromCard)
    }

    /// Fetches an image's content into the spool. A body that is busy is asked again; what is no more on it is wanted no more.
    private func fetchPatiently(
        _ wanted: WantedImage, from body: CameraBody
    ) async throws(FleetError) -> Fetched {
        var attempt = 1
        while true {
            do throws(FleetError) {
                return try await fetch(wanted, from: body)
            } catch {
                switch error.kind {
                case .deviceBusy, .generalError, .timedOut:
                    guard attempt < Self.attempts, (try? await Task.sleep(for: Self.busyPause)) != nil else {
                        throw error
                    }
                    attempt += 1
                case .invalidObjectHandle, .operationNotSupported:
                    try await archive.dismiss(wanted)
                    throw error
                default: throw error
                }
            }
        }
    }

    /// An image's content in the spool, and the time that its body gives for it.
    private struct Fetched {
        let file: SpoolFile
        let content: FileDigest
        let modified: Int64?
    }

    private func fetch(_ wanted: WantedImage, from body: CameraBody) async throws(FleetError) -> Fetched {
        let description = try await describe(wanted.path, on: body)
        try policy.requireRoom(for: description.size, in: archive.folder)
        let file = SpoolFile(path: archive.newSpoolFile())
        try await file.make()
        let content = try await read(wanted.path, of: description.size, from: body) {
            (piece, offset) throws(FleetError) in
            try await file.write(piece, at: offset)
        }
        if policy.fetchesTwice {
            let again = try await read(wanted.path, of: description.size, from: body) { (_, _) throws(FleetError) in }
            guard again == content else {
                throw FleetError(
                    .generalError, "\(wanted.path.name) came otherwise the second time: look at the cable.")
            }
        }
        return Fetched(file: file, content: content, modified: description.modified)
    }

    /// What a body says of an object.
    func describe(_ path: ObjectPath, on body: CameraBody) async throws(FleetError) -> ObjectDescription {
        let object = ObjectArguments(folder: path.folder, name: path.name)
        let answer = try await body.perform(
            BodyWork(.downloadImage, object, limit: limits.commandTime), for: WorkKey(session: 0))
        return try PacketJSON.decode(ObjectDescription.self, from: answer.json)
    }

    private func read(
        _ path: ObjectPath, of size: Int64, from body: CameraBody,
        _ take: (ByteBuffer, Int64) async throws(FleetError) -> Void
    ) async throws(FleetError) -> FileDigest {
        let object = ObjectArguments(folder: path.folder, name: path.name)
        let download = Download(
            session: 0, object: object, size: size, file: nil, spool: spool, limits: limits, body: { body })
        var pieces = download.pieces(from: 0)
        var offset: Int64 = 0
        while let piece = try await pieces.next() {
            try await take(piece, offset)
            offset += Int64(piece.readableBytes)
        }
        guard offset == size, let digest = download.result.sha256 else {
            throw FleetError(.generalError, "\(path.name) did not come whole.")
        }
        return FileDigest(size: size, sha256: digest)
    }
}
