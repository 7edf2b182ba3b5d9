import FleetModel
import OrderedCollections

/// The images that are being saved, and what became of those that were, so that a command finds the image that its release
/// brought. Of one that came to its end little is kept: an image is looked up by its number.
///
/// Bounded by `capacity`: then the oldest tenth is forgotten. A value without clocks or tasks.
struct RecentImages {
    /// Where an image was when its body told of it.
    struct Key: Hashable {
        let body: ObjectIdentifier
        let path: ObjectPath

        init(_ path: ObjectPath, of body: CameraBody) {
            self.body = ObjectIdentifier(body)
            self.path = path
        }
    }

    /// What is known of one image.
    struct Known {
        enum Course {
            case underWay(ImageSaving)
            /// At that time, in nanoseconds of CLOCK_MONOTONIC.
            case saved(number: Int64, at: Int64)
            indirect case failed(FleetError)
        }

        fileprivate(set) var course: Course
        /// As `ImageSaving.isOfCard`.
        let isOfCard: Bool
        /// As `ImageSaving.begun`.
        let begun: Int64

        /// Whether it could not be saved.
        var hasFailed: Bool {
            if case .failed = course { true } else { false }
        }

        /// What becomes of it.
        var future: ImageFuture {
            switch course {
            case .underWay(let saving): .toCome(saving.image)
            case .saved(let number, _): .saved(number: number)
            case .failed(let error): .failed(error)
            }
        }

        /// Whether it was not saved yet at that time, and has not failed.
        func wasUnderWay(at time: Int64) -> Bool {
            switch course {
            case .underWay: true
            case .saved(_, let saved): saved >= time
            case .failed: false
            }
        }
    }

    private let capacity: Int
    /// In the order in which their names came first.
    private var newest: OrderedDictionary<Key, Known> = [:]
    /// Those that the images are in, each once: most images share theirs with thousands.
    private var folders: Set<String> = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The newest of a name: bodies use a name again.
    subscript(key: Key) -> Known? { newest[key] }

    /// One more is being saved.
    mutating func add(_ saving: ImageSaving) {
        let folder = folders.insert(saving.path.folder).memberAfterInsert
        let key = Key(ObjectPath(folder: folder, name: saving.path.name), of: saving.body)
        newest[key] = Known(course: .underWay(saving), isOfCard: saving.isOfCard, begun: saving.begun)
        guard newest.count > capacity else { return }
        newest.removeFirst(max(1, capacity / 10))
        folders = Set(newest.keys.map(\.path.folder))
    }

    /// It came to its end: has that number, or was not saved.
    mutating func settle(_ saving: ImageSaving, _ result: Result<Int64, FleetError>, at time: Int64) {
        let key = Key(saving.path, of: saving.body)
        guard case .underWay(let newest) = newest[key]?.course, newest === saving else { return }
        switch result {
        case .success(let number): self.newest[key]?.course = .saved(number: number, at: time)
        case .failure(let error): self.newest[key]?.course = .failed(error)
        }
    }
}
