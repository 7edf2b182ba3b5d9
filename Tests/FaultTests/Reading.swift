import FleetTesting
import Testing

/// What protocol.md, section 1, says of bytes that a client sends: read here from the page alone.
struct Reading {
    /// A command that gets its answer.
    struct Command: Hashable {
        let session: UInt32
        let transaction: UInt32
    }

    /// Whole commands, in order.
    private(set) var commands: [Command] = []
    /// Whether something follows them that is no packet: it gets the last answer of the connection.
    private(set) var isBroken = false
    /// Whether a data packet is among it that is not whole, of which it cannot be said yet.
    private(set) var isUndecided = false
    /// Whether one of them may close the connection before those after it are read.
    private(set) var mayClose = false

    init(_ bytes: [UInt8], onPortOfUploads isUploading: Bool) {
        read(bytes, isUploading)
    }

    private mutating func read(_ bytes: [UInt8], _ isUploading: Bool) {
        let longest = isUploading ? 1_048_600 : 262_144
        var rest = bytes[...]
        while rest.count >= 4 {
            let packet = Array(rest.prefix(12))
            let length = Int(packet.little(at: 0, as: UInt32.self))
            guard length >= 12, length <= longest else { return isBroken = true }
            guard rest.count >= 6 else { return }
            let type: UInt16 = packet.little(at: 4)
            guard type == 1 || type == 2 && isUploading, type == 2 || length <= 262_144 else { return isBroken = true }
            guard length == 12 && type == 1 || length >= 16 else { return isBroken = true }
            guard rest.count >= length else { return isUndecided = type == 2 }
            // Nobody uploads anything: data are not expected.
            guard type == 1 else { return isBroken = true }
            let whole = Array(rest.prefix(16))
            commands.append(
                Command(session: whole.little(at: 8), transaction: length == 12 ? 0 : whole.little(at: 12)))
            if whole.little(at: 6, as: UInt16.self) == Ask.closeConnection { mayClose = true }
            rest = rest.dropFirst(length)
        }
    }

    /// Checks all that the server sent on the connection, up to its close.
    ///
    /// - Parameter streams: whether a command may have a second answer, which ends its stream.
    func check(_ bytes: [UInt8], streams: Bool, _ what: String) {
        var answers: [Command: Int] = [:]
        var rest = bytes[...]
        var last: RawPacket?
        while !rest.isEmpty {
            guard let packet = RawPacket(prefixOf: rest) else {
                Issue.record("\(what): the server's last packet is not whole")
                return
            }
            rest = rest.dropFirst(Int(packet.length))
            #expect((2...4).contains(packet.type) && packet.length <= 16_777_216, "\(what): \(packet)")
            if packet.type == 3 {
                answers[Command(session: packet.session, transaction: packet.transaction), default: 0] += 1
                expectAnswer(packet, what)
            }
            last = packet
        }
        if isBroken, !mayClose {
            #expect(last?.code == Response.invalidParameter.rawValue, "\(what)")
            #expect(last?.session == 0 && last?.transaction == 0, "\(what)")
        }
        var wanted: [Command: Int] = [:]
        for command in commands { wanted[command, default: 0] += 1 }
        let ofBytes = Command(session: 0, transaction: 0)
        if isBroken { wanted[ofBytes, default: 0] += 1 }
        for (command, count) in answers {
            let most = (wanted[command] ?? 0) * (streams ? 2 : 1)
            #expect(count <= most || command == ofBytes && (isUndecided || mayClose), "\(what): \(command)")
        }
        guard !mayClose else { return }
        for (command, count) in wanted { #expect(answers[command] ?? 0 >= count, "\(what): \(command)") }
    }

    private func expectAnswer(_ packet: RawPacket, _ what: String) {
        guard let response = Response(rawValue: packet.code) else {
            Issue.record("\(what): no response has the code of \(packet)")
            return
        }
        guard response != .ok else { return }
        #expect(packet.json["error"].string == response.name, "\(what)")
        #expect(packet.json["message"].string?.isEmpty == false, "\(what)")
    }
}

/// Numbers that look random and are the same for the same seed: SplitMix64.
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
