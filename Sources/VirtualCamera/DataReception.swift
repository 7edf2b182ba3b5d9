import NIOCore

/// The data that an operation brings along, as it comes in: held, or put into the card's file if it is a large object, or
/// only counted.
struct DataReception: Sendable {
    private enum Place: Sendable {
        case memory
        case card(CardRegion)
        case nowhere
    }

    private let place: Place
    /// Data beyond it is dropped; the operation then has none.
    private let limit: Int
    private var held = ByteBuffer()
    private var received = 0
    private var isLost = false

    private init(_ place: Place, limit: Int) {
        self.place = place
        self.limit = limit
    }

    static func held(atMost limit: Int) -> DataReception { DataReception(.memory, limit: limit) }

    static func written(to region: CardRegion) -> DataReception { DataReception(.card(region), limit: region.count) }

    static func counted(atMost limit: Int) -> DataReception { DataReception(.nowhere, limit: limit) }

    mutating func take(_ bytes: ByteBuffer) {
        guard !isLost else { return }
        let position = received
        received += bytes.readableBytes
        if received > limit {
            isLost = true
        } else if case .card(let region) = place {
            isLost = !region.write(bytes, at: position)
        } else if case .memory = place {
            held.writeImmutableBuffer(bytes)
        }
        if isLost { held = ByteBuffer() }
    }

    /// The data of an operation that can use no more than memory holds; nil if there was too much.
    var data: ByteBuffer? { isLost ? nil : held }

    /// The data as the content of an object; nil if there was too much or too little, or the disk was full. What was only
    /// counted is filler when it is read.
    var object: ObjectContent? {
        guard !isLost else { return nil }
        switch place {
        case .memory: return ObjectContent(held)
        case .nowhere: return ObjectContent(head: ByteBuffer(), count: received, phase: 0)
        case .card(let region): return received == region.count ? ObjectContent(region) : nil
        }
    }
}

extension BodyState {
    /// Objects that are sent are held in memory up to this size.
    private static let heldObject = 256 * 1024

    /// Where the data goes that an operation brings along now.
    mutating func reception(of operation: OperationCode) -> DataReception {
        guard operation == .sendObject else { return .held(atMost: 64 * 1024) }
        guard let size = announced?.size else { return .held(atMost: 0) }
        guard description.keepsUploads else { return .counted(atMost: size) }
        guard size > Self.heldObject, let file = store.openFile() else {
            return .held(atMost: min(size, Self.heldObject))
        }
        return .written(to: file.reserve(size))
    }
}
