import FleetModel

/// When a release has brought all that it brings: a value that is told of events and of time, in nanoseconds.
struct CaptureProgress {
    /// How long after the last image a body is waited for that never says that it is done, or whose second image of a pair
    /// does not come.
    static let silentTime: Int64 = 500_000_000
    /// The same for a second image that is expected: a RAW takes its time.
    static let pairTime: Int64 = 3_000_000_000

    private let expected: Int
    /// Whether the body had nothing more to tell after what it told last.
    private var isQuiet = false
    private(set) var images: [CapturedImage] = []
    private(set) var isComplete = false
    private var lastChange: Int64

    /// A release at `time` that should bring so many images.
    init(expecting expected: Int, at time: Int64) {
        self.expected = expected
        lastChange = time
    }

    /// How many images a release brings with that quality, in the driver's words: `NEF+Basic` and `RAW + L` bring two.
    static func images(of quality: String) -> Int {
        let words = quality.lowercased()
        return words.contains("+") && (words.contains("raw") || words.contains("nef")) ? 2 : 1
    }

    /// An image came.
    mutating func add(_ image: CapturedImage, at time: Int64) {
        images.append(image)
        lastChange = time
        isQuiet = false
    }

    /// The body says that it is done.
    mutating func complete(at time: Int64) {
        isComplete = true
        lastChange = time
        isQuiet = false
    }

    /// The body was asked for more, and has nothing to tell now.
    mutating func pause() { isQuiet = true }

    /// Whether no more is to be waited for. A body tells of its images before it says that it is done (ISO 15740,
    /// CaptureComplete), so what it has told by the next pause is all.
    func isDone(at time: Int64) -> Bool {
        guard !images.isEmpty else { return false }
        let silence = time - lastChange
        if images.count < expected { return silence >= Self.pairTime }
        return isComplete ? isQuiet : silence >= Self.silentTime
    }
}
