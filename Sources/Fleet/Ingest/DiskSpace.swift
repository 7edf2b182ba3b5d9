import FleetModel
import Glibc

/// How much room there is on the disk of a folder, in bytes.
public struct DiskSpace: Sendable, Hashable {
    /// What this user may still write.
    public var free: Int64
    /// What the whole disk holds.
    public var capacity: Int64

    /// So many bytes.
    public init(free: Int64, capacity: Int64) {
        self.free = free
        self.capacity = capacity
    }

    /// The room where a folder is (statvfs(3)); nil where the system does not say.
    public init?(of folder: String) {
        var disk = statvfs()
        guard statvfs(folder, &disk) == 0 else { return nil }
        let block = Int64(clamping: disk.f_frsize)
        let free = Int64(clamping: disk.f_bavail).multipliedReportingOverflow(by: block)
        let capacity = Int64(clamping: disk.f_blocks).multipliedReportingOverflow(by: block)
        guard !free.overflow, !capacity.overflow else { return nil }
        self.init(free: free.partialValue, capacity: capacity.partialValue)
    }
}

/// When it is said that a disk is about to be full: once when less than twice the reserve is free, and again only after there
/// was a tenth more than that. A value: it is told how much is free, and says whether to warn.
public struct DiskWarning: Sendable {
    private var isGiven = false

    /// Nothing was said yet.
    public init() {}

    /// So much is free, of which the reserve is to stay so; true where that is to be said.
    public mutating func isDue(free: Int64, reserve: Int64) -> Bool {
        let (limit, isEndless) = reserve.multipliedReportingOverflow(by: 2)
        if isEndless || free < limit {
            defer { isGiven = true }
            return !isGiven
        }
        if free - limit >= limit / 10 { isGiven = false }
        return false
    }
}

extension FleetError {
    /// The disk has no more room than what is to stay free.
    static func full(reserve: Int64) -> FleetError {
        FleetError(
            .storeFull, "The server's disk is full: make room in its data folder, of which \(reserve) bytes stay free.")
    }
}
