/// Which files a picture is stored as.
enum Recording: Sendable {
    case jpeg
    case raw
    /// Both, with one name and two endings.
    case rawAndJpeg

    var hasRaw: Bool { self != .jpeg }
    var hasJpeg: Bool { self != .raw }
}

/// A maker's kind of RAW file.
enum RawKind: Sendable {
    /// Nikon's.
    case nef
    /// Canon's of the time of the 6D.
    case cr2
    /// Adobe's Digital Negative.
    case dng

    /// How its file names end.
    var nameExtension: String {
        switch self {
        case .nef: "NEF"
        case .cr2: "CR2"
        case .dng: "DNG"
        }
    }

    /// The object format that bodies give it, as libgphoto2 knows it. Nikon has none for its own.
    var format: UInt16 {
        switch self {
        case .nef: ObjectFormat.undefined
        case .cr2: 0xB103
        case .dng: 0x3811
        }
    }
}
