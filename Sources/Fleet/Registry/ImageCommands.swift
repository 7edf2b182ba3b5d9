import Archive
public import FleetModel
public import PacketProtocol

/// The commands for images on the server's disk: LIST_IMAGES 0x0961, VERIFY_IMAGES 0x0962,
/// FETCH_IMAGES 0x0963 and GET_DISK 0x0968.
extension CameraRegistry {
    private static let imagesOfAPage = 1000

    /// LIST_IMAGES: newest first.
    ///
    /// Throws Invalid_Parameter for a limit below 1 and for a body that is none.
    public func listImages(_ arguments: ImagesArguments) async throws(FleetError) -> ImageList {
        ImageList(images: try await images(arguments))
    }

    /// VERIFY_IMAGES: reads each back, and compares.
    ///
    /// Throws as LIST_IMAGES does.
    public func verifyImages(
        _ arguments: ImagesArguments, unless isEnded: @Sendable () -> Bool
    ) async throws(FleetError) -> VerifiedImages {
        var verified: [VerifiedImage] = []
        for image in try await images(arguments) {
            guard !isEnded() else { throw GroupReleases.ended }
            verified.append(
                VerifiedImage(
                    number: image.number, savedAs: image.savedAs, condition: await ingest.condition(of: image),
                    secondCopy: await ingest.conditionOfSecondCopy(of: image)))
        }
        return VerifiedImages(images: verified)
    }

    /// FETCH_IMAGES: saves what is on the bodies' cards and was never saved; of all bodies side by side. At the end of who asks
    /// nobody waits for that any more, and what was begun goes on.
    ///
    /// Throws Invalid_Parameter for a body or group that is none.
    public func fetchImages(_ target: GroupTarget, until ending: Ending) async throws(FleetError) -> FetchedImages {
        let bodies = try bodies(of: target).sorted { $0.info.cameraNumber < $1.info.cameraNumber }
        return await withTaskGroup(of: (Int, FetchedCamera).self) { [ingest] group in
            for (index, body) in bodies.enumerated() {
                group.addTask { (index, await ingest.fetch(from: body, until: ending)) }
            }
            var cameras: [Int: FetchedCamera] = [:]
            for await (index, camera) in group { cameras[index] = camera }
            return FetchedImages(cameras: bodies.indices.compactMap { cameras[$0] })
        }
    }

    /// An image has its second copy: its card's copy may go, if its body is there.
    func deleteFromCard(_ image: SavedImage) async {
        guard let body = bodies.first(where: { $0.info.id == image.camera }) else { return }
        await ingest.deleteFromCard(on: body, only: image.number)
    }

    /// GET_DISK: how much room there is, and how many frames of all ready bodies fit. A body that has no image saved yet counts
    /// as the others do on the average.
    ///
    /// Throws General_Error where the system does not say how much is free.
    public func disk() async throws(FleetError) -> DiskRoom {
        let policy = ingest.policy
        let archive = ingest.archive
        guard let space = policy.space(archive.folder) else {
            throw FleetError(.generalError, "The system does not say how much room the data folder's disk has.")
        }
        let reserve = policy.reserve(of: space)
        let ready = bodies.map(\.info).filter { $0.state == .ready || $0.state == .busy }.map(\.id)
        let sizes = try await archive.frameSizes(of: ready)
        var frames: Int64?
        if !sizes.isEmpty {
            let mean = sizes.reduce(0.0) { $0 + Double($1) } / Double(sizes.count)
            let whole = max(1, mean * Double(ready.count))
            frames = Int64(min(Double(max(0, space.free - reserve)) / whole, 1e15))
        }
        return DiskRoom(free: space.free, capacity: space.capacity, reserve: reserve, frames: frames)
    }

    private func images(_ arguments: ImagesArguments) async throws(FleetError) -> [SavedImage] {
        let limit = arguments.limit ?? Self.imagesOfAPage
        guard limit >= 1 else { throw FleetError(.invalidParameter, "limit must be at least 1.") }
        if let project = arguments.project { try await projects.archive.require(project) }
        let camera = try arguments.camera.map { reference throws(FleetError) in try body(reference).info.id }
        return try await ingest.archive.images(
            before: arguments.before, limit: min(limit, Self.imagesOfAPage), camera: camera, shot: arguments.shot,
            project: arguments.project, since: arguments.since, until: arguments.until)
    }
}
