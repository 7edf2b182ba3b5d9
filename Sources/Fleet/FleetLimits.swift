/// The limits of protocol.md, section 6, that the fleet itself keeps, and a few of its own. All are settings.
public struct FleetLimits: Sendable {
    /// How long a body's command may run.
    public var commandTime: Duration = .seconds(30)
    /// How long a driver has to return after that, before its worker is ended and the body opened anew.
    public var driverGrace: Duration = .seconds(5)
    /// How long a worker may take to load its body's driver, which depends on this machine alone.
    public var loadingTime: Duration = .seconds(180)
    /// How long it may take to open its body then.
    public var openingTime: Duration = .seconds(45)
    /// How many bodies are opened at one time; the others wait for their turn.
    public var openings = 8
    /// How long a body's opening keeps others out once its driver is loaded.
    public var openingTurn: Duration = .seconds(1)
    /// How long a worker may take to end by itself when its link is closed, before it is killed.
    public var endingTime: Duration = .milliseconds(100)
    /// How a body that fails is tried again, and one that is away is looked for.
    public var patience = TetherPatience()
    /// How long a body that was open before may be silent while it is opened again.
    public var reopeningPatience: Duration = .milliseconds(1500)
    /// How long an armed shot waits for FIRE_GROUP before it is given up.
    public var armedTime: Duration = .seconds(60)
    /// How long a body may take until it is armed.
    public var armingTime: Duration = .seconds(15)
    /// How long a body may take until it is disarmed, before nobody waits for that any more.
    public var disarmingTime: Duration = .seconds(5)
    /// How long after its time a body may take to say that it was released.
    public var releaseTime: Duration = .seconds(5)
    /// How long the images of a shot are waited for.
    public var imageTime: Duration = .seconds(30)
    /// How long a shot waits, once its images are there, until its bodies' settings are read: a body that is slow is described
    /// without.
    public var settingsTime: Duration = .seconds(1)
    /// How long after its time a release is called late.
    public var lateRelease: Duration = .milliseconds(1)
    /// How long a live view ticket is good.
    public var ticketTime: Duration = .seconds(10)
    /// How many tickets of a session may be unused, and of a connection for saved images.
    public var unusedTickets = 256
    /// How many used download tickets of a session or connection are kept for a resume; past that the oldest is forgotten.
    public var usedTickets = 1024
    /// How many live view streams of a session may run at once; one more gets Too_Many.
    public var streams = 256
    /// How many sequences of a session may run at once; one more gets Too_Many.
    public var sequences = 16
    /// How many sequences of a session are remembered after their end; past that the oldest is forgotten.
    public var finishedSequences = 256
    /// How often the room on the disk is looked at while no image is saved.
    public var diskInterval: Duration = .seconds(10)
    /// How many images of one body may wait to be saved; one more stays on its card.
    public var waitingImages = 10_000
    /// After how long an image is asked for again that its body did not give, though it is there.
    public var savingPause: Duration = .seconds(30)
    /// How many commands may wait for one body, of all sessions; one more gets Too_Many.
    public var waitingCommands = 4096
    /// How many bodies may wait to be tethered.
    public var waitingBodies = 1024
    /// How many sessions may be open in all; one more gets Too_Many.
    public var sessions = 65_536
    /// How many events may wait for one client; what comes then is lost and counted for events_lost.
    public var waitingEvents = 1024
    /// How long a body's live view may fail before its streams are told.
    public var previewPatience: Duration = .seconds(10)

    /// The limits of the page.
    public init() {}
}
