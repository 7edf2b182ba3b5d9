import FleetModel
import PacketClient
import PacketProtocol

/// Which bodies were pressed, in which order, and which are still to be.
struct Numbering: Sendable {
    private let group: String?
    private let start: Int
    private var names: [BodyID: String]
    /// The image of each body that it was numbered by, without its suffix: RAW and JPEG of one press share it.
    private var stems: [BodyID: String] = [:]
    /// In the order of their numbers.
    private(set) var pressed: [BodyID] = []
    /// The bodies that are ready and were not pressed.
    private(set) var waiting: Set<BodyID>

    /// A numbering of the bodies that are ready, of a group or of all.
    init(cameras: [CameraInfo], group: String?, start: Int) {
        self.group = group
        self.start = start
        names = Dictionary(cameras.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        waiting = []
        for camera in cameras { note(camera) }
    }

    /// Whether every ready body was pressed.
    var isComplete: Bool { waiting.isEmpty }

    /// What to do next.
    var prompt: String { "Press the shutter of camera \(start + pressed.count) …" }

    /// Takes an event; returns what is to be said.
    mutating func note(_ event: ServerEvent) -> [String] {
        switch event.event {
        case .objectAdded:
            guard let added = event.read(ObjectAdded.self) else { return [] }
            return note(added)
        case .cameraState, .cameraAttached, .cameraDetached:
            guard let camera = event.read(CameraInfo.self) else { return [] }
            let before = waiting
            note(camera)
            guard waiting != before else { return [] }
            return [
                waiting.count > before.count
                    ? "\(camera.name) is ready: it is to be pressed as well."
                    : "\(camera.name) is gone: it is not waited for."
            ]
        case .eventsLost: return ["Events were lost. If a camera that you pressed is not named, press it again."]
        default: return []
        }
    }

    private mutating func note(_ added: ObjectAdded) -> [String] {
        let name = names[added.camera] ?? added.camera.rawValue
        let stem = String(added.name.prefix(upTo: added.name.lastIndex(of: ".") ?? added.name.endIndex))
        if let index = pressed.firstIndex(of: added.camera) {
            guard stems[added.camera] != stem else { return [] }
            return ["\(name) has number \(start + index) already."]
        }
        guard waiting.remove(added.camera) != nil else { return ["\(name) is not among those that are numbered."] }
        stems[added.camera] = stem
        pressed.append(added.camera)
        let line = "\(start + pressed.count - 1)  \(name)  \(added.camera)"
        return isComplete ? [line] : [line, prompt]
    }

    /// A body that comes is to be pressed as well; one that goes is not waited for.
    private mutating func note(_ camera: CameraInfo) {
        names[camera.id] = camera.name
        guard !pressed.contains(camera.id) else { return }
        guard group.map(camera.groups.contains) ?? true else {
            waiting.remove(camera.id)
            return
        }
        switch camera.state {
        case .ready: waiting.insert(camera.id)
        case .connecting, .unplugged, .fault: waiting.remove(camera.id)
        case .busy: break
        }
    }

    /// The new number of each body that was pressed, and of each other one that has to move: those keep their order,
    /// and move up behind the others.
    func numbers(among cameras: [CameraInfo]) -> [BodyID: Int] {
        var numbers: [BodyID: Int] = [:]
        for (index, id) in pressed.enumerated() { numbers[id] = start + index }
        let taken = start..<start + pressed.count
        var last = 0
        for camera in cameras.sorted(by: { $0.cameraNumber < $1.cameraNumber }) where numbers[camera.id] == nil {
            var number = max(camera.cameraNumber, last + 1)
            if taken.contains(number) { number = taken.upperBound }
            if number != camera.cameraNumber { numbers[camera.id] = number }
            last = number
        }
        return numbers
    }
}
