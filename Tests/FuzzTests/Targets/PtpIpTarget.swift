import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOPosix

@testable import VirtualCamera

extension FuzzTarget {
    /// A byte for the personality, then what an initiator sends and what a photographer does, one after the other: see
    /// `Act`.
    ///
    /// What the body sends is whole packets, no more responses than it was asked for, and a connection is closed where it
    /// ends.
    static let ptpip = FuzzTarget(name: "ptpip") { bytes in
        var input = FuzzInput(bytes)
        let first = input.byte()
        let dialects = VirtualBodyDescription.Dialect.allCases
        let stage = try Stage.of(dialects[Int(first & 0x7F) % dialects.count])
        stage.body.state.withLockedValue { $0 = stage.beginning }
        let initiator = try Initiator(stage.body)
        if first & 0x80 == 0 { try initiator.openSession() }
        var acts = 0
        while !input.isEmpty, acts < 48 {
            acts += 1
            try initiator.perform(Act(&input, stage.operations), stage)
        }
        try initiator.end()
    }
}

/// A body, as it is before each input.
private struct Stage {
    let body: VirtualBody
    let beginning: BodyState
    let operations: [OperationCode]
    /// What a picture looks like, drawn once.
    let developed: StillPicture.Developed

    private static let stages = NIOLockedValueBox<[VirtualBodyDescription.Dialect: Stage]>([:])

    static func of(_ dialect: VirtualBodyDescription.Dialect) throws -> Stage {
        try stages.withLockedValue { stages in
            if let stage = stages[dialect] { return stage }
            let stage = try Stage(dialect)
            stages[dialect] = stage
            return stage
        }
    }

    private init(_ dialect: VirtualBodyDescription.Dialect) throws {
        var description = VirtualBodyDescription(dialect: dialect)
        description.pictures = 1
        description.cardSpace = 4 * 1024 * 1024
        description.rawSize = 100_000
        description.liveViewWidth = 160
        description.liveViewHeight = 104
        description.liveViewFramesPerSecond = 0
        description.transactionLogLength = 8
        // A pool that was never started draws nothing: what a release brings is an act of its own.
        body = try VirtualBody(description, StillLoop(), drawing: NIOThreadPool(numberOfThreads: 1))
        let state = body.state.withLockedValue { $0 }
        beginning = state
        operations = state.personality.operations
        var settings = state.personality.exposureSettings(state)
        (settings.width, settings.height) = (160, 104)
        developed = try StillPicture(
            description: description, number: 2, settings: settings, moment: 1_767_265_200, milliseconds: 0
        ).develop()
    }
}

/// What happens next.
private enum Act {
    /// Bytes on the command connection, or on the event connection.
    case bytes(ByteBuffer, onEvents: Bool)
    case request(OperationCode, parameters: [UInt32], data: ByteBuffer?)
    case cancel
    case probe
    case shutterCloses
    case press
    case card
    case dial(PropertyCode, PropertyValue)
    case reconnect
    case fault(Fault)

    init(_ input: inout FuzzInput, _ operations: [OperationCode]) {
        let kind = input.byte()
        switch kind {
        case 0..<32: self = .bytes(input.bytes(Int(input.byte())), onEvents: false)
        case 32..<48: self = .bytes(input.bytes(Int(input.byte())), onEvents: true)
        case 48..<56: self = .cancel
        case 56..<64: self = .probe
        case 64..<80: self = .shutterCloses
        case 80..<88: self = .press
        case 88..<96: self = .card
        case 96..<104:
            self = .dial(PropertyCode(UInt16(Self.number(&input) & 0xFFFF)), .number(Int64(Self.number(&input))))
        case 104: self = .reconnect
        case 105..<108: self = .fault(Self.fault(&input))
        default:
            let choice = Int(input.byte())
            let operation =
                choice < operations.count
                ? operations[choice] : OperationCode(rawValue: UInt16(Self.number(&input) & 0xFFFF))
            let parameters = (0..<Int(kind) % 6).map { _ in Self.number(&input) }
            self = .request(
                operation, parameters: parameters, data: kind >= 192 ? input.bytes(Int(input.byte())) : nil)
        }
    }

