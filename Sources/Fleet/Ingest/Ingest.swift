import Archive
import FleetModel
import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// Has images saved on the server's disk: those that the policy wants as their bodies tell of them, and those that a command
/// asks for. Of each body one image is fetched at a time, while those before it are made safe; of all bodies side by side.
///
/// Bounded: `waitingImages` may wait for one body; one more is refused, and stays on its card.
final class Ingest: Sendable {
    private struct Lane {
        var waiting: [ImageSaving] = []
        var isRunning = false
    }

    private typealias Key = RecentImages.Key

    private struct State {
        var lanes: [ObjectIdentifier: Lane] = [:]
        var recent = RecentImages(capacity: Ingest.mostRemembered)
    }

    let archive: ImageArchive
    let policy: SavingPolicy
    /// The second copies of what is saved.
    let copies: SecondCopying
    private let projects: Projects
    private let companions: CompanionWriting
    private let journal: WantedJournal
    private let promised = PromisedRoom()
    let spool: Spool
    private let events: EventFeed
    let chores: Chores
    let lack: LackOfRoom
    let troubles: BodyTroubles
    let limits: FleetLimits
    let logger: Logger
    /// The room on the disk.
    let room: DiskWatch
    private let state = NIOLockedValueBox(State())

    private static let mostRemembered = 20_000
    /// How often an image is asked for that its body was too busy to give, and how long it is left alone before.
    private static let attempts = 4
    /// How many images of a body are made safe at one time, beside the one that is fetched.
    private static let mostMadeSafe = 2
    private static let busyPause = Duration.seconds(1)
    /// Until then a body has told of an image that was listed on its card and is saved by now, in nanoseconds. What it tells
    /// later is another image, to which it gave the name again.
    private static let timeToTell: Int64 = 5_000_000_000

    init(
        archive: ImageArchive, policy: SavingPolicy, projects: Projects, companions: CompanionWriting, spool: Spool,
        events: EventFeed, chores: Chores, limits: FleetLimits, logger: Logger
    ) {
        self.archive = archive
        self.policy = policy
        copies = SecondCopying(archive: archive, logger: logger)
        self.projects = projects
        self.companions = companions
        self.spool = spool
        self.events = events
        self.chores = chores
        self.limits = limits
        journal = WantedJournal(archive: archive, chores: chores)
        lack = LackOfRoom(capacity: Self.mostRemembered / 2)
        troubles = BodyTroubles(pause: limits.savingPause)
        self.logger = logger
        room = DiskWatch(
            policy: policy, folder: archive.folder, interval: limits.diskInterval, logger: logger)
    }

    // MARK: Who asks

    /// A body tells of an image. `copy` is a file with its content that may go at any time, where the body has it in its
    /// memory alone.
    func take(_ image: CapturedImage, of body: CameraBody, shot: Int64?, copy: String? = nil) {
        guard policy.kinds(in: body.info.groups).wants(image.name) else { return }
        // A list of the card may have had it before.
        let recently = MonotonicTime.now() - Self.timeToTell
        if let known = known(image.path, of: body, since: 0), known.isOfCard, known.wasUnderWay(at: recently) {
            if let shot { _ = chores.add { [self] in await note(shot, of: known, image.path, of: body) } }
            return
        }
        add(
            ImageSaving(
                image.path, of: body, at: WallClock.now(), shot: shot, project: projects.current,
                content: copy.flatMap(hold)))
    }

    /// Gives a copy another name, under which it stays when its worker is gone; nil where that cannot be done.
    private func hold(_ copy: String) -> SpoolFile? {
        let file = SpoolFile(path: archive.newSpoolFile())
        return link(copy, file.path) == 0 ? file : nil
    }

    /// An image that was listed on its card turned out to be of a shot.
    private func note(
        _ shot: Int64, of known: RecentImages.Known, _ path: ObjectPath, of body: CameraBody
    ) async {
        if case .underWay(let saving) = known.course { _ = try? await saving.wanted.value() }
        do throws(FleetError) {
            try await archive.note(shot, of: path, of: body.info.id)
        } catch {
            logger.error("image of a shot not noted", metadata: ["shot": "\(shot)", "error": "\(error)"])
        }
    }

