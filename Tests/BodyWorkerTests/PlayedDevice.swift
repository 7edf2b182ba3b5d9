import FleetTesting

/// What a body does wrong.
enum PlayedFault: Sendable {
    /// Says nothing.
    case silence
    /// Closes its connections; with `isGone` nobody listens at its address any more.
    case close(isGone: Bool)
    /// Answers with a response code of PTP so many times, and then as it should.
    case refusal(UInt16, times: Int)
}

/// What a body does when it is released.
enum PlayedStep: Sendable, Equatable {
    /// An image is there, and an ObjectAdded says so.
    case image(String)
    /// CaptureComplete.
    case complete
}

/// A body that nobody built: a generic PTP responder with a card, as far as these tests go, that notes what it is asked.
struct PlayedDevice: Sendable {
    static let card: UInt32 = 0x0001_0001
    static let picture = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    static let thumbnail: [UInt8] = [0xFF, 0xD8] + [UInt8](repeating: 7, count: 300) + [0xFF, 0xD9]

    var operations: [UInt16] = [
        0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0x1009, 0x100A, 0x100E, 0x1014, 0x1015, 0x1016,
        0x101B,
    ]
    var properties: [UInt16: PlayedProperty] = [
        0x5001: .number(2, UInt8(87), from: 0, to: 100, step: 1, isWritable: false),
        0x5004: .number(2, UInt8(2), among: [1, 2, 3]),
        0x500F: .number(4, UInt16(200), among: [100, 200, 400]),
        0x5011: .text("20260102T030405"),
        0x5012: .number(6, UInt32(1000), from: 0, to: 10_000, step: 500),
        0x501F: .text("nobody"),
    ]
    var storages = [Self.card]
    var objects: [UInt32: PlayedObject] = [
        1: PlayedObject(parent: 0, format: 0x3001, name: "DCIM"),
        2: PlayedObject(parent: 1, format: 0x3001, name: "100PLAYD"),
        3: PlayedObject(
            parent: 2, format: 0x3801, name: "IMG_0001.JPG", bytes: Self.picture, thumbnail: Self.thumbnail),
        4: PlayedObject(parent: 2, format: 0x3801, name: "IMG_0002.JPG", bytes: Array("second".utf8)),
        5: PlayedObject(parent: 1, format: 0x3001, name: "101PLAYD"),
        6: PlayedObject(parent: 5, format: 0x3801, name: "IMG_0003.JPG", bytes: Array("third".utf8)),
    ]
    var release: [PlayedStep] = [.image("IMG_1000.JPG"), .complete]
    var faults: [UInt16: PlayedFault] = [:]
    /// The operations that were asked for, in order.
    var asked: [UInt16] = []

    struct Answer {
        var code: UInt16 = 0x2001
        var parameters: [UInt32] = []
        var data: [UInt8]?
        var events: [[UInt8]] = []
    }

    mutating func answer(_ operation: UInt16, _ parameters: [UInt32], _ data: [UInt8]) -> Answer {
        func parameter(_ index: Int) -> UInt32 { parameters.indices.contains(index) ? parameters[index] : 0 }
        switch operation {
        case 0x1001: return Answer(data: information)
        case 0x1002, 0x1003: return Answer()
        case 0x1004: return Answer(data: Ptp.array(storages))
        case 0x1005: return storages.contains(parameter(0)) ? Answer(data: storage) : Answer(code: 0x2008)
        case 0x1006: return Answer(parameters: [UInt32(handles(parameter(2)).count)])
        case 0x1007: return Answer(data: Ptp.array(handles(parameter(2))))
        case 0x100E: return Answer(events: happen(release))
        case 0x1014:
            guard let property = properties[UInt16(parameter(0))] else { return Answer(code: 0x200A) }
            return Answer(data: property.description(UInt16(parameter(0))))
        case 0x1015:
            guard let property = properties[UInt16(parameter(0))] else { return Answer(code: 0x200A) }
            return Answer(data: property.value)
        case 0x1016:
            guard properties[UInt16(parameter(0))]?.isWritable == true else { return Answer(code: 0x200F) }
            properties[UInt16(parameter(0))]?.value = data
            return Answer()
        case 0x1008, 0x1009, 0x100A, 0x101B:
            guard let object = objects[parameter(0)] else { return Answer(code: 0x2009) }
            switch operation {
            case 0x1008: return Answer(data: object.information)
            case 0x1009: return Answer(data: object.bytes)
            case 0x100A: return object.thumbnail.isEmpty ? Answer(code: 0x2010) : Answer(data: object.thumbnail)
            default:
                let piece = Array(object.bytes.dropFirst(Int(parameter(1))).prefix(Int(parameter(2))))
                return Answer(parameters: [UInt32(piece.count)], data: piece)
            }
        default: return Answer(code: 0x2005)
        }
    }

    /// Lets things happen, and gives the events that tell of them.
    mutating func happen(_ steps: [PlayedStep]) -> [[UInt8]] {
        steps.map { step in
            switch step {
            case .complete: return Ptp.event(0x400D, 0)
            case .image(let name):
                let handle = (objects.keys.max() ?? 0) + 1
                objects[handle] = PlayedObject(parent: 2, format: 0x3801, name: name, bytes: Array(name.utf8))
                return Ptp.event(0x4002, handle)
            }
        }
    }

    private func handles(_ parent: UInt32) -> [UInt32] {
        objects.filter { parent == 0 || $0.value.parent == (parent == .max ? 0 : parent) }.keys.sorted()
    }

    private var information: [UInt8] {
        .little(UInt16(100)) + .little(UInt32(0)) + .little(UInt16(0)) + Ptp.string("") + .little(UInt16(0))
            + Ptp.array(operations) + Ptp.array([0x4002, 0x400D] as [UInt16]) + Ptp.array(properties.keys.sorted())
            + Ptp.array([0x3801] as [UInt16]) + Ptp.array([0x3801, 0x3001] as [UInt16]) + Ptp.string("Hand & Co.")
            + Ptp.string("Played Body") + Ptp.string("1.0") + Ptp.string("0042")
    }

    private var storage: [UInt8] {
        .little(UInt16(4)) + .little(UInt16(3)) + .little(UInt16(0)) + .little(UInt64(8_000_000_000))
            + .little(UInt64(4_000_000_000)) + .little(UInt32(1000)) + Ptp.string("") + Ptp.string("CARD")
    }
}
