import FleetModel
import GPhoto2

/// The objects that were listed, captured or put on the body, so that one that goes can be named: drivers tell of a
/// deletion without a name.
///
/// Bounded: a folder with which more than `mostNames` would be remembered is not, and what goes from it is not named.
final class KnownObjects {
    private static let mostNames = 100_000

    private static let mostUploads = 64
    /// How long a body may take to tell of what was put on it, in nanoseconds; most do not tell of it at all, and what they
    /// tell of later is another object of that name.
    private static let timeToTell: Int64 = 60_000_000_000

    private var folders: [String: Set<String>] = [:]
    /// What was put on the body last, and until when it may tell of that: at most `mostUploads`, beyond which the oldest is
    /// forgotten.
    private var uploads: [(object: ObjectPath, end: Int64)] = []
    private var count: Int { folders.values.reduce(0) { $0 + $1.count } }

    /// A folder was listed.
    func learn(_ folder: String, _ names: [String]) {
        folders[folder] = nil
        guard count + names.count <= Self.mostNames else { return }
        folders[folder] = Set(names)
    }

    /// An object came.
    func add(_ object: ObjectPath) {
        guard count < Self.mostNames else { return }
        folders[object.folder, default: []].insert(object.name)
    }

    /// A client put an object on the body, which was told.
    func addUpload(_ object: ObjectPath) {
        add(object)
        if uploads.count == Self.mostUploads { uploads.removeFirst() }
        uploads.append((object, MonotonicClock.now() + Self.timeToTell))
    }

    /// Whether what the body tells of an object is about what a client put there; it is once.
    func takeUpload(_ object: ObjectPath) -> Bool {
        guard let index = uploads.firstIndex(where: { $0.object == object }) else { return false }
        return uploads.remove(at: index).end >= MonotonicClock.now()
    }

    /// An object was deleted, which was told.
    func remove(_ object: ObjectPath) {
        folders[object.folder]?.remove(object.name)
        uploads.removeAll { $0.object == object }
    }

    /// A card came or went.
    func forget() {
        folders = [:]
        uploads = []
    }

    /// Lists the folders that are known again, and gives what is not there any more. One of which the body does not tell stays
    /// as it was.
    ///
    /// Throws where the body was busy, or did not answer.
    func missing(from body: OpenBody) throws(Doubt) -> [ObjectPath] {
        var gone: [ObjectPath] = []
        // What is in the body's memory is under `/`, and no card's.
        for (folder, names) in folders where folder != "/" {
            let present: [String]
            do throws(Doubt) {
                present = try body.card.ask(.object(folder), mends: false) { () throws(GPhotoError) in
                    try body.camera.files(in: folder)
                }
            } catch {
                if error.isBusy || error.isOfTheLink { throw error }
                guard error.failure.code == .directoryNotFound, error.refusal != DriverFailure.generalError else {
                    continue
                }
                // A body that is gone has nothing either.
                try Doubt.or(.other) { () throws(GPhotoError) in try LifeSign.ask(of: body.camera) }
                present = []
            }
            folders[folder] = names.intersection(present)
            gone += names.subtracting(present).sorted().map { ObjectPath(folder: folder, name: $0) }
        }
        uploads.removeAll { gone.contains($0.object) }
        return gone
    }
}
