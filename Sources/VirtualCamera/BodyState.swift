import NIOCore

/// All that changes in a body. Its operations are in `StandardOperations`, `ObjectOperations` and the personalities;
/// what they want done outside, on the network or after a time, they leave in `effects`.
struct BodyState: Sendable {
    /// What is to be done once the state is let go of.
    enum Effect: Sendable {
        /// Tell the initiator on the event connection.
        case send(PtpEvent)
        /// Close the shutter after a time.
        case endExposure(id: Int, after: Duration)
        /// Draw and store the picture of an exposure.
        case develop(StillPicture, Exposure)
    }

    /// A picture in the making, from the release until it is stored.
    struct Exposure: Sendable {
        let id: Int
        let destination: Destination
        /// The transaction that released it; all ones for a finger.
        let transaction: UInt32
        let settings: ExposureSettings
        let released: NIODeadline
        /// Whether the shutter stays open until it is told to close.
        let isBulb: Bool
        var isOpen = true
    }

    /// Where a picture goes.
    enum Destination: Sendable {
        case card
        /// The buffer of the body, from where the initiator takes it.
        case memory
    }

    /// An object that SendObjectInfo announced and SendObject has yet to bring.
    struct AnnouncedObject: Sendable {
        var object: StoredObject
        var size: Int
    }

    /// The live view since it was started.
    struct LiveView: Sendable {
        let started: NIODeadline
        /// Which of the sensor's frames was given last, counted from the start.
        var lastFrame: Int64
    }

    let description: VirtualBodyDescription
    let personality: any Personality
    let painter: LiveViewPainter
    var properties: DeviceProperties
    var store: ObjectStore
    var clock: CameraClock

    var isSessionOpen = false
    var announced: AnnouncedObject?
    var exposure: Exposure?
    /// Exposures so far, by whomever released.
    var exposures = 0
    /// The number in the name of the last file.
    var fileNumber = 0
    var folderNumber = 100
    /// Pictures in the buffer of the body, oldest first.
    var memory: [StoredObject] = []
    /// Files in the buffer that are told of once another one, the key, has been taken.
    var memoryFollowers: [UInt32: UInt32] = [:]
    /// Files that have been in the buffer so far.
    var memoryCount = 0
    /// The card while it is out of the body; `store` is empty and without capacity then.
    var cardOutside: ObjectStore?
    var canon = CanonState()
    var liveView: LiveView?
    /// Events that wait to be asked for. At most `queueLimit`; the oldest go first when it is full.
    var queuedEvents: [PtpEvent] = []

    var faults = FaultTable()
    var effects: [Effect] = []
    var counts: [OperationCode: Int] = [:]
    var liveViewFrames = 0
    /// When shutters were released, the latest `releaseLimit` of them.
    var releases: [NIODeadline] = []
    /// When the autofocus ends that was begun before the release; nil: none was.
    var focusEnd: NIODeadline?
    /// Until when the pictures in the buffer are written, each in its turn.
    var writings: [NIODeadline] = []

    static let queueLimit = 256
    static let releaseLimit = 1024
    /// Pictures kept in the buffer of the body; the oldest goes when another comes.
    static let memoryLimit = 8

    init(_ description: VirtualBodyDescription) throws {
        try description.check()
        self.description = description
        personality = description.dialect.personality
        painter = try LiveViewPainter(
            name: description.name, colourOf: description.index, width: description.liveViewWidth,
            height: description.liveViewHeight, frameBytes: description.liveViewFrameBytes)
        properties = DeviceProperties(personality.properties(description))
        clock = CameraClock(offset: description.clockOffset)
        store = ObjectStore(capacity: .max)
        try beginProperties()
        try fillCard()
        if !description.hasCard {
            _ = removeCard()
            effects = []
            queuedEvents = []
        }
    }

    /// Tells the initiator that something happened.
    mutating func announce(_ code: EventCode, _ parameters: UInt32..., transaction: UInt32 = .max) {
        personality.announce(PtpEvent(code: code, transaction: transaction, parameters: parameters), in: &self)
    }

    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }

    /// Ends what belongs to a session. A picture that is being taken is still finished; a bulb exposure ends, since nobody
    /// is left who could end it.
    mutating func endSession() {
        isSessionOpen = false
        announced = nil
        memory = []
        memoryFollowers = [:]
        liveView = nil
        queuedEvents = []
        _ = endBulb(now: .now())
        personality.sessionChanged(in: &self)
    }
}
