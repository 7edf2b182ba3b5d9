/// What a virtual body is made of. Two bodies of the same description are the same to the byte, times apart.
public struct VirtualBodyDescription: Sendable {
    /// Which maker's dialect of PTP a body speaks.
    public enum Dialect: String, Sendable, CaseIterable {
        /// Standard PTP, with events on the event connection and no live view.
        case ptp
        /// Nikon's D series: live view, events asked for by GetEvent, capture to the card or to memory.
        case nikon
        /// Canon's EOS series: settings and events in Canon's own operations, live view, capture to the card or to memory.
        case canonEOS = "canon-eos"
    }

    /// The maker's dialect.
    public var dialect: Dialect
    /// A number of its own for each body of a rig, from 1; it decides the serial number and the colours.
    public var index: Int
    /// What is drawn on pictures and live view, and what the body calls itself over PTP/IP.
    public var name: String
    /// Manufacturer of the device info.
    public var manufacturer: String
    /// Model of the device info.
    public var model: String
    /// Serial number of the device info and of every picture's Exif.
    public var serialNumber: String
    /// In percent.
    public var batteryLevel: Int
    /// How far the body's clock is ahead of the machine's, in seconds.
    public var clockOffset: Int
    /// Frames a second that the sensor gives; 0 gives them as fast as they are asked for.
    public var liveViewFramesPerSecond: Double
    /// From the arrival of a request to its answer, at least.
    public var transactionTime: Duration
    /// From the release to the beginning of the exposure.
    public var shutterLag: Duration
    /// How many pictures lie on the card at the beginning.
    public var pictures: Int
    /// Sizes in bytes of further files on the card: each begins as a picture, and goes on as filler made while it is
    /// read. At most 4,294,967,294, as far as PTP's 32 bits reach.
    public var extraObjects: [Int]
    /// Bytes free on the card at the beginning. What fills it is held in memory, and so is bounded by this.
    public var cardSpace: Int

    /// A body with everything as it is on the makers' bodies.
    public init(dialect: Dialect = .nikon, index: Int = 1) {
        self.dialect = dialect
        self.index = index
        name = "Body \(index)"
        switch dialect {
        case .ptp:
            manufacturer = "CameraFleet"
            model = "Virtual PTP"
            serialNumber = String(1_000_000 + index)
        case .nikon:
            manufacturer = "Nikon Corporation"
            model = "D7500"
            serialNumber = String(6_000_000 + index)
        case .canonEOS:
            manufacturer = "Canon Inc."
            model = "Canon EOS 6D"
            serialNumber = "0" + String(23_021_000_000 + index)
        }
        batteryLevel = 100 - (index * 7) % 50
        clockOffset = 0
        liveViewFramesPerSecond = 30
        transactionTime = .zero
        shutterLag = .milliseconds(60)
        pictures = 3
        extraObjects = []
        cardSpace = 512 * 1024 * 1024
    }

    /// The maker as pictures have it.
    var exifMaker: String {
        switch dialect {
        case .ptp, .nikon: manufacturer
        case .canonEOS: "Canon"
        }
    }

    /// The model as pictures have it, with the maker's name before it where the maker does so.
    var exifModel: String {
        switch dialect {
        case .ptp, .canonEOS: model
        case .nikon: "NIKON " + model
        }
    }
}

/// What goes wrong with a body, for those who want to see how a program takes it.
public enum Fault: Sendable, Equatable {
    /// Every transaction takes at least this long, whatever the description says.
    case slow(Duration)
    /// The body accepts, reads, and answers nothing; what it was asked meanwhile stays unanswered for ever.
    case silent
    /// The next `count` transactions of an operation fail with a response code, and do nothing.
    case failing(OperationCode, ResponseCode, count: Int)
}
