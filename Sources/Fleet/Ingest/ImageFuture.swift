import Archive
import FleetModel

/// What becomes of an image, for whoever asks.
enum ImageFuture: Sendable {
    case toCome(Outcome<SavedImage>)
    /// It has that number.
    case saved(number: Int64)
    case failed(FleetError)
}

extension Ingest {
    /// The image once it is saved.
    ///
    /// Throws why it is not.
    func value(of future: ImageFuture) async throws(FleetError) -> SavedImage {
        switch future {
        case .toCome(let outcome): return try await outcome.value()
        case .failed(let error): throw error
        case .saved(let number):
            guard let image = try await archive.image(number) else {
                throw FleetError(.generalError, "The server's database does not have the image \(number).")
            }
            return image
        }
    }
}
