public import FleetModel

/// Arguments of the link's ARM.
public struct ArmArguments: Codable, Sendable {
    /// After how many seconds arming is undone by itself; 60 unless given.
    public var holdSeconds: Double?
    /// The shot that it is for.
    public var shot: Int64?

    /// A time, for a shot.
    public init(holdSeconds: Double? = nil, shot: Int64? = nil) {
        self.holdSeconds = holdSeconds
        self.shot = shot
    }

    enum CodingKeys: String, CodingKey { case holdSeconds = "hold_seconds", shot }
}

/// Arguments of the link's DISARM.
public struct DisarmArguments: Codable, Sendable {
    /// Only what is armed for this shot; whatever is armed where nil.
    public var shot: Int64?

    /// Of a shot.
    public init(shot: Int64?) { self.shot = shot }
}

/// Result of the link's ARM. A body that cannot be armed refuses it instead, and says why.
public struct ArmedBody: Codable, Sendable {
    /// Always true.
    public var armed: Bool
    /// How it will be released, in words.
    public var method: String
    /// Whether its thread goes before all others until the release (SCHED_FIFO).
    public var realtime: Bool
    /// How many images a release brings.
    public var expectedImages: Int
    /// How long before a deadline the body's thread can no more be stopped, in nanoseconds: the driver asks the body some
    /// things before a release, and then waits.
    public var lead: Int64
    /// How long its shutter is open, in nanoseconds; 0 where that is not known.
    public var exposure: Int64

    /// An armed body.
    public init(method: String, realtime: Bool, expectedImages: Int, lead: Int64, exposure: Int64) {
        armed = true
        self.method = method
        self.realtime = realtime
        self.expectedImages = expectedImages
        self.lead = lead
        self.exposure = exposure
    }

    enum CodingKeys: String, CodingKey {
        case armed, method, realtime, expectedImages = "expected_images", lead = "lead_ns", exposure = "exposure_ns"
    }
}

/// Arguments of the link's FIRE.
public struct FireArguments: Codable, Sendable {
    /// When the release is to leave for the body, CLOCK_MONOTONIC in nanoseconds.
    public var deadline: Int64
    /// For how long after that a body that is busy is asked again, in nanoseconds; 500 ms unless given.
    public var lateLimit: Int64?

    /// A deadline.
    public init(deadline: Int64, lateLimit: Int64? = nil) {
        self.deadline = deadline
        self.lateLimit = lateLimit
    }

    enum CodingKeys: String, CodingKey { case deadline = "deadline_ns", lateLimit = "late_limit_ns" }
}

/// Result of the link's FIRE: the request to release left. Where it did not, or the body refused it, FIRE is refused.
public struct FiredBody: Codable, Sendable {
    /// When the request left, CLOCK_MONOTONIC in nanoseconds.
    public var releasedAtMonotonic: Int64
    /// The same in nanoseconds since 1970.
    public var releasedAt: Int64
    /// When it was to leave, CLOCK_MONOTONIC in nanoseconds.
    public var requested: Int64
    /// When the thread woke for it, CLOCK_MONOTONIC in nanoseconds; nil where it was not asleep: it was late.
    public var woken: Int64?
    /// How many other transactions the body was asked for between the deadline and the release.
    public var transactions: Int
    /// How many before the deadline, since the thread could no more be stopped.
    public var transactionsBefore: Int
    /// How often the body was asked to release: more than once where it was busy, and refused.
    public var attempts: Int
    /// Where no answer came to the release: it may have happened.
    public var error: ErrorDescription?

    /// A release.
    public init(
        releasedAtMonotonic: Int64, releasedAt: Int64, requested: Int64, woken: Int64?, transactions: Int,
        transactionsBefore: Int, attempts: Int, error: FleetError? = nil
    ) {
        self.releasedAtMonotonic = releasedAtMonotonic
        self.releasedAt = releasedAt
        self.requested = requested
        self.woken = woken
        self.transactions = transactions
        self.transactionsBefore = transactionsBefore
        self.attempts = attempts
        self.error = error.map { ErrorDescription($0) }
    }

    enum CodingKeys: String, CodingKey {
        case releasedAtMonotonic = "released_at_monotonic_ns", releasedAt = "released_at", requested = "requested_ns"
        case woken = "woken_ns", transactions, transactionsBefore = "transactions_before", attempts, error
    }
}
