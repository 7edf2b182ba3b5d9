import Foundation

/// What can be asked for at the control port.
struct ControlCommands: Sendable {
    let rig: VirtualRig

    /// Every command by its word.
    static let words = [
        "bodies", "fault", "faults", "repair", "drop", "unplug", "replug", "press_shutter", "turn_dial", "delete",
        "remove_card", "insert_card", "transactions",
    ]

    /// Does what a line asks for.
    func answer(_ line: Data) async -> JSONTree {
        do throws(DescriptionError) {
            guard case .object(let object) = try JSONTree(parsing: line) else {
                throw DescriptionError("A request is a JSON object in braces.")
            }
            return try await perform(JSONFields(object, of: "The request"))
        } catch {
            return .failed(error)
        }
    }

    private func perform(_ request: JSONFields) async throws(DescriptionError) -> JSONTree {
        var fields = request
        guard let word = try fields.text("do"), Self.words.contains(word) else {
            throw fields.wrong("do", "must be one of \(Self.words.joined(separator: ", "))")
        }
        if word == "bodies" {
            try fields.end()
            return .done([
                "bodies": .list(rig.listeners.enumerated().map { describe($0.element, number: $0.offset + 1) })
            ])
        }
        let body = fields.tree("body")
        if body == .text("all") {
            // Everything is read before anything is done: a mistake strikes no body.
            let action = try action(word, &fields)
            var answers: [JSONTree] = []
            for listener in rig.listeners { answers.append(.object(try await action(listener))) }
            return .done(["bodies": .list(answers)])
        }
        let listener = try find(body, fields)
        let action = try action(word, &fields)
        return .done(try await action(listener))
    }

    private func find(_ body: JSONTree?, _ fields: JSONFields) throws(DescriptionError) -> PtpIpListener {
        switch body {
        case .integer(let number) where numbers.contains(number):
            return rig.listeners[number - 1]
        case .text(let text):
            let found = rig.listeners.filter {
                $0.body.description.name == text || $0.body.description.serialNumber == text
            }
            if found.count == 1 { return found[0] }
            if let number = Int(text), numbers.contains(number) { return rig.listeners[number - 1] }
            throw fields.wrong("body", found.isEmpty ? "must be a body: there is no \(text)" : "must name one body")
        default:
            throw fields.wrong(
                "body", "must be a number from 1 to \(rig.listeners.count), a name, a serial number or all")
        }
    }

    /// What bodies are called by: their places, from 1.
    private var numbers: Range<Int> { 1..<rig.listeners.count + 1 }

    private typealias Action = @Sendable (PtpIpListener) async throws(DescriptionError) -> [String: JSONTree]

    /// What a word and its keys mean for a body.
    private func action(_ word: String, _ fields: inout JSONFields) throws(DescriptionError) -> Action {
        switch word {
        case "fault":
            let fault = try Fault(&fields)
            try fields.end()
            return { listener in ["fault": .integer(listener.body.inject(fault).number)] }
        case "repair":
            let number = try fields.integer("fault")
            try fields.end()
            return { (listener) throws(DescriptionError) in try repair(listener.body, number) }
        case "turn_dial":
            return try turnDial(&fields)
        case "delete":
            guard let path = try fields.text("path") else { throw fields.wrong("path", "must say what is deleted") }
            try fields.end()
            return { (listener) throws(DescriptionError) in
                try done(listener.body.deleteOnBody(path), "There is no \(path) that could be deleted.")
            }
        case "transactions":
            let last = try fields.integer("last") ?? 20
            try fields.end()
            guard 0...1000 ~= last else { throw fields.wrong("last", "must be 0 to 1000") }
            return { listener in
                let records = listener.body.transactions().suffix(last)
                return ["transactions": .list(records.compactMap(JSONTree.init(encoding:)))]
            }
        default:
            try fields.end()
            return plainAction(word)
        }
    }

    private func plainAction(_ word: String) -> Action {
        { (listener) throws(DescriptionError) in
            let body = listener.body
            switch word {
            case "faults": return ["faults": .list(body.faults.map(\.tree))]
            case "drop": body.dropConnections()
            case "unplug":
                if let cable = rig.cable(of: listener) { await cable.unplug() } else { await listener.unplug() }
            case "replug":
                do {
                    if let cable = rig.cable(of: listener) {
                        try await cable.plug()
                    } else {
                        try await listener.replug()
                    }
                } catch {
                    throw DescriptionError("\(error)")
                }
            case "press_shutter":
                return try done(body.pressShutter(), "The body is busy, or its card is full or not there.")
            case "remove_card": return try done(body.removeCard(), "There is no card in the body.")
            case "insert_card": return try done(body.insertCard(), "There is a card in the body already.")
            default: break
            }
            return [:]
        }
    }

    private func turnDial(_ fields: inout JSONFields) throws(DescriptionError) -> Action {
        guard let code = try fields.text("property").flatMap({ UInt16(hexadecimal: $0) }) else {
            throw fields.wrong("property", "must be a property's code in hexadecimal, such as \"500F\"")
        }
        let value: PropertyValue
        switch fields.tree("value") {
        case .integer(let integer): value = .number(Int64(integer))
        case .text(let text): value = .text(text)
        default: throw fields.wrong("value", "must be a whole number or a text")
        }
        try fields.end()
        return { (listener) throws(DescriptionError) in
            try done(
                listener.body.turnDial(PropertyCode(rawValue: code), to: value),
                "Property \(hexadecimal(code)) cannot be \(value.inWords) on this body.")
        }
    }

    private func repair(_ body: VirtualBody, _ number: Int?) throws(DescriptionError) -> [String: JSONTree] {
        guard let number else {
            body.repair()
            return [:]
        }
        return try done(body.repair(FaultID(number: number)), "The body has no fault \(number).")
    }

    private func done(_ isDone: Bool, _ sentence: String) throws(DescriptionError) -> [String: JSONTree] {
        guard isDone else { throw DescriptionError(sentence) }
        return [:]
    }

    private func describe(_ listener: PtpIpListener, number: Int) -> JSONTree {
        let body = listener.body
        var fields: [String: JSONTree] = [
            "number": .integer(number), "name": .text(body.description.name),
            "personality": .text(body.description.dialect.rawValue), "model": .text(body.description.model),
            "serial": .text(body.description.serialNumber), "port": .text(listener.portPath),
            "session": .flag(body.isSessionOpen), "card": .flag(body.isCardInserted),
            "faults": .list(body.faults.map(\.tree)),
        ]
        if let cable = rig.cable(of: listener) { fields["usb_serial"] = .text(cable.serial) }
        return .object(fields)
    }
}

extension InjectedFault {
    /// The fault as a line has it.
    var tree: JSONTree {
        .object(fault.tree.merging(["fault": .integer(id.number), "strikes": .integer(strikes)]) { field, _ in field })
    }
}

extension JSONTree {
    /// A value as a line has it.
    init?(encoding value: some Encodable) {
        guard let data = try? JSONEncoder().encode(value), let tree = try? JSONTree(parsing: data) else { return nil }
        self = tree
    }
}
