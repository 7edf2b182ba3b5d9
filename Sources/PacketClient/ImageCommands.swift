public import FleetModel
public import PacketProtocol

/// The commands for images on the server's disk. All throw what `request` throws.
extension FleetConnection {
    /// Saved images, newest first (0x0961): a page of them.
    public func images(_ which: ImagesArguments) async throws(FleetClientError) -> [SavedImage] {
        try await request(.listImages, arguments: which, as: ImageList.self).images
    }

    /// Has saved images read back (0x0962): a page of them, newest first.
    public func verifyImages(_ which: ImagesArguments) async throws(FleetClientError) -> [VerifiedImage] {
        try await request(.verifyImages, arguments: which, as: VerifiedImages.self).images
    }

    /// Has what is on the cards of bodies, and was never saved, saved (0x0963).
    public func fetchImages(of target: GroupTarget) async throws(FleetClientError) -> [FetchedCamera] {
        try await request(.fetchImages, arguments: target, as: FetchedImages.self).cameras
    }

    /// The room for images on the server's disk (0x0968).
    public func disk() async throws(FleetClientError) -> DiskRoom {
        try await request(.getDisk, as: DiskRoom.self)
    }

    /// A ticket for a saved image (0x0964), which is good until this connection ends; its body may be away.
    public func savedTicket(for image: SavedImageArguments) async throws(FleetClientError) -> SavedImageTicket {
        try await request(.downloadSaved, arguments: image, as: SavedImageTicket.self)
    }

    /// The transfer of such a ticket.
    public func stream(of ticket: SavedImageTicket) -> DownloadStream {
        DownloadStream(
            address: ServerAddress(host: address.host, port: ticket.port), sessionID: 0, ticket: ticket.ticket,
            command: .downloadSaved)
    }
}
