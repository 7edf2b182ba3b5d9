import Archive
import Dispatch
import NIOConcurrencyHelpers

/// A disk that does all that it is not written for otherwise.
protocol ForwardingDisk: FileOperations {}

extension ForwardingDisk {
    private var disk: DiskOperations { DiskOperations() }

    func synchronize(file path: String) throws(FileFailure) { try disk.synchronize(file: path) }
    func synchronize(folder path: String) throws(FileFailure) { try disk.synchronize(folder: path) }
    func make(folder path: String) throws(FileFailure) { try disk.make(folder: path) }
    func move(_ path: String, to other: String) throws(FileFailure) { try disk.move(path, to: other) }
    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest { try disk.copy(path, to: other) }
    func write(_ bytes: [UInt8], to path: String) throws(FileFailure) { try disk.write(bytes, to: path) }
    func replace(_ path: String, with other: String) throws(FileFailure) { try disk.replace(path, with: other) }
    func remove(_ path: String) throws(FileFailure) { try disk.remove(path) }
    func digest(of path: String) throws(FileFailure) -> FileDigest { try disk.digest(of: path) }
    func names(in folder: String) throws(FileFailure) -> [String] { try disk.names(in: folder) }
}

/// A disk that puts the first file in another's place only when a test lets it.
final class HesitantDisk: ForwardingDisk {
    private enum Moment {
        case notYet, isThere
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let moment = NIOLockedValueBox(Moment.notYet)
    private let permission = DispatchSemaphore(value: 0)

    /// Returns when a file is about to be put in another's place.
    func hesitates() async {
        await withCheckedContinuation { continuation in
            let isThere = moment.withLockedValue { moment in
                if case .isThere = moment { return true }
                moment = .awaited(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func goOn() { permission.signal() }

    func replace(_ path: String, with other: String) throws(FileFailure) {
        let (isFirst, waiter) = moment.withLockedValue { moment -> (Bool, CheckedContinuation<Void, Never>?) in
            defer { moment = .isThere }
            switch moment {
            case .notYet: return (true, nil)
            case .awaited(let waiter): return (true, waiter)
            case .isThere: return (false, nil)
            }
        }
        waiter?.resume()
        if isFirst { permission.wait() }
        try DiskOperations().replace(path, with: other)
    }
}
