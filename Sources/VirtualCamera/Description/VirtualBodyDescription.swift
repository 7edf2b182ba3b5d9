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
    /// How many bytes of data a second come over the body's cable; nil: as many as are taken.
    public var linkBytesPerSecond: Int?
    /// From the release to the beginning of the exposure.
    public var shutterLag: Duration
    /// How many pictures lie on the card at the beginning.
    public var pictures: Int
    /// Sizes in bytes of further files on the card: each begins as a picture, and goes on as filler made while it is
    /// read. At most 4,294,967,294, as far as PTP's 32 bits reach.
    public var extraObjects: [Int]
    /// Bytes free on the card at the beginning.
    public var cardSpace: Int
    /// Bytes on the card in all; where it is given, `cardSpace` does not count.
    public var cardSize: Int?
    /// Whether the card is in the body at the beginning.
    public var hasCard = true
    /// Further files in the folder of pictures, of any content.
    public var objects: [DescribedObject] = []
    /// Whether objects that initiators send are kept, large ones in a file without a name in the folder for temporary
    /// files. If not, they are counted, and read back as filler.
    public var keepsUploads = true
    /// What is on the body's mount.
    public var lens = DescribedLens()
    /// What properties begin with, where it is something else than on the maker's bodies.
    public var properties: [PropertyCode: DescribedProperty] = [:]
    /// In pixels.
    public var liveViewWidth = 640
    /// In pixels.
    public var liveViewHeight = 424
    /// About so many bytes a frame of live view has; nil: as many as its picture takes.
    public var liveViewFrameBytes: Int?
    /// What autofocus takes before each release.
    public var autofocusTime = Duration.zero
    /// How many pictures the body can have that are not written yet; the next release finds it busy.
    public var bufferDepth: Int?
    /// What writing a picture takes, one after the other.
    public var writingTime = Duration.zero
    /// Bytes of a raw picture, where the body takes some.
    public var rawSize = 2_000_000
    /// The port that the body is on, 0 for any; nil: the rig's next.
    public var port: Int?
    /// How many transactions `VirtualBody.transactions()` has at most; 0: none.
    public var transactionLogLength = 0

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

/// A file on a card, by name and size.
public struct DescribedObject: Sendable, Equatable {
    /// Its name; what follows the dot says what it is.
    public var name: String
    /// In bytes, up to 4,294,967,294.
    public var size: Int

    /// A file of that name and size.
    public init(name: String, size: Int) {
        self.name = name
        self.size = size
    }
}

/// The lens of a body.
public struct DescribedLens: Sendable, Equatable {
    /// What Exif calls it; nil: nothing.
    public var name: String?
    /// Millimetres, from and to.
    public var focalLengths: ClosedRange<Double> = 18...140
    /// What it stands at, in millimetres.
    public var focalLength = 50.0
    /// The widest f-number at the shortest focal length.
    public var fNumberAtShortest = 3.5
    /// The widest f-number at the longest focal length.
    public var fNumberAtLongest = 5.6

    /// An 18-140 mm without a name.
    public init() {}
}

/// What a property of a body begins with.
public struct DescribedProperty: Sendable, Equatable {
    /// Its value; nil: as on the maker's bodies.
    public var value: PropertyValue?
    /// The values that it can have; nil: as on the maker's bodies.
    public var choices: [PropertyValue]?
    /// Whether initiators cannot set it; nil: as on the maker's bodies.
    public var isReadOnly: Bool?

    /// A property that begins like this.
    public init(value: PropertyValue? = nil, choices: [PropertyValue]? = nil, isReadOnly: Bool? = nil) {
        self.value = value
        self.choices = choices
        self.isReadOnly = isReadOnly
    }
}
