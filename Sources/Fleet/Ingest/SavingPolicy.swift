import FleetModel
import Glibc

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
    /// Whether an image is deleted from its card once it is saved and read back, in two copies where there are to be two.
    public var deletesFromCard: Bool
    /// Whether an image is fetched from its body a second time and compared, before it counts as saved.
    public var fetchesTwice: Bool
    /// Whether a body that comes is asked for the images that are on its card and were never saved.
    public var fetchesMissed: Bool
    /// How many bytes are to stay free on the disk; nil for a fiftieth of it, 256 MiB at most.
    public var reserve: Int64?

    /// What is saved, and when.
    public init(
        kinds: Kinds = .all, deletesFromCard: Bool = false, fetchesTwice: Bool = false, fetchesMissed: Bool = false,
        reserve: Int64? = nil
    ) {
        self.kinds = kinds
        self.deletesFromCard = deletesFromCard
        self.fetchesTwice = fetchesTwice
        self.fetchesMissed = fetchesMissed
        self.reserve = reserve
    }

    /// Whether an image of that name is saved by itself.
    func wants(_ name: String) -> Bool {
        switch kinds {
        case .all, .rawLast: true
        case .raw: Self.isRaw(name)
        case .withoutRaw: !Self.isRaw(name)
        case .none: false
        }
    }

    /// Whether it waits for those of the same body that are not RAW.
    func isPostponed(_ name: String) -> Bool { kinds == .rawLast && Self.isRaw(name) }

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

    /// Refuses an image of that size where it would not leave the reserve.
    ///
    /// Throws Store_Full.
    func requireRoom(for size: Int64, in folder: String) throws(FleetError) {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return }
        let block = Int64(clamping: disk.f_frsize)
        let free = Int64(clamping: disk.f_bavail).multipliedReportingOverflow(by: block)
        let whole = Int64(clamping: disk.f_blocks).multipliedReportingOverflow(by: block)
        guard !free.overflow, !whole.overflow else { return }
        let reserve = self.reserve ?? min(whole.partialValue / 50, Self.greatestReserve)
        let (needed, isEndless) = size.addingReportingOverflow(reserve)
        guard isEndless || free.partialValue < needed else { return }
        throw FleetError(
            .storeFull, "The server's disk is full: make room in its data folder, of which \(reserve) bytes stay free.")
    }
}
