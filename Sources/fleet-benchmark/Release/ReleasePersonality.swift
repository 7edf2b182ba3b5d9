import ArgumentParser

/// The makes of bodies that are released.
enum ReleasePersonality: String, CaseIterable, ExpressibleByArgument {
    case generic
    case nikon
    case canonEOS = "canon-eos"

    /// Standard PTP has no live view.
    var hasView: Bool { self != .generic }

    /// The bare programs that it is compared with: an EOS is released in two ways.
    var bareSides: [BareReleases.Side] {
        switch self {
        case .generic, .nikon: [.init(build: .stock, way: .trigger), .init(build: .best, way: .trigger)]
        case .canonEOS:
            [
                .init(build: .stock, way: .trigger), .init(build: .stock, way: .press),
                .init(build: .best, way: .press),
            ]
        }
    }

    /// So many bodies whose pictures cost as little as they can: a small one, without shutter lag or autofocus.
    func bodies(_ count: Int) -> BenchmarkBodies.Description {
        var body = BenchmarkBodies.Description()
        body.count = count
        body.shutter_lag_ms = 0
        body.autofocus_ms = 0
        switch self {
        case .generic:
            body.personality = "ptp"
            body.properties = Self.smallPicture
        case .nikon:
            body.personality = "nikon"
            body.properties = Self.smallPicture
        case .canonEOS:
            body.personality = "canon-eos"
            // The smallest JPEG of an EOS: S3.
            body.properties = ["D120": .init(.number(0xF300)), "D122": .init(.number(0xF300))]
        }
        if hasView { body.live_view = .init(width: 64, height: 64, rate: 15, frame_bytes: 20_000) }
        return body
    }

    /// ImageSize.
    private static let smallPicture = ["5003": BenchmarkBodies.Description.Property(.text("160x104"))]
}
