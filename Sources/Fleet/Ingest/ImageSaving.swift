import Archive
import FleetModel
import NIOConcurrencyHelpers

/// One image on its way from a body to the disk, and who waits for that.
final class ImageSaving: Sendable {
    let body: CameraBody
    let path: ObjectPath
    /// When its body told of it, in nanoseconds since 1970.
    let time: Int64
    /// The same in nanoseconds of CLOCK_MONOTONIC, for an image that came while this server runs.
    let begun = MonotonicTime.now()
    let shot: Int64?
    /// Whether it was found in a list of its card, and not told by its body.
    let isOfCard: Bool
    /// The project that was open then.
    let project: String?
    /// What the journal has of it.
    let wanted: Outcome<WantedImage>
    /// Whether the journal may know of it from before, with more than that it is wanted.
    let isAgain: Bool
    private let knownSize = NIOLockedValueBox<Int64>(0)
    /// The image when it is saved.
    let image = Outcome<SavedImage>()

    /// Its content, where that is in the spool already.
    let content: SpoolFile?

    /// `wanted` is what the journal has of it already.
    init(
        _ path: ObjectPath, of body: CameraBody, at time: Int64, shot: Int64?, project: String?, isOfCard: Bool = false,
        wanted: WantedImage? = nil, content: SpoolFile? = nil
    ) {
        self.path = path
        self.body = body
        self.time = time
        self.shot = shot
        self.isOfCard = isOfCard
        self.project = project
        self.wanted = Outcome(wanted)
        self.content = content
        isAgain = isOfCard || wanted != nil
    }

    /// In bytes, as far as its body has said it.
    var size: Int64 {
        get { knownSize.withLockedValue { $0 } }
        set { knownSize.withLockedValue { $0 = newValue } }
    }
}
