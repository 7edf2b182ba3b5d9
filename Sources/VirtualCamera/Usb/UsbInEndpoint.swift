import NIOCore

/// An endpoint through which data goes to the host: what the host has asked for, and what there is for it.
///
/// What is sent goes out in phases; the end of each shows in a packet that is short, or empty where the phase fills its last
/// packet (USB 2.0, section 5.8.3).
struct UsbInEndpoint {
    private struct Phase {
        var bytes = ByteBuffer()
        var sent = 0
        var isEnded = false
    }

    private let packetSize: Int
    private var waiting: [(number: UInt32, length: Int)] = []
    private var phases: [Phase] = []

    init(packetSize: Int) { self.packetSize = packetSize }

    /// How many bytes wait for the host.
    var heldBytes: Int { phases.reduce(0) { $0 + $1.bytes.readableBytes } }

    /// How many phases have begun and are not fetched.
    var heldPhases: Int { phases.count }

    /// Whether the host waits for something.
    var isAwaited: Bool { !waiting.isEmpty }

    /// The host asks for as many bytes.
    mutating func submit(_ number: UInt32, length: Int) { waiting.append((number, length)) }

    /// Gives up what the host asked for. False if it was done already.
    mutating func unlink(_ number: UInt32) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// More of the phase that runs, or of a new one.
    mutating func append(_ bytes: ByteBuffer) {
        if phases.last?.isEnded ?? true { phases.append(Phase()) }
        phases[phases.count - 1].bytes.writeImmutableBuffer(bytes)
    }

    /// The phase that runs is whole.
    mutating func end() {
        guard let last = phases.indices.last else { return }
        phases[last].isEnded = true
    }

    /// Drops what there is for the host.
    mutating func clear() { phases = [] }

    /// Something that the host gets now; nil when it has to wait, or has not asked.
    mutating func next() -> (number: UInt32, data: ByteBuffer)? {
        guard let request = waiting.first, let phase = phases.first else { return nil }
        let held = phase.bytes.readableBytes
        guard held >= request.length || phase.isEnded else { return nil }
        let data = phases[0].bytes.readSlice(length: min(held, request.length)) ?? ByteBuffer()
        phases[0].sent += data.readableBytes
        waiting.removeFirst()
        // A short packet ends it; one that ends with a full packet, and fills the request, an empty packet.
        let isShort = data.readableBytes < request.length || phases[0].sent % packetSize != 0
        if phase.isEnded, held == data.readableBytes, isShort { phases.removeFirst() }
        return (request.number, data)
    }
}
