/// The commands of protocol.md, section 3, by their code.
public enum CommandCode: UInt16, Sendable, CaseIterable {
    // One body.
    case captureImage = 0x0002
    case getThumbnail = 0x0003
    case downloadImage = 0x0004
    case startLiveView = 0x0005
    case stopLiveView = 0x0006
    case getWidgetCurrentValue = 0x0007
    case getWidgetPossibleValues = 0x0008
    case setWidgetNewValue = 0x0009
    case listWidgets = 0x000A
    case listFiles = 0x000B
    case deleteImage = 0x000C
    case uploadFile = 0x000D
    case getStorageInfo = 0x000E
    case triggerCapture = 0x000F
    case getCameraSummary = 0x0010
    case lockCamera = 0x0011
    case unlockCamera = 0x0012
    case startSequence = 0x0013
    case stopSequence = 0x0014
    case resetCamera = 0x0015
    case closeSession = 0x0016
    case cancel = 0x0017

    // Connection and fleet; the first is a body's as well.
    case checkConnection = 0x0900
    case authenticate = 0x0901
    case getCamerasList = 0x0902
    case initCameraModel = 0x0903
    case subscribeEvents = 0x0910
    case unsubscribeEvents = 0x0911
    case setCameraName = 0x0920
    case replaceCamera = 0x0921
    case forgetCamera = 0x0922
    case setCameraNumbers = 0x0923
    case armGroup = 0x0930
    case fireGroup = 0x0931
    case captureGroup = 0x0932
    case setGroupWidgets = 0x0933
    case copyWidgets = 0x0934
    case disarmGroup = 0x0935
    case startGroupSequence = 0x0936
    case stopGroupSequence = 0x0937
    case collectGroup = 0x0938
    case listShots = 0x0940
    case getShot = 0x0941
    case savePreset = 0x0950
    case applyPreset = 0x0951
    case listPresets = 0x0952
    case deletePreset = 0x0953
    case compareCameras = 0x0954
    case syncClocks = 0x0955
    case listTriggers = 0x0960
    case listImages = 0x0961
    case verifyImages = 0x0962
    case fetchImages = 0x0963
    case downloadSaved = 0x0964
    case openProject = 0x0965
    case closeProject = 0x0966
    case listProjects = 0x0967
    case getDisk = 0x0968
    /// Of the codes that the page keeps for commands to come: `camera` → `DriverLog`, for bug reports.
    case getDriverLog = 0x0980
    case closeConnection = 0x0999

    /// Whether the command is one of a body, and so needs a session.
    public var needsSession: Bool { rawValue < 0x0100 }
}
