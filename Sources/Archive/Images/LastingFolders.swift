import CFiles
import NIOConcurrencyHelpers

/// Makes folders whose names stay whatever happens to the machine, and remembers which do: a folder is synchronised in the one
/// above once, not for each image in it.
///
/// Bounded: beyond `mostKnown` all are forgotten, and synchronised once more.
final class LastingFolders: Sendable {
    /// A folder as it was made: another one of the same name, whoever made it, is another.
    private struct Folder: Hashable {
        let path: String
        let inode: UInt64
        let born: Int64

        /// Nil where the file system does not tell them apart.
        init?(_ path: String) {
            var (inode, born) = (UInt64(0), Int64(0))
            guard folder_birth(path, &inode, &born) == 0 else { return nil }
            self.path = path
            self.inode = inode
            self.born = born
        }
    }

    private let known = NIOLockedValueBox<Set<Folder>>([])
    private static let mostKnown = 1_000

    /// Makes a folder and those above it, below the root; each new name is on the disk before anything is put there.
    func make(_ folder: String, under root: String, _ files: any FileOperations) throws(FileFailure) {
        var made = root
        for part in folder.dropFirst(root.count).split(separator: "/") {
            let parent = made
            made += "/\(part)"
            do throws(FileFailure) {
                try files.make(folder: made)
            } catch {
                guard error.isTaken else { throw error }
                // It may have been made a moment ago, by whoever, and its name be nowhere but in memory.
                if let folder = Folder(made), known.withLockedValue({ $0.contains(folder) }) { continue }
            }
            let folder = Folder(made)
            try files.synchronize(folder: parent)
            guard let folder else { continue }
            known.withLockedValue { known in
                if known.count >= Self.mostKnown { known = [] }
                known.insert(folder)
            }
        }
    }
}