    /// What becomes of an image that a command asks for, which came at `since` or later (nanoseconds of CLOCK_MONOTONIC): of
    /// one that is being saved or is saved already, or of one that is saved from now on.
    func save(
        _ path: ObjectPath, of body: CameraBody, since: Int64, shot: Int64? = nil, isOfCard: Bool = false
    ) -> ImageFuture {
        if let known = known(path, of: body, since: since), !known.hasFailed { return known.future }
        // It was on its way while the card was listed, so the list did not know it as saved.
        if isOfCard, let known = known(path, of: body, since: 0), known.wasUnderWay(at: since) { return known.future }
        let saving = ImageSaving(
            path, of: body, at: WallClock.now(), shot: shot, project: projects.current, isOfCard: isOfCard)
        add(saving)
        return .toCome(saving.image)
    }

    /// What is known of the image that came at `since` or later, if there is one.
    private func known(_ path: ObjectPath, of body: CameraBody, since: Int64) -> RecentImages.Known? {
        let known = state.withLockedValue { $0.recent[Key(path, of: body)] }
        return known.flatMap { $0.begun >= since ? $0 : nil }
    }

    /// What becomes of the image that came at `since` or later, if there is one.
    func future(of path: ObjectPath, of body: CameraBody, since: Int64) -> ImageFuture? {
        known(path, of: body, since: since)?.future
    }

    /// A body is there again: what was wanted of it and is not fetched is fetched now, and what is safe and was to be deleted
    /// from its card is deleted.
    func resume(_ body: CameraBody) {
        _ = chores.add { [self] in
            await deleteFromCard(on: body)
            await saveWanted(of: body)
            if policy.fetchesMissed { _ = await fetch(from: body) }
        }
    }

    /// Saves what the journal has as wanted of a body, unless it is on its way.
    func saveWanted(of body: CameraBody) async {
        do throws(FleetError) {
            for wanted in try await archive.wanted(of: body.info.id) {
                // It may have been saved since the journal was read.
                if let known = known(wanted.path, of: body, since: 0), !known.hasFailed { continue }
                add(
                    ImageSaving(
                        wanted.path, of: body, at: wanted.time, shot: wanted.shot, project: wanted.project,
                        wanted: wanted))
            }
        } catch {
            logger.error("images that were missed are not known", metadata: ["error": "\(error)"])
        }
    }

    /// There is room again for an image that found none, unless it was asked for another way meanwhile.
    func retry(_ saving: ImageSaving) {
        // What is held is another image than the one that has its name since.
        guard saving.content != nil || known(saving.path, of: saving.body, since: 0)?.begun == saving.begun else {
            return
        }
        let wanted = try? saving.wanted.result?.get()
        add(
            ImageSaving(
                saving.path, of: saving.body, at: saving.time, shot: saving.shot, project: saving.project,
                isOfCard: saving.isOfCard,
                wanted: wanted, content: saving.content))
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
        let key = Key(saving.path, of: saving.body)
        let kinds = policy.kinds(in: saving.body.info.groups)
        let (isTaken, begins) = state.withLockedValue { state -> (Bool, Bool) in
            guard state.lanes[key.body]?.waiting.count ?? 0 < limits.waitingImages else { return (false, false) }
            state.recent.add(saving)
            let place =
                kinds.isPostponed(saving.path.name)
                ? nil : state.lanes[key.body]?.waiting.firstIndex { kinds.isPostponed($0.path.name) }
            if let place {
                state.lanes[key.body]?.waiting.insert(saving, at: place)
            } else {
                state.lanes[key.body, default: Lane()].waiting.append(saving)
            }
            defer { state.lanes[key.body]?.isRunning = true }
            return (true, state.lanes[key.body]?.isRunning == false)
        }
        guard isTaken else {
            return saving.image.become(
                .failure(FleetError(.tooMany, "\(limits.waitingImages) images of this body wait to be saved already.")))
        }
        if saving.wanted.result == nil { journal.note(saving) }
        guard begins else { return }
        if !chores.add({ [self] in await saveAll(of: key.body) }) { giveUp(key.body) }
    }

    static let ending = FleetError(.transactionCancelled, "The server ends before the image is saved.")

    /// Saves what waits of a body. While images are made safe, which is waiting for the disk, the next is fetched already.
    private func saveAll(of body: ObjectIdentifier) async {
        await withTaskGroup(of: Void.self) { group in
            var madeSafe = 0
            while !Task.isCancelled {
                guard let saving = next(of: body, isLast: madeSafe == 0) else {
                    guard madeSafe > 0 else { return }
                    _ = await group.next()
                    madeSafe -= 1
                    continue
                }
                do throws(FleetError) {
                    let fetched = try await fetch(saving)
                    if madeSafe == Self.mostMadeSafe {
                        _ = await group.next()
                        madeSafe -= 1
                    }
                    group.addTask { [self] in await makeSafe(saving, fetched) }
                    madeSafe += 1
                } catch {
                    fail(saving, error)
                }
            }
        }
        if Task.isCancelled { giveUp(body) }
    }

