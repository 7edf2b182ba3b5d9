import Archive
import Foundation
import NIOConcurrencyHelpers

/// A disk whose power goes before one of its calls: what was not synchronised by then may be lost.
///
/// It works on real files. It remembers which content and which names are on the disk for good; when the power has gone,
/// `settle` makes of the files what a computer may find when it starts again.
final class PowerCutDisk: FileOperations {
    /// What becomes of what was not synchronised.
    enum Loss: CaseIterable {
        /// All of it is there all the same.
        case nothing
        /// Names and contents are as they were when they were synchronised last.
        case everything
        /// Names are there, contents are empty: a rename without its data.
        case contents
    }

    /// Thrown in place of a call, and of every call after it.
    static let noPower = FileFailure(code: EIO, path: "no power")

    private struct State {
        var calls = 0
        var safeContents: Set<UInt64> = []
        /// Files that were made and whose names are not on the disk yet.
        var created: [String] = []
        /// Renames that are not on the disk yet, newest last, and what had the name before.
        var moves: [(from: String, to: String, former: Data?)] = []
        var made: [String] = []
    }

    private let cut: Int
    private let disk = DiskOperations()
    private let state = NIOLockedValueBox(State())

    /// The power goes before that call, counted from 0; never where it is nil. What is in the folder is on the disk.
    init(cutBefore call: Int?, in folder: TemporaryFolder) {
        cut = call ?? .max
        let present = FileManager.default.enumerator(atPath: folder.path)?.compactMap { inode("\(folder.path)/\($0)") }
        state.withLockedValue { $0.safeContents = Set(present ?? []) }
    }

    /// A disk on which a killed process has left what `other` knows, in a copy of its folder: it was not lost, and is not on
    /// the disk yet.
    init(cutBefore call: Int?, in folder: TemporaryFolder, after other: PowerCutDisk, in former: TemporaryFolder) {
        cut = call ?? .max
        let left = other.state.withLockedValue { $0 }
        func moved(_ path: String) -> String { path.replacingOccurrences(of: former.path, with: folder.path) }
        state.withLockedValue { state in
            state.created = left.created.map(moved)
            state.moves = left.moves.map { (moved($0.from), moved($0.to), $0.former) }
            state.made = left.made.map(moved)
            for path in FileManager.default.enumerator(atPath: former.path)?.compactMap({ $0 as? String }) ?? [] {
                guard let old = inode("\(former.path)/\(path)"), left.safeContents.contains(old) else { continue }
                if let new = inode("\(folder.path)/\(path)") { state.safeContents.insert(new) }
            }
        }
    }

    /// Somebody has made a file and written to it.
    func note(created path: String) { state.withLockedValue { $0.created.append(path) } }

    /// Somebody has made a folder.
    func note(made path: String) { state.withLockedValue { $0.made.append(path) } }

    /// How many calls were made.
    var calls: Int { state.withLockedValue { $0.calls } }

    private func step() throws(FileFailure) {
        let call = state.withLockedValue { state in
            defer { state.calls += 1 }
            return state.calls
        }
        guard call < cut else { throw Self.noPower }
    }

    private func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    func synchronize(file path: String) throws(FileFailure) {
        try step()
        try disk.synchronize(file: path)
        if let inode = inode(path) { state.withLockedValue { _ = $0.safeContents.insert(inode) } }
    }

    func synchronize(folder path: String) throws(FileFailure) {
        try step()
        try disk.synchronize(folder: path)
        state.withLockedValue { state in
            state.created.removeAll { ($0 as NSString).deletingLastPathComponent == path }
            state.moves.removeAll { ($0.to as NSString).deletingLastPathComponent == path }
            state.made.removeAll { ($0 as NSString).deletingLastPathComponent == path }
        }
    }

    func make(folder path: String) throws(FileFailure) {
        try step()
        try disk.make(folder: path)
        state.withLockedValue { $0.made.append(path) }
    }

    func move(_ path: String, to other: String) throws(FileFailure) {
        try step()
        try disk.move(path, to: other)
        state.withLockedValue { $0.moves.append((path, other, nil)) }
    }

    func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
        try step()
        let isNew = inode(path) == nil
        try disk.write(bytes, to: path)
        state.withLockedValue { state in
            if isNew { state.created.append(path) }
            if let inode = inode(path) { state.safeContents.remove(inode) }
        }
    }

    func replace(_ path: String, with other: String) throws(FileFailure) {
        try step()
        let former = FileManager.default.contents(atPath: path)
        try disk.replace(path, with: other)
        state.withLockedValue { $0.moves.append((other, path, former)) }
    }

    func copy(_ path: String, to other: String) throws(FileFailure) -> FileDigest {
        try step()
        let digest = try disk.copy(path, to: other)
        note(created: other)
        return digest
    }

    func remove(_ path: String) throws(FileFailure) {
        try step()
        try disk.remove(path)
    }

    func digest(of path: String) throws(FileFailure) -> FileDigest {
        try step()
        return try disk.digest(of: path)
    }

    func names(in folder: String) throws(FileFailure) -> [String] {
        try step()
        return try disk.names(in: folder)
    }

    /// Makes of the folder what may be found after the power has gone.
    func settle(_ folder: String, losing loss: Loss) {
        guard loss != .nothing else { return }
        let state = self.state.withLockedValue { $0 }
        let files = FileManager.default
        for path in files.enumerator(atPath: folder)?.compactMap({ "\(folder)/\($0)" }) ?? [] {
            guard !path.contains("fleet.sqlite"), let inode = inode(path), !state.safeContents.contains(inode),
                files.attributes(path)?[.type] as? FileAttributeType == .typeRegular
            else { continue }
            truncate(path, 0)
        }
        guard loss == .everything else { return }
        for (from, to, former) in state.moves.reversed() {
            rename(to, from)
            if let former { try? former.write(to: URL(fileURLWithPath: to)) }
        }
        for path in state.created { unlink(path) }
        for path in state.made.reversed() { try? files.removeItem(atPath: path) }
    }
}

extension FileManager {
    fileprivate func attributes(_ path: String) -> [FileAttributeKey: Any]? {
        try? attributesOfItem(atPath: path)
    }
}
