import FleetModel
import GPhoto2

/// The objects that were listed, captured or put on the body, so that one that goes can be named: drivers tell of a
/// deletion without a name.
///
/// Bounded: a folder with which more than `mostNames` would be remembered is not, and what goes from it is not named.
final class KnownObjects {
    private static let mostNames = 100_000

    private static let mostUploads = 64

    private var folders: [String: Set<String>] = [:]
    /// What was put on the body last: at most `mostUploads`, beyond which the oldest is forgotten.
    private var uploads: [ObjectPath] = []
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
        uploads.append(object)
    }

    /// Whether what the body tells of an object is about what a client put there; it is once.
    func takeUpload(_ object: ObjectPath) -> Bool {
        guard let index = uploads.firstIndex(of: object) else { return false }
        uploads.remove(at: index)
        return true
    }

    /// An object was deleted, which was told.
    func remove(_ object: ObjectPath) {
        folders[object.folder]?.remove(object.name)
    }

    /// A card came or went.
    func forget() {
        folders = [:]
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
        return gone
    }
}
