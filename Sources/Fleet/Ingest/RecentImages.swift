import FleetModel

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

        /// As `ImageSaving.begun`.
        let begun: Int64
        /// As `ImageSaving.isOfCard`.
        let isOfCard: Bool
        fileprivate(set) var course: Course

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
    private var newest: [Key: Known] = [:]
    /// In the order in which they came.
    private var order: [Key] = []

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// The newest of a name: bodies use a name again.
    subscript(key: Key) -> Known? { newest[key] }

    /// One more is being saved.
    mutating func add(_ saving: ImageSaving) {
        let key = Key(saving.path, of: saving.body)
        let known = Known(begun: saving.begun, isOfCard: saving.isOfCard, course: .underWay(saving))
        guard newest.updateValue(known, forKey: key) == nil else { return }
        order.append(key)
        guard order.count > capacity else { return }
        let oldest = max(1, capacity / 10)
        for old in order.prefix(oldest) { newest[old] = nil }
        order.removeFirst(oldest)
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
