public import FleetModel

/// Which images are saved on the server's disk without being asked for one by one, and what has to be so for that.
public struct SavingPolicy: Sendable {
    /// Which images.
    public enum Kinds: String, Sendable, CaseIterable {
        /// All, in the order in which their bodies tell of them.
        case all
        /// All, those that are not RAW first.
        case rawLast = "raw-last"
        /// Only RAW.
        case raw
        /// Only what is not RAW.
        case withoutRaw = "without-raw"
        /// None: they stay on their card, unless a command asks for them.
        case none
    }

    /// Which images are saved.
    public var kinds: Kinds
    /// Which images are saved of the bodies of a group, by the group's name, in place of `kinds`.
    public var kindsOfGroup: [String: Kinds]
    /// Where bodies put what they take; nil for where they do so anyway, which is the card unless there is none.
    public var captureTarget: CaptureTarget?
    /// Where the bodies of a group put what they take, by the group's name, in place of `captureTarget`.
    public var captureTargetOfGroup: [String: CaptureTarget]
    /// Whether an image is deleted from its card once it is saved and read back, in two copies where there are to be two.
    public var deletesFromCard: Bool
    /// Whether an image is fetched from its body a second time and compared, before it counts as saved.
    public var fetchesTwice: Bool
    /// Whether a body that comes is asked for the images that are on its card and were never saved.
    public var fetchesMissed: Bool
    /// How many bytes are to stay free on the disk; nil for a fiftieth of it, 256 MiB at most. Releases are refused where
    /// less is free; the images of those that were not may take half of it.
    public var reserve: Int64?
    /// How much room there is for a folder; nil where that is not known.
    public var space: @Sendable (_ folder: String) -> DiskSpace?

    /// What is saved, and when.
    public init(
        kinds: Kinds = .all, kindsOfGroup: [String: Kinds] = [:], captureTarget: CaptureTarget? = nil,
        captureTargetOfGroup: [String: CaptureTarget] = [:], deletesFromCard: Bool = false, fetchesTwice: Bool = false,
        fetchesMissed: Bool = false, reserve: Int64? = nil,
        space: @escaping @Sendable (_ folder: String) -> DiskSpace? = { DiskSpace(of: $0) }
    ) {
        self.kinds = kinds
        self.kindsOfGroup = kindsOfGroup
        self.captureTarget = captureTarget
        self.captureTargetOfGroup = captureTargetOfGroup
        self.deletesFromCard = deletesFromCard
        self.fetchesTwice = fetchesTwice
        self.fetchesMissed = fetchesMissed
        self.reserve = reserve
        self.space = space
    }

    /// Which images are saved of a body of these groups: what its first group says that says something.
    public func kinds(in groups: [String]) -> Kinds {
        groups.lazy.compactMap { kindsOfGroup[$0] }.first ?? kinds
    }

    /// Where a body of these groups is to put what it takes: what its first group says that says something. Nothing goes to
    /// the memory alone of which some would not be saved: it would be lost.
    public func captureTarget(in groups: [String]) -> CaptureTarget? {
        let wanted =
            groups.lazy.compactMap { captureTargetOfGroup[$0] }.first ?? captureTarget
            ?? (captureTargetOfGroup.isEmpty ? nil : .card)
        return wanted == .memory && !kinds(in: groups).isEverything ? .card : wanted
    }

    /// How much of a disk is to stay free.
    func reserve(of space: DiskSpace) -> Int64 { reserve ?? min(space.capacity / 50, Self.greatestReserve) }

    /// Whether a file's name is that of a RAW, by the endings of the makers whose bodies libgphoto2 knows.
    static func isRaw(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: ".") else { return false }
        return rawEndings.contains(name[name.index(after: dot)...].lowercased())
    }

    private static let rawEndings: Set<String> = [
        "nef", "nrw", "cr2", "cr3", "crw", "arw", "sr2", "raf", "orf", "ori", "rw2", "pef", "dng", "3fr", "fff", "iiq",
        "raw", "x3f",
    ]

    private static let greatestReserve: Int64 = 256 << 20

    /// Refuses a release where no more than the reserve is free.
    ///
    /// Throws Store_Full.
    func requireRoomForRelease(in folder: String) throws(FleetError) {
        guard let space = space(folder), space.free < reserve(of: space) else { return }
        throw .full(reserve: reserve(of: space))
    }

    /// Refuses an image of that size where it would not leave half of the reserve.
    ///
    /// Throws Store_Full.
    func requireRoom(for size: Int64, in folder: String) throws(FleetError) {
        guard let space = space(folder) else { return }
        let reserve = reserve(of: space)
        let (needed, isEndless) = size.addingReportingOverflow(reserve / 2)
        guard isEndless || space.free < needed else { return }
        throw .full(reserve: reserve)
    }
}

extension SavingPolicy.Kinds {
    /// Whether an image of that name is saved by itself.
    func wants(_ name: String) -> Bool {
        switch self {
        case .all, .rawLast: true
        case .raw: SavingPolicy.isRaw(name)
        case .withoutRaw: !SavingPolicy.isRaw(name)
        case .none: false
        }
    }

    /// Whether every image is saved.
    public var isEverything: Bool { self == .all || self == .rawLast }

    /// Whether it waits for those of the same body that are not RAW.
    func isPostponed(_ name: String) -> Bool { self == .rawLast && SavingPolicy.isRaw(name) }
}