    /// Something that the body does wrong from now on, once or twice.
    private static func fault(_ input: inout FuzzInput) -> Fault {
        let (kind, size) = (input.byte(), input.byte())
        let fault: Fault =
            switch kind % 16 {
            case 0: .silent
            case 1: .hang
            case 2: .slow(.milliseconds(Int(size)))
            case 3: .failing(ResponseCode(rawValue: 0x2000 | UInt16(size)))
            case 4: .drop
            case 5: .cut(after: Int(size))
            case 6: .wrongLength(by: Int(Int8(bitPattern: size)) * 1_000_000)
            case 7: .garbage(seed: UInt64(size), length: Int(size) * 300)
            case 8: .garbage(seed: UInt64(size))
            case 9: .garbagePacket(.absurdLength)
            case 10: .garbagePacket(.shortLength)
            case 11: .garbagePacket(.unknownType)
            case 12: .garbagePacket(.noise(seed: UInt64(size)))
            case 13: .wrongTransaction
            case 14: .cardFull
            default: .noCard
            }
        return fault.times(Int(size % 2) + 1)
    }

    /// A parameter: often one that means something.
    private static func number(_ input: inout FuzzInput) -> UInt32 {
        switch input.byte() {
        case 0: .max
        case 1: ObjectStore.storageID
        case 2..<10: UInt32(input.byte())
        case 10..<20: 0x5000 | UInt32(input.byte())
        case 20..<30: 0xD000 | UInt32(input.byte())
        case 30..<40: 0xD100 | UInt32(input.byte())
        case 40..<44: 0xFFFF_0000 | UInt32(input.byte())
        case 44..<60:
            UInt32(input.byte()) | UInt32(input.byte()) << 8 | UInt32(input.byte()) << 16 | UInt32(input.byte()) << 24
        case let small: UInt32(small % 16)
        }
    }
}

/// Both connections of an initiator, and a reader of what comes on the command connection.
private final class Initiator {
    private let body: VirtualBody
    private var command: EmbeddedChannel
    private var event: EmbeddedChannel
    private var transaction: UInt32 = 0
    /// Nil where raw bytes were sent: any number of requests may have been among them.
    private var requests: Int? = 0
    private var responses = 0
    /// Whether the body was told to send what is no packet.
    private var isFaulty = false
    private var reconnections = 0
    /// Bytes of data that are to come before the next head.
    private var dataLeft = 0
    private var head = ByteBuffer()

    init(_ body: VirtualBody) throws {
        self.body = body
        command = try Self.connection(to: body)
        event = try Self.connection(to: body)
    }

    private func connect() throws {
        command = try Self.connection(to: body)
        event = try Self.connection(to: body)
        (dataLeft, head) = (0, ByteBuffer())
    }

