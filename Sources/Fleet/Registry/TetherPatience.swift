/// How a body that fails is tried again, and one that is away is looked for. All are settings.
public struct TetherPatience: Sendable {
    /// How long a body must have been open for its driver's next failure to count as the first.
    public var steadyTime: Duration = .seconds(10)
    /// How long the first pause is; each further one is as much longer.
    public var pause: Duration = .milliseconds(200)
    /// The longest pause of a body whose driver fails.
    public var longestPause: Duration = .seconds(1)
    /// The longest pause of a body that somebody has to do something about: another program holds it, this user may not
    /// open it, it refuses this computer.
    public var longestHeldPause: Duration = .seconds(3)
    /// The longest pause of a body that no driver knows.
    public var longestUnsupportedPause: Duration = .seconds(30)
    /// How long an address is left alone between two looks; three times that after a minute.
    public var lookInterval: Duration = .seconds(1)
    /// How long a device that its driver has lost has to be said gone by udev, before it is opened anew.
    public var departureTime: Duration = .seconds(2)

    /// What has proved itself.
    public init() {}
}