    private func makeSafe(_ saving: ImageSaving, _ fetched: Fetched) async {
        do throws(FleetError) {
            let image: SavedImage
            switch fetched {
            case .before(let saved): image = saved
            case .now(let wanted, let content):
                image = try await archive.save(
                    wanted, from: content.file.path, content.digest, camera: saving.body.info,
                    modified: content.modified, deletesFromCard: policy.deletesFromCard)
            }
            events.publish(.imageSaved(image))
            settle(saving, .success(image))
            copies.nudge()
            companions.note(image)
            room.look()
            if policy.deletesFromCard { await deleteFromCard(on: saving.body, only: image.number, isNewest: true) }
        } catch {
            fail(saving, error)
        }
    }

    private func fail(_ saving: ImageSaving, _ error: FleetError) {
        if !Task.isCancelled {
            logger.warning(
                "image not saved",
                metadata: [
                    "camera": "\(saving.body.info.id)", "name": "\(saving.path.name)", "error": "\(error)",
                ])
        }
        settle(saving, .failure(error))
        guard !Task.isCancelled else { return }
        switch error.kind {
        case .storeFull: waitForRoom(saving)
        case .deviceBusy, .generalError, .timedOut, .cameraFault: tryAgain(saving.body)
        default: break
        }
    }

    private func settle(_ saving: ImageSaving, _ result: Result<SavedImage, FleetError>) {
        let now = MonotonicTime.now()
        state.withLockedValue { $0.recent.settle(saving, result.map(\.number), at: now) }
        if case .success = result { troubles.end(of: saving.body) }
        saving.image.become(result)
    }

    /// The image whose turn it is; where there is none and none is on its way, nobody saves images of the body any more.
    private func next(of body: ObjectIdentifier, isLast: Bool) -> ImageSaving? {
        state.withLockedValue { state in
            guard let lane = state.lanes[body], !lane.waiting.isEmpty else {
                if isLast { state.lanes[body] = nil }
                return nil
            }
            return state.lanes[body]?.waiting.removeFirst()
        }
    }

    /// The server ends: what is not saved is on its card, and wanted still.
    private func giveUp(_ body: ObjectIdentifier) {
        let left = state.withLockedValue { $0.lanes.removeValue(forKey: body)?.waiting ?? [] }
        for saving in left { settle(saving, .failure(Self.ending)) }
    }

    // MARK: One image

    /// An image whose content is in the spool, and not on the disk for sure.
    private struct Content: Sendable {
        let file: SpoolFile
        let digest: FileDigest
        /// The time that its body gives for it.
        let modified: Int64?
    }

    private enum Fetched: Sendable {
        /// It was fetched before something failed, and is saved by now.
        case before(SavedImage)
        case now(WantedImage, Content)
    }

    /// Fetches an image's content into the spool. A body that is busy is asked again; what is no more on it is wanted no more.
    private func fetch(_ saving: ImageSaving) async throws(FleetError) -> Fetched {
        let wanted = try await saving.wanted.value()
        if saving.isAgain, let saved = try await archive.settle(wanted) { return .before(saved) }
        var attempt = 1
        while true {
            do throws(FleetError) {
                return .now(wanted, try await content(of: saving))
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

    private func content(of saving: ImageSaving) async throws(FleetError) -> Content {
        let (path, body) = (saving.path, saving.body)
        if let file = saving.content, let digest = await archive.digest(ofSpool: file.path) {
            return Content(file: file, digest: digest, modified: nil)
        }
        let description = try await describe(path, on: body)
        saving.size = description.size
        let file = SpoolFile(path: archive.newSpoolFile())
        let promise = try promised.promise(description.size, by: policy, in: archive.folder)
        try await file.make()
        let pieces = StoredObjectPieces(
            of: path, size: description.size, into: file, from: body, promise: promise, limits: limits)
        var stored = try await pieces.store()
        if stored == nil { stored = await archive.digest(ofSpool: file.path) }
        guard let digest = stored else {
            throw FleetError(.generalError, "\(path.name) could not be read back from the server's spool.")
        }
        if policy.fetchesTwice, try await digestAgain(path, of: description.size, from: body) != digest {
            throw FleetError(.generalError, "\(path.name) came otherwise the second time: look at the cable.")
        }
        return Content(file: file, digest: digest, modified: description.modified)
    }
}