    private static func connection(to body: VirtualBody) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: PtpIpConnection(body), loop: EmbeddedEventLoop())
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "/body"), promise: nil)
        return channel
    }

    /// The init packets of both connections, and OpenSession.
    func openSession() throws {
        var request = ByteBuffer()
        request.writePtp(UInt32(0))
        request.writePtp(UInt32(1))
        request.writeRepeatingByte(7, count: 16)
        request.writePtp(UInt16(0))
        request.writePtp(UInt32(0x0001_0000))
        try send(Self.sized(request))
        guard let number = lastNumber else { throw Broken("a command connection was not taken") }
        var second = ByteBuffer()
        for field in [0, 3, number] as [UInt32] { second.writePtp(field) }
        try send(Self.sized(second), onEvents: true)
        try ask(.openSession, [1], nil)
    }

    /// The connection number of an InitCommandAck.
    private var lastNumber: UInt32?

    private static func sized(_ packet: ByteBuffer) -> ByteBuffer {
        var packet = packet
        packet.setInteger(UInt32(packet.readableBytes), at: 0, endianness: .little)
        return packet
    }

    func perform(_ act: Act, _ stage: Stage) throws {
        switch act {
        case .bytes(let bytes, let onEvents):
            requests = nil
            try send(bytes, onEvents: onEvents)
        case .request(let operation, let parameters, let data): try ask(operation, parameters, data)
        case .cancel:
            requests = nil
            try send(Self.packet(11, transaction))
        case .probe: try send(Self.sized(Self.packet(13)))
        case .shutterCloses:
            body.change { state in
                guard let exposure = state.exposure else { return }
                let picture = StillPicture(
                    description: state.description, number: exposure.id, settings: exposure.settings,
                    moment: 1_767_265_260, milliseconds: 0)
                state.finish(exposure, picture, stage.developed, now: .now())
            }
        case .press: body.pressShutter()
        case .card: if body.isCardInserted { body.removeCard() } else { body.insertCard() }
        case .dial(let property, let value): body.turnDial(property, to: value)
        case .fault(let fault):
            isFaulty = true
            _ = body.inject(fault)
        case .reconnect:
            // Costly: a few are enough.
            guard reconnections < 3 else { return }
            reconnections += 1
            body.repair()
            try end()
            isFaulty = false
            try connect()
            try openSession()
        }
        try read()
    }

    private static func packet(_ type: UInt32, _ fields: UInt32...) -> ByteBuffer {
        var packet = ByteBuffer()
        packet.writePtp(UInt32(8 + 4 * fields.count))
        packet.writePtp(type)
        for field in fields { packet.writePtp(field) }
        return packet
    }

    private func ask(_ operation: OperationCode, _ parameters: [UInt32], _ data: ByteBuffer?) throws {
        transaction &+= 1
        if let count = requests { requests = count + 1 }
        var packet = ByteBuffer()
        packet.writePtp(UInt32(0))
        packet.writePtp(UInt32(6))
        packet.writePtp(UInt32(data == nil ? 1 : 2))
        packet.writePtp(operation.rawValue)
        packet.writePtp(transaction)
        for parameter in parameters { packet.writePtp(parameter) }
        try send(Self.sized(packet))
        guard let data else { return }
        var start = Self.packet(9, transaction, UInt32(data.readableBytes), 0)
        if data.readableBytes > 0 {
            start.writePtp(UInt32(12 + data.readableBytes))
            start.writePtp(UInt32(12))
            start.writePtp(transaction)
            start.writeImmutableBuffer(data)
        }
        try send(start)
    }

    private func send(_ bytes: ByteBuffer, onEvents: Bool = false) throws {
        let channel = onEvents ? event : command
        guard channel.isActive else { return }
        try channel.writeInbound(bytes)
        try read()
    }

    // MARK: What the body sends

    private func read() throws {
        while try event.readOutbound(as: ByteBuffer.self) != nil {}
        while let bytes = try command.readOutbound(as: ByteBuffer.self) { try take(bytes) }
    }

    private func take(_ bytes: ByteBuffer) throws {
        guard !isFaulty else { return }
        var bytes = bytes
        while bytes.readableBytes > 0 {
            if dataLeft > 0 {
                let count = min(dataLeft, bytes.readableBytes)
                bytes.moveReaderIndex(forwardBy: count)
                dataLeft -= count
                continue
            }
            head.writeImmutableBuffer(
                bytes.readSlice(length: min(12 - head.readableBytes, bytes.readableBytes)) ?? ByteBuffer())
            if try endOfHead(bytes) { head.clear() }
        }
    }

    /// Whether a head is whole, which is followed by `dataLeft` bytes.
    private func endOfHead(_ rest: ByteBuffer) throws -> Bool {
        guard let length = head.getInteger(at: 0, endianness: .little, as: UInt32.self),
            let type = head.getInteger(at: 4, endianness: .little, as: UInt32.self)
        else { return false }
        let isKnown = [2, 4, 5, 7, 9, 10, 12, 14].contains(type) && (8...2 * 1024 * 1024).contains(length)
        try Broken.unless(isKnown, "the body sent a packet of type \(type) and \(length) bytes")
        guard head.readableBytes == min(12, Int(length)) else { return false }
        dataLeft = Int(length) - head.readableBytes
        if type == 7 { responses += 1 }
        if type == 2 { lastNumber = head.getInteger(at: 8, endianness: .little) }
        return true
    }

    /// Closes both connections.
    func end() throws {
        try read()
        if let requests, !isFaulty {
            try Broken.unless(responses <= requests, "\(responses) responses to \(requests) requests")
        }
        if command.isActive, !isFaulty {
            try Broken.unless(dataLeft == 0 && head.readableBytes == 0, "a packet was cut short")
        }
        for channel in [command, event] {
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
        try Broken.unless(!body.isSessionOpen, "a session outlived its connections")
        (requests, responses) = (0, 0)
    }
}
