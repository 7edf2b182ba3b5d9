import Foundation

/// A file that describes the bodies of a rig, in JSON.
public enum RigFile {
    /// Longer files are refused.
    private static let longest = 16 * 1024 * 1024
    private static let bodyLimit = 4096

    /// The bodies that a file describes.
    ///
    /// - Parameter firstIndex: the number of the first body; the others count on.
    /// - Throws: `DescriptionError` that names the body and the key that is wrong, or says why the file cannot be read.
    public static func read(_ path: String, firstIndex: Int = 1) throws(DescriptionError) -> [VirtualBodyDescription] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
        } catch {
            throw DescriptionError("The rig \(path) cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= longest else { throw DescriptionError("The rig \(path) has more than 16 MiB.") }
        do {
            return try descriptions(String(decoding: data, as: UTF8.self), firstIndex: firstIndex)
        } catch {
            throw DescriptionError("The rig \(path): \(error.description)")
        }
    }

    /// The bodies that a text describes, as a file would.
    ///
    /// - Throws: `DescriptionError` that names the body and the key that is wrong.
    public static func descriptions(
        _ text: String, firstIndex: Int = 1
    ) throws(DescriptionError) -> [VirtualBodyDescription] {
        guard case .object(let fields) = try JSONTree(parsing: Data(text.utf8)) else {
            throw DescriptionError("A rig is a JSON object in braces.")
        }
        var rig = JSONFields(fields, of: "The rig")
        guard let bodies = try rig.list("bodies"), !bodies.isEmpty else {
            throw rig.wrong("bodies", "must be a list of at least one body")
        }
        try rig.end()
        var found: [VirtualBodyDescription] = []
        for (position, body) in bodies.enumerated() {
            guard case .object(let fields) = body else {
                throw DescriptionError("Body \(position + 1) must be an object in braces.")
            }
            found += try described(
                JSONFields(fields, of: "Body \(position + 1)"), firstIndex: firstIndex + found.count)
            guard found.count <= bodyLimit else { throw rig.wrong("bodies", "must be at most \(bodyLimit)") }
        }
        try checkPorts(found)
        return found
    }

    private static func checkPorts(_ bodies: [VirtualBodyDescription]) throws(DescriptionError) {
        var taken: [Int: String] = [:]
        for body in bodies {
            guard let port = body.port, port != 0 else { continue }
            if let other = taken.updateValue(body.name, forKey: port) {
                throw body.wrong("port", "cannot be \(port), which \"\(other)\" has")
            }
        }
    }

    // MARK: One body

    /// The bodies of one entry: one, or as many as its `count` says.
    private static func described(
        _ fields: JSONFields, firstIndex: Int
    ) throws(DescriptionError) -> [VirtualBodyDescription] {
        var fields = fields
        let count = try fields.integer("count") ?? 1
        guard 1...bodyLimit ~= count else { throw fields.wrong("count", "must be 1 to \(bodyLimit)") }
        let personality = try fields.text("personality") ?? VirtualBodyDescription.Dialect.nikon.rawValue
        guard let dialect = VirtualBodyDescription.Dialect(rawValue: personality) else {
            let all = VirtualBodyDescription.Dialect.allCases.map(\.rawValue).joined(separator: ", ")
            throw fields.wrong("personality", "must be one of \(all)")
        }
        var described = VirtualBodyDescription(dialect: dialect, index: firstIndex)
        let serial = try fields.text("serial")
        let name = try fields.text("name")
        guard count == 1 || (serial == nil && name == nil) else {
            throw fields.wrong("count", "cannot be more than 1 where serial or name is given")
        }
        described.name = name ?? described.name
        described.serialNumber = serial ?? described.serialNumber
        try readIdentity(&fields, into: &described)
        try readTimes(&fields, into: &described)
        try readProperties(&fields, into: &described)
        try readCard(&fields, into: &described)
        try fields.end()
        try described.check()
        try described.checkProperties()
        return try (0..<count).map { (offset) throws(DescriptionError) in
            guard offset > 0 else { return described }
            let own = VirtualBodyDescription(dialect: dialect, index: firstIndex + offset)
            var next = described
            next.index = own.index
            next.name = own.name
            next.serialNumber = own.serialNumber
            next.port = described.port.map { $0 == 0 ? 0 : $0 + offset }
            try next.check()
            return next
        }
    }

    private static func readIdentity(
        _ fields: inout JSONFields, into body: inout VirtualBodyDescription
    ) throws(DescriptionError) {
        body.manufacturer = try fields.text("manufacturer") ?? body.manufacturer
        body.model = try fields.text("model") ?? body.model
        body.port = try fields.integer("port")
        body.batteryLevel = try fields.integer("battery_percent") ?? body.batteryLevel
        body.clockOffset = try fields.integer("clock_offset_s") ?? body.clockOffset
        body.rawSize = try fields.integer("raw_bytes") ?? body.rawSize
        guard var lens = try fields.object("lens") else { return }
        body.lens.name = try lens.text("name")
        if let (shortest, longest) = try lens.pair("focal_mm") {
            guard shortest <= longest else { throw lens.wrong("focal_mm", "must have the shorter length first") }
            body.lens.focalLengths = shortest...longest
            body.lens.focalLength = min(longest, max(shortest, body.lens.focalLength))
        }
        body.lens.focalLength = try lens.number("at_mm") ?? body.lens.focalLength
        if let (atShortest, atLongest) = try lens.pair("f_numbers") {
            body.lens.fNumberAtShortest = atShortest
            body.lens.fNumberAtLongest = atLongest
        }
        try lens.end()
    }

    private static func readTimes(
        _ fields: inout JSONFields, into body: inout VirtualBodyDescription
    ) throws(DescriptionError) {
        body.transactionTime = try fields.milliseconds("transaction_ms") ?? body.transactionTime
        body.linkBytesPerSecond = try fields.integer("link_bytes_per_second")
        body.shutterLag = try fields.milliseconds("shutter_lag_ms") ?? body.shutterLag
        body.autofocusTime = try fields.milliseconds("autofocus_ms") ?? body.autofocusTime
        if var buffer = try fields.object("buffer") {
            body.bufferDepth = try buffer.integer("depth")
            body.writingTime = try buffer.milliseconds("writing_ms") ?? body.writingTime
            try buffer.end()
        }
        guard var view = try fields.object("live_view") else { return }
        body.liveViewWidth = try view.integer("width") ?? body.liveViewWidth
        body.liveViewHeight = try view.integer("height") ?? body.liveViewHeight
        body.liveViewFramesPerSecond = try view.number("rate") ?? body.liveViewFramesPerSecond
        body.liveViewFrameBytes = try view.integer("frame_bytes")
        try view.end()
    }

    private static func readProperties(
        _ fields: inout JSONFields, into body: inout VirtualBodyDescription
    ) throws(DescriptionError) {
        guard var properties = try fields.object("properties") else { return }
        for key in properties.left {
            guard let code = UInt16(hexadecimal: key) else {
                throw properties.wrong(key, "must be a property's code in hexadecimal, such as 500F")
            }
            var property = DescribedProperty()
            switch properties.tree(key) {
            case .object(let object):
                var described = JSONFields(object, of: "Body \"\(body.name)\"", prefix: "properties.\(key).")
                property.value = try described.tree("value").map { (tree) throws(DescriptionError) in
                    try value(tree, "value", described)
                }
                property.choices = try described.list("choices")?.map { (tree) throws(DescriptionError) in
                    try value(tree, "choices", described)
                }
                property.isReadOnly = try described.flag("read_only")
                try described.end()
            case let tree?: property.value = try value(tree, key, properties)
            case nil: break
            }
            body.properties[PropertyCode(rawValue: code)] = property
        }
    }

    private static func value(
        _ tree: JSONTree, _ key: String, _ fields: JSONFields
    ) throws(DescriptionError) -> PropertyValue {
        switch tree {
        case .integer(let integer): return .number(Int64(integer))
        case .text(let text): return .text(text)
        default: throw fields.wrong(key, "must have whole numbers or texts")
        }
    }

    private static func readCard(
        _ fields: inout JSONFields, into body: inout VirtualBodyDescription
    ) throws(DescriptionError) {
        var card: JSONFields
        switch fields.tree("card") {
        case nil: return
        case .null:
            body.hasCard = false
            return
        case .object(let object): card = JSONFields(object, of: "Body \"\(body.name)\"", prefix: "card.")
        default: throw fields.wrong("card", "must be an object in braces, or null for none")
        }
        body.hasCard = try card.flag("inserted") ?? true
        body.cardSize = try card.integer("size")
        let free = try card.integer("free")
        guard free == nil || body.cardSize == nil else { throw card.wrong("free", "cannot be given with card.size") }
        body.cardSpace = free ?? body.cardSpace
        body.pictures = try card.integer("pictures") ?? body.pictures
        body.keepsUploads = try card.flag("keep_uploads") ?? body.keepsUploads
        for tree in try card.list("objects") ?? [] {
            guard case .object(let fields) = tree else {
                throw card.wrong("objects", "must be objects in braces, each with name and size")
            }
            var object = JSONFields(fields, of: "Body \"\(body.name)\"", prefix: "card.objects.")
            guard let name = try object.text("name"), let size = try object.integer("size") else {
                throw card.wrong("objects", "must each have name and size")
            }
            try object.end()
            body.objects.append(DescribedObject(name: name, size: size))
        }
        try card.end()
    }
}
