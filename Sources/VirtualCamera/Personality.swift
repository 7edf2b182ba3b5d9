import NIOCore

/// A maker's dialect of PTP: what a body offers beyond the standard operations, and how it tells of what happens.
///
/// Values without state of their own; all that changes is in `BodyState`.
protocol Personality: Sendable {
    /// Vendor extension ID, version and description of the device info.
    var extensionIdentifier: UInt32 { get }
    var extensionVersion: UInt16 { get }
    var extensionDescription: String { get }
    var deviceVersion: String { get }

    /// The last five characters of the names of picture folders.
    var folderSuffix: String { get }
    /// The first four characters of the names of pictures.
    var filePrefix: String { get }
    var rawKind: RawKind { get }
    /// Longer names of files, in bytes, are refused.
    var longestFileName: Int { get }
    /// Whether the second file of a picture in the buffer of the body is told of only when the first has been taken.
    var tellsOfFilesOneByOne: Bool { get }

    /// Every operation that the device info lists.
    var operations: [OperationCode] { get }
    var events: [EventCode] { get }

    /// The properties of a new body.
    func properties(_ description: VirtualBodyDescription) -> [DeviceProperty]

    /// Whether the device info lists a property.
    func lists(_ property: PropertyCode) -> Bool

    /// How a picture would be exposed if it were taken now.
    func exposureSettings(_ body: BodyState) -> ExposureSettings

    /// Performs an operation of the maker's own; nil if it is none.
    func perform(_ transaction: PtpTransaction, on body: inout BodyState, now: NIODeadline) -> TransactionOutcome?

    /// A property has a new value: brings those along that hang on it, and says which have another value now.
    func propertyChanged(_ property: PropertyCode, in body: inout BodyState) -> [PropertyCode]

    /// Values that the body itself keeps up, brought up to date before they are read.
    func refresh(_ property: PropertyCode, in body: inout BodyState)

    /// Tells the initiator of an event, in the maker's way.
    func announce(_ event: PtpEvent, in body: inout BodyState)

    /// A session begins or ends.
    func sessionChanged(in body: inout BodyState)

    /// Where a picture goes that a finger on the shutter takes.
    func handDestination(_ body: BodyState) -> BodyState.Destination

    /// Why the buffer of the body takes no picture now; nil if it does.
    func memoryRefusal(_ body: BodyState) -> ResponseCode?

    /// From the release to the moment at which the body begins to do what it does for every picture.
    func releaseDelay(_ body: BodyState) -> Duration

    /// The shutter was released.
    func exposureBegan(in body: inout BodyState)

    /// A picture is stored, or could not be, and the body is ready again.
    func pictureFinished(in body: inout BodyState, now: NIODeadline)

    /// The card is out of the body, or in it again.
    func cardMoved(in body: inout BodyState)
}

extension Personality {
    var filePrefix: String { "DSC_" }
    var longestFileName: Int { 254 }
    var tellsOfFilesOneByOne: Bool { false }

    func handDestination(_ body: BodyState) -> BodyState.Destination { .card }

    func memoryRefusal(_ body: BodyState) -> ResponseCode? { nil }

    func releaseDelay(_ body: BodyState) -> Duration { .milliseconds(body.properties.number(.captureDelay)) }

    func exposureBegan(in body: inout BodyState) {}

    func pictureFinished(in body: inout BodyState, now: NIODeadline) {}

    func cardMoved(in body: inout BodyState) {
        body.announce(body.cardOutside == nil ? .storeAdded : .storeRemoved, ObjectStore.storageID)
    }
}

extension VirtualBodyDescription.Dialect {
    var personality: any Personality {
        switch self {
        case .ptp: GenericPersonality()
        case .nikon: NikonPersonality()
        case .canonEOS: CanonPersonality()
        }
    }
}

extension OperationCode {
    /// What every body here can do.
    static let standard: [OperationCode] = [
        .getDeviceInfo, .openSession, .closeSession, .getStorageIDs, .getStorageInfo, .getNumObjects,
        .getObjectHandles, .getObjectInfo, .getObject, .getThumb, .deleteObject, .sendObjectInfo, .sendObject,
        .initiateCapture, .formatStore, .resetDevice, .setObjectProtection, .getDevicePropDesc,
        .getDevicePropValue, .setDevicePropValue, .resetDevicePropValue, .getPartialObject,
    ]
}
