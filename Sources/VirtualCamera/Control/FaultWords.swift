// Faults as the control port writes them.

extension Fault {
    /// Every kind by its word.
    static let words = [
        "silent", "hang", "slow", "failing", "busy", "drop", "cut", "wrong_length", "garbage", "garbage_packet",
        "wrong_transaction", "card_full", "no_card",
    ]

    /// The fault that the keys `kind`, `on`, `at`, `times` and those of the kind describe.
    init(_ fields: inout JSONFields) throws(DescriptionError) {
        guard let word = try fields.text("kind") else {
            throw fields.wrong("kind", "must be one of \(Self.words.joined(separator: ", "))")
        }
        var fault = try Self.fault(word, &fields)
        if fault.isCondition {
            for key in ["on", "at", "times"] where fields.tree(key) != nil {
                throw fields.wrong(key, "means nothing to \(word), which lasts until it is repaired")
            }
        }
        fault = fault.on(try Self.operations(fields.tree("on"), fields))
        if let first = try fields.integer("at") {
            guard first >= 1 else { throw fields.wrong("at", "must be 1 or more; 1 is the next transaction") }
            fault = fault.at(first)
        }
        if let count = try fields.integer("times") {
            guard count >= 1 else { throw fields.wrong("times", "must be 1 or more") }
            fault = fault.times(count)
        }
        self = fault
    }

    private static func fault(_ word: String, _ fields: inout JSONFields) throws(DescriptionError) -> Fault {
        switch word {
        case "silent": return .silent
        case "hang": return .hang
        case "busy": return .busy
        case "drop": return .drop
        case "wrong_transaction": return .wrongTransaction
        case "card_full": return .cardFull
        case "no_card": return .noCard
        case "slow":
            guard let time = try fields.milliseconds("ms") else { throw fields.wrong("ms", "must say how slow") }
            return .slow(time)
        case "failing":
            guard let code = try fields.text("code").flatMap({ UInt16(hexadecimal: $0) }) else {
                throw fields.wrong("code", "must be a response code in hexadecimal, such as \"2002\"")
            }
            return .failing(ResponseCode(rawValue: code))
        case "cut":
            return .cut(after: try length("after", &fields) ?? 0)
        case "wrong_length":
            let range = -Int(UInt32.max)...Int(UInt32.max)
            guard let bytes = try fields.integer("by"), range.contains(bytes) else {
                throw fields.wrong("by", "must be a number of bytes, negative for too few")
            }
            return .wrongLength(by: bytes)
        case "garbage":
            return .garbage(seed: try seed(&fields), length: try length("length", &fields))
        case "garbage_packet":
            return .garbagePacket(try packet(&fields))
        default:
            throw fields.wrong("kind", "must be one of \(words.joined(separator: ", "))")
        }
    }

    private static func seed(_ fields: inout JSONFields) throws(DescriptionError) -> UInt64 {
        UInt64(bitPattern: Int64(try fields.integer("seed") ?? 1))
    }

    private static func length(_ key: String, _ fields: inout JSONFields) throws(DescriptionError) -> Int? {
        guard let bytes = try fields.integer(key) else { return nil }
        guard 0...Int(UInt32.max) ~= bytes else { throw fields.wrong(key, "must be 0 to 4294967295 bytes") }
        return bytes
    }

    private static func packet(_ fields: inout JSONFields) throws(DescriptionError) -> BrokenPacket {
        switch try fields.text("packet") {
        case "absurd_length": return .absurdLength
        case "short_length": return .shortLength
        case "unknown_type": return .unknownType
        case "noise", nil: return .noise(seed: try seed(&fields))
        default: throw fields.wrong("packet", "must be absurd_length, short_length, unknown_type or noise")
        }
    }

    /// One operation or a list of them, in hexadecimal; none given means all.
    private static func operations(
        _ tree: JSONTree?, _ fields: JSONFields
    ) throws(DescriptionError) -> Set<OperationCode> {
        let texts: [JSONTree] =
            switch tree {
            case nil: []
            case .list(let list): list
            case let one?: [one]
            }
        return Set(
            try texts.map { (text) throws(DescriptionError) in
                guard case .text(let digits) = text, let code = UInt16(hexadecimal: digits) else {
                    throw fields.wrong("on", "must be operation codes in hexadecimal, such as [\"101B\"]")
                }
                return OperationCode(rawValue: code)
            })
    }

    /// The fault as a line has it.
    var tree: [String: JSONTree] {
        var fields = kindTree
        if !operations.isEmpty {
            fields["on"] = .list(operations.map(\.rawValue).sorted().map { .text(hexadecimal($0)) })
        }
        if first > 1 { fields["at"] = .integer(first) }
        if let limit { fields["times"] = .integer(limit) }
        return fields
    }

    private var kindTree: [String: JSONTree] {
        switch kind {
        case .silent: ["kind": .text("silent")]
        case .hang: ["kind": .text("hang")]
        case .slow(let time): ["kind": .text("slow"), "ms": .number(time / .milliseconds(1))]
        case .failing(.deviceBusy): ["kind": .text("busy")]
        case .failing(let response): ["kind": .text("failing"), "code": .text(hexadecimal(response.rawValue))]
        case .drop: ["kind": .text("drop")]
        case .cut(let bytes): ["kind": .text("cut"), "after": .integer(bytes)]
        case .wrongLength(let bytes): ["kind": .text("wrong_length"), "by": .integer(bytes)]
        case .garbage(let seed, let length):
            ["kind": .text("garbage"), "seed": .integer(Int(Int64(bitPattern: seed)))]
                .merging(length.map { ["length": .integer($0)] } ?? [:]) { $1 }
        case .garbagePacket(let packet):
            ["kind": .text("garbage_packet")].merging(packet.tree) { $1 }
        case .wrongTransaction: ["kind": .text("wrong_transaction")]
        case .cardFull: ["kind": .text("card_full")]
        case .noCard: ["kind": .text("no_card")]
        }
    }
}

extension Fault.BrokenPacket {
    fileprivate var tree: [String: JSONTree] {
        switch self {
        case .absurdLength: ["packet": .text("absurd_length")]
        case .shortLength: ["packet": .text("short_length")]
        case .unknownType: ["packet": .text("unknown_type")]
        case .noise(let seed): ["packet": .text("noise"), "seed": .integer(Int(Int64(bitPattern: seed)))]
        }
    }
}

extension UInt16 {
    /// A code as people write it: up to four hexadecimal digits, with or without `0x`.
    init?(hexadecimal text: String) {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard !digits.hasPrefix("+"), let code = UInt16(digits, radix: 16) else { return nil }
        self = code
    }
}
