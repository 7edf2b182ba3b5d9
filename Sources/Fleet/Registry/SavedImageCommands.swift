import Archive
public import FleetModel
public import PacketProtocol

/// The command that fetches images from the server's disk: DOWNLOAD_SAVED 0x0964.
extension CameraRegistry {
    /// DOWNLOAD_SAVED: a ticket for port 6666, which ends with the client's connection. The body may be away.
    ///
    /// Throws Invalid_Parameter for an image that is none and an offset beyond its end, Invalid_ObjectHandle where its file is
    /// not there any more or has another size, Too_Many when the client holds too many tickets.
    public nonisolated func savedTicket(
        _ arguments: SavedImageArguments, for client: ClientID, port: Int
    ) async throws(FleetError) -> SavedImageTicket {
        let image = try await savedImage(arguments)
        guard (0...image.size).contains(arguments.offset ?? 0) else {
            throw FleetError(
                .invalidParameter, "The file has \(image.size) bytes; an offset beyond them has nothing to give.")
        }
        let download = SavedDownload(of: image, in: ingest.archive.folder, from: arguments.offset ?? 0)
        try await download.check()
        return SavedImageTicket(
            ticket: try tickets.issue(download, for: client), size: image.size, mime: mediaType(of: image.name),
            sha256: image.sha256, port: port)
    }

    /// The saved image of a ticket.
    ///
    /// Throws Session_Not_Open for a ticket of a session, Invalid_Parameter for one that is none.
    public nonisolated func savedDownload(_ ticket: String) throws(FleetError) -> SavedDownload {
        try tickets.saved(ticket)
    }

    /// Names of files come from the database alone: there is no other way to one.
    private nonisolated func savedImage(_ arguments: SavedImageArguments) async throws(FleetError) -> SavedImage {
        switch (arguments.image, arguments.savedAs) {
        case (let number?, nil):
            if let image = try await ingest.archive.image(number) { return image }
            throw FleetError(.invalidParameter, "No image \(number) is saved; LIST_IMAGES tells which are.")
        case (nil, let place?):
            if let image = try await ingest.archive.image(savedAs: place) { return image }
            throw FleetError(.invalidParameter, "No image is saved as \(place); LIST_IMAGES tells which are.")
        case (nil, nil), (_?, _?):
            throw FleetError(.invalidParameter, "Name the image by image or by saved_as, and not by both.")
        }
    }
}
