// The codes of Canon's EOS bodies, by the names that libgphoto2's ptp.h gives them.

extension OperationCode {
    /// Storages and objects, as Canon's own operations answer them.
    public static let
        canonGetStorageIDs = Self(0x9101), canonGetStorageInfo = Self(0x9102), canonGetPartialObject = Self(0x9107),
        canonGetDeviceInfoEx = Self(0x9108), canonGetObjectInfoEx = Self(0x9109),
        canonTransferComplete = Self(0x9117), canonCancelTransfer = Self(0x9118), canonResetTransfer = Self(0x9119)

    /// Settings, events and the two modes that a computer puts the body into.
    public static let
        canonSetDevicePropValueEx = Self(0x9110), canonGetRemoteMode = Self(0x9113),
        canonSetRemoteMode = Self(0x9114), canonSetEventMode = Self(0x9115), canonGetEvent = Self(0x9116),
        canonPCHDDCapacity = Self(0x911A), canonSetUILock = Self(0x911B), canonResetUILock = Self(0x911C),
        canonKeepDeviceOn = Self(0x911D), canonRequestDevicePropValue = Self(0x9127),
        canonSetRequestOLCInfoGroup = Self(0x913D)

    /// The shutter.
    public static let
        canonBulbStart = Self(0x9125), canonBulbEnd = Self(0x9126), canonRemoteReleaseOn = Self(0x9128),
        canonRemoteReleaseOff = Self(0x9129)

    /// Live view and focus.
    public static let
        canonInitiateViewfinder = Self(0x9151), canonTerminateViewfinder = Self(0x9152),
        canonGetViewFinderData = Self(0x9153), canonDoAf = Self(0x9154), canonDriveLens = Self(0x9155),
        canonZoom = Self(0x9158), canonZoomPosition = Self(0x9159), canonAfCancel = Self(0x9160)
}

extension ResponseCode {
    /// Live view has no image yet, or is not on.
    public static let canonNotReady = Self(0xA102)
}

extension EventCode {
    static let
        canonObjectAddedEx = Self(0xC181), canonObjectRemoved = Self(0xC182), canonStorageStatusChanged = Self(0xC184),
        canonRequestObjectTransfer = Self(0xC186), canonPropValueChanged = Self(0xC189),
        canonAvailListChanged = Self(0xC18A), canonCameraStatusChanged = Self(0xC18B), canonStoreAdded = Self(0xC192),
        canonStoreRemoved = Self(0xC193), canonBulbExposureTime = Self(0xC194), canonOLCInfoChanged = Self(0xC1A5)
}

extension PropertyCode {
    /// Exposure and focus.
    public static let
        canonAperture = Self(0xD101), canonShutterSpeed = Self(0xD102), canonISOSpeed = Self(0xD103),
        canonExpCompensation = Self(0xD104), canonAutoExposureMode = Self(0xD105), canonDriveMode = Self(0xD106),
        canonMeteringMode = Self(0xD107), canonFocusMode = Self(0xD108), canonAEModeDial = Self(0xD138),
        canonAEB = Self(0xD1D9)

    /// How pictures look, and which are stored.
    public static let
        canonWhiteBalance = Self(0xD109), canonColorTemperature = Self(0xD10A), canonWhiteBalanceAdjustA = Self(0xD10B),
        canonWhiteBalanceAdjustB = Self(0xD10C), canonWhiteBalanceXA = Self(0xD10D),
        canonWhiteBalanceXB = Self(0xD10E), canonColorSpace = Self(0xD10F), canonPictureStyle = Self(0xD110),
        canonImageFormat = Self(0xD120), canonImageFormatSD = Self(0xD122),
        canonHighISONoiseReduction = Self(0xD178), canonMultiAspect = Self(0xD194), canonAloMode = Self(0xD1C1)

    /// The body itself.
    public static let
        canonBatteryPower = Self(0xD111), canonCameraTime = Self(0xD113),
        canonAutoPowerOff = Self(0xD114), canonOwner = Self(0xD115), canonModelID = Self(0xD116),
        canonPTPExtensionVersion = Self(0xD119), canonDPOFVersion = Self(0xD11A),
        canonCameraNickname = Self(0xD125), canonUTCTime = Self(0xD17C), canonOLCInfoVersion = Self(0xD199),
        canonQuickReviewTime = Self(0xD1A9),
        canonShutterCounter = Self(0xD1AC), canonSerialNumber = Self(0xD1AF), canonArtist = Self(0xD1D0),
        canonCopyright = Self(0xD1D1), canonLensName = Self(0xD1D8), canonStroboFiring = Self(0xD1DC),
        friendlyName = Self(0xD402)

    /// Where pictures go.
    public static let
        canonAvailableShots = Self(0xD11B), canonCaptureDestination = Self(0xD11C), canonCurrentStorage = Self(0xD11E),
        canonCurrentFolder = Self(0xD11F)

    /// Live view and video.
    public static let
        canonMovieServoAF = Self(0xD179), canonEVFOutputDevice = Self(0xD1B0), canonEVFMode = Self(0xD1B1),
        canonContinuousAFMode = Self(0xD1C9)
}
