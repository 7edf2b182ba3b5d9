/// The code of a PTP operation (ISO 15740, clause 10) or of a maker's extension of it.
public struct OperationCode: RawRepresentable, Hashable, Sendable {
    /// The code as it stands on the wire.
    public let rawValue: UInt16

    /// Any code, known or not.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// Sessions, storages and objects.
    public static let
        getDeviceInfo = Self(0x1001), openSession = Self(0x1002), closeSession = Self(0x1003),
        getStorageIDs = Self(0x1004), getStorageInfo = Self(0x1005), getNumObjects = Self(0x1006),
        getObjectHandles = Self(0x1007), getObjectInfo = Self(0x1008), getObject = Self(0x1009),
        getThumb = Self(0x100A), deleteObject = Self(0x100B), sendObjectInfo = Self(0x100C),
        sendObject = Self(0x100D), initiateCapture = Self(0x100E), formatStore = Self(0x100F),
        resetDevice = Self(0x1010), setObjectProtection = Self(0x1012), getPartialObject = Self(0x101B)

    /// Device properties.
    public static let
        getDevicePropDesc = Self(0x1014), getDevicePropValue = Self(0x1015), setDevicePropValue = Self(0x1016),
        resetDevicePropValue = Self(0x1017)

    /// Nikon's own.
    public static let
        nikonInitiateCaptureRecInSdram = Self(0x90C0), nikonAfDrive = Self(0x90C1),
        nikonChangeCameraMode = Self(0x90C2), nikonDelImageSDRAM = Self(0x90C3), nikonGetEvent = Self(0x90C7),
        nikonDeviceReady = Self(0x90C8), nikonGetVendorPropCodes = Self(0x90CA),
        nikonAfAndCaptureRecInSdram = Self(0x90CB), nikonStartLiveView = Self(0x9201),
        nikonEndLiveView = Self(0x9202), nikonGetLiveViewImage = Self(0x9203), nikonMfDrive = Self(0x9204),
        nikonChangeAfArea = Self(0x9205), nikonAfDriveCancel = Self(0x9206),
        nikonInitiateCaptureRecInMedia = Self(0x9207), nikonTerminateCapture = Self(0x920C)
}

/// The code of a PTP response (ISO 15740, clause 11) or of a maker's extension of it.
public struct ResponseCode: RawRepresentable, Hashable, Sendable {
    /// The code as it stands on the wire.
    public let rawValue: UInt16

    /// Any code, known or not.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// The standard's.
    public static let
        ok = Self(0x2001), generalError = Self(0x2002), sessionNotOpen = Self(0x2003),
        operationNotSupported = Self(0x2005), parameterNotSupported = Self(0x2006),
        incompleteTransfer = Self(0x2007), invalidStorageID = Self(0x2008), invalidObjectHandle = Self(0x2009),
        devicePropNotSupported = Self(0x200A), invalidObjectFormatCode = Self(0x200B), storeFull = Self(0x200C),
        objectWriteProtected = Self(0x200D), accessDenied = Self(0x200F), noThumbnailPresent = Self(0x2010),
        partialDeletion = Self(0x2012), storeNotAvailable = Self(0x2013), noValidObjectInfo = Self(0x2015),
        deviceBusy = Self(0x2019),
        invalidParentObject = Self(0x201A), invalidDevicePropFormat = Self(0x201B),
        invalidDevicePropValue = Self(0x201C), invalidParameter = Self(0x201D),
        sessionAlreadyOpen = Self(0x201E), transactionCancelled = Self(0x201F)

    /// MTP's, for objects of four gigabytes and more.
    public static let objectTooLarge = Self(0xA809)

    /// Nikon's own.
    public static let
        nikonOutOfFocus = Self(0xA002), nikonInvalidStatus = Self(0xA004), nikonNotLiveView = Self(0xA00B),
        nikonBulbReleaseBusy = Self(0xA200)
}

/// The code of a PTP event (ISO 15740, clause 12) or of a maker's extension of it.
struct EventCode: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    static let
        objectAdded = Self(0x4002), objectRemoved = Self(0x4003), storeAdded = Self(0x4004),
        storeRemoved = Self(0x4005),
        devicePropChanged = Self(0x4006),
        storeFull = Self(0x400A), deviceReset = Self(0x400B), storageInfoChanged = Self(0x400C),
        captureComplete = Self(0x400D),
        nikonObjectAddedInSdram = Self(0xC101), nikonCaptureCompleteRecInSdram = Self(0xC102)
}

/// The code of a device property (ISO 15740, clause 13) or of a maker's extension of it.
public struct PropertyCode: RawRepresentable, Hashable, Sendable {
    /// The code as it stands on the wire.
    public let rawValue: UInt16

    /// Any code, known or not.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    init(_ rawValue: UInt16) { self.rawValue = rawValue }

    /// The standard's.
    public static let
        batteryLevel = Self(0x5001), imageSize = Self(0x5003), compressionSetting = Self(0x5004),
        whiteBalance = Self(0x5005), fNumber = Self(0x5007), focalLength = Self(0x5008),
        focusDistance = Self(0x5009), focusMode = Self(0x500A), exposureMeteringMode = Self(0x500B),
        flashMode = Self(0x500C), exposureTime = Self(0x500D), exposureProgramMode = Self(0x500E),
        exposureIndex = Self(0x500F), exposureBiasCompensation = Self(0x5010), dateTime = Self(0x5011),
        captureDelay = Self(0x5012), stillCaptureMode = Self(0x5013), sharpness = Self(0x5015),
        focusMeteringMode = Self(0x501C), artist = Self(0x501E), copyrightInfo = Self(0x501F)

    /// A property beyond the standard, of bodies that speak nothing else: which files a picture is stored as, in words.
    public static let imageQuality = Self(0xD001)

    /// Nikon's own.
    public static let
        nikonIsoAuto = Self(0xD054), nikonMonitorOff = Self(0xD064),
        nikonLongExposureNoiseReduction = Self(0xD06B), nikonArtistName = Self(0xD072),
        nikonCopyrightInfo = Self(0xD073), nikonImageComment = Self(0xD090), nikonImageCommentEnable = Self(0xD091),
        nikonFocalLengthMin = Self(0xD0E3), nikonFocalLengthMax = Self(0xD0E4), nikonApertureAtMin = Self(0xD0E5),
        nikonApertureAtMax = Self(0xD0E6), nikonExposureTime = Self(0xD100), nikonACPower = Self(0xD101),
        nikonRecordingMedia = Self(0xD10B), nikonCameraOrientation = Self(0xD10E), nikonBeepOff = Self(0xD160),
        nikonLiveViewStatus = Self(0xD1A2), nikonLiveViewImageZoomRatio = Self(0xD1A3),
        nikonLiveViewProhibitCondition = Self(0xD1A4), nikonLiveViewImageSize = Self(0xD1AC),
        nikonExposureRemaining = Self(0xD1F1)
}

/// What kind of object a file on the card is (ISO 15740, clause 6).
enum ObjectFormat {
    static let undefined: UInt16 = 0x3000
    static let association: UInt16 = 0x3001
    static let exifJpeg: UInt16 = 0x3801
    static let jfif: UInt16 = 0x3808
}
