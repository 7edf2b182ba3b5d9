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
}

extension VirtualBodyDescription.Dialect {
    var personality: any Personality {
        switch self {
        case .ptp: GenericPersonality()
        case .nikon: NikonPersonality()
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
