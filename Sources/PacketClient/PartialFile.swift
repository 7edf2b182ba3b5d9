import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A file that is being written under a name that begins with a dot. One task writes it; it is closed once, by
/// `finish`, `discard` or the end of the object.
final class PartialFile: Sendable {
    private struct State: Sendable {
        var descriptor: CInt
        var size: Int64 = 0
    }

    private static let count = NIOLockedValueBox(0)

    /// The name that it gets once it is whole, unless that is taken.
    let name: String
    private let directory: String
    private let isExact: Bool
    private let temporary: String
    private let state: NIOLockedValueBox<State>

    /// Makes the file, and its directory where it is not there. An exact one gets this name or none; another one gets a name
    /// that files here can have, with a number where it is taken.
    init(named name: String, in folder: String, isExact: Bool = false) throws(FleetClientError) {
        var directory = folder.isEmpty ? "." : folder
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw .file("The folder \(directory) cannot be made.")
        }
        let number = Self.count.withLockedValue { count in
            count += 1
            return count
        }
        self.name = isExact ? name : Self.safe(name)
        self.isExact = isExact
        self.directory = directory
        temporary = directory + "/.camera-fleet-\(getpid())-\(number).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw Self.failure("written to", directory) }
        state = NIOLockedValueBox(State(descriptor: descriptor))
    }

    deinit {
        discard()
    }

    /// How many bytes are written.
    var size: Int64 { state.withLockedValue { $0.size } }

    /// Adds bytes, on a thread that may wait for the disk.
    func append(_ piece: ByteBuffer) async throws(FleetClientError) {
        try await onDisk { [state, directory] in
            try state.withLockedValue { state in
                var rest = piece
                while rest.readableBytes > 0 {
                    let written = rest.withUnsafeReadableBytes { write(state.descriptor, $0.baseAddress, $0.count) }
                    guard written >= 0 || errno == EINTR else { throw Self.failure("written to", directory) }
                    guard written > 0 else { continue }
                    rest.moveReaderIndex(forwardBy: written)
                }
                state.size += Int64(piece.readableBytes)
            }
        }
    }

    /// Gives the file its name, once its bytes, which have this SHA-256, are on the disk.
    func finish(sha256: String) async throws(FleetClientError) -> SavedFile {
        let path = try await onDisk { [self] in
            try state.withLockedValue { state in
                guard fsync(state.descriptor) == 0 || errno == EINVAL else {
                    throw Self.failure("written to", directory)
                }
            }
            return try claimName()
        }
        return SavedFile(path: path, size: size, sha256: sha256)
    }

    /// Closes and removes what is there under the temporary name.
    func discard() {
        state.withLockedValue { state in
            guard state.descriptor >= 0 else { return }
            close(state.descriptor)
            state.descriptor = -1
            unlink(temporary)
        }
    }

    private func claimName() throws -> String {
        for number in 0..<(isExact ? 1 : 100_000) {
            let target = (directory == "." ? "" : directory + "/") + Self.numbered(name, number)
            if link(temporary, target) == 0 {
                discard()
                if isExact { try keepName() }
                return target
            }
            if errno == EEXIST { continue }
            // A file system without hard links: an empty file holds the name until it is replaced.
            let reserved = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard reserved >= 0 else {
                if errno == EEXIST { continue }
                throw Self.failure("written to", directory)
            }
            close(reserved)
            guard rename(temporary, target) == 0 else {
                let failure = Self.failure("written to", directory)
                unlink(target)
                throw failure
            }
            discard()
            if isExact { try keepName() }
            return target
        }
        guard !isExact else { throw FleetClientError.file("\(directory)/\(name) is there already.") }
        throw FleetClientError.file("There are too many files named like \(name) in \(directory).")
    }

    /// Has the name on the disk, too.
    private func keepName() throws {
        let folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw Self.failure("written to", directory) }
        defer { close(folder) }
        guard fsync(folder) == 0 || errno == EINVAL else { throw Self.failure("written to", directory) }
    }

    private func onDisk<Value: Sendable>(
        _ work: @escaping @Sendable () throws -> Value
    ) async throws(FleetClientError) -> Value {
        do {
            return try await NIOThreadPool.singleton.runIfActive(work)
        } catch let error as FleetClientError {
            throw error
        } catch {
            throw .cancelled
        }
    }

    private static func failure(_ what: String, _ path: String) -> FleetClientError {
        .file("\(path) cannot be \(what): \(String(cString: strerror(errno))).")
    }

    /// A name without what would lead out of the directory or hide the file.
    static func safe(_ name: String) -> String {
        var safe = String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { $0 == "/" || $0.value < 32 || $0.value == 127 ? "_" : $0 }))
        if safe.isEmpty || safe.hasPrefix(".") { safe = "_" + safe }
        while safe.utf8.count > 200 { safe.removeFirst() }
        return safe
    }

    /// `DSC_0001-2.JPG` for number 2; the name itself for 0.
    static func numbered(_ name: String, _ number: Int) -> String {
        guard number > 0 else { return name }
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "\(name)-\(number)" }
        return "\(name[..<dot])-\(number)\(name[dot...])"
    }
}
