public import FleetModel

/// Which bodies a command of several is for (protocol.md, section 3, TARGET).
public enum GroupTarget: Sendable, Hashable {
    /// Every body that is ready.
    case ready
    /// Those of a group.
    case group(String)
    /// These.
    case cameras([CameraReference])
}

/// The keys by which a TARGET stands among a command's arguments.
private enum TargetKeys: String, CodingKey { case group, cameras }

extension GroupTarget: Codable {
    /// Reads a TARGET from the arguments that it stands among; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: TargetKeys.self)
        let group: String? = try container.optional(.group)
        let cameras: [CameraReference]? = try container.optional(.cameras)
        switch (group, cameras) {
        case (nil, nil): self = .ready
        case (let group?, nil): self = .group(group)
        case (nil, let cameras?): self = .cameras(cameras)
        case (_?, _?):
            throw DecodingError.dataCorruptedError(
                forKey: .cameras, in: container, debugDescription: "There is a group as well.")
        }
    }

    /// Writes the keys of a TARGET.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: TargetKeys.self)
        switch self {
        case .ready: break
        case .group(let group): try container.encode(group, forKey: .group)
        case .cameras(let cameras): try container.encode(cameras, forKey: .cameras)
        }
    }
}

/// A time in nanoseconds since 1970, which stands in JSON as a number or as a decimal string.
struct WrittenTime: Decodable {
    let nanoseconds: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self) else {
            nanoseconds = try container.decode(Int64.self)
            return
        }
        let isDecimal = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let number = Int64(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is no decimal number.")
        }
        nanoseconds = number
    }
}

/// Arguments of ARM_GROUP.
public struct ArmGroupArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// Whether one body that cannot be armed gives the whole shot up.
    public var requireAll: Bool?

    /// Bodies, and whether all of them are needed.
    public init(target: GroupTarget = .ready, requireAll: Bool? = nil) {
        self.target = target
        self.requireAll = requireAll
    }

    enum CodingKeys: String, CodingKey { case requireAll = "require_all" }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        requireAll = try decoder.container(keyedBy: CodingKeys.self).optional(.requireAll)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(requireAll, forKey: .requireAll)
    }
}

/// Arguments of FIRE_GROUP.
public struct FireGroupArguments: Codable, Sendable {
    /// What ARM_GROUP gave.
    public var shot: Int64
    /// When, in nanoseconds since 1970; as soon as can be when nil.
    public var at: Int64?
    /// By how much each body is released later, in nanoseconds: by id, else name, else number in decimal.
    public var offsets: [String: Int64]?

    /// A shot and its time.
    public init(shot: Int64, at: Int64? = nil, offsets: [String: Int64]? = nil) {
        self.shot = shot
        self.at = at
        self.offsets = offsets
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        shot = try container.decode(Int64.self, forKey: .shot)
        at = (try container.optional(.at) as WrittenTime?)?.nanoseconds
        offsets = try container.optional(.offsets)
    }
}

/// Arguments of CAPTURE_GROUP.
public struct CaptureGroupArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// When, in nanoseconds since 1970; as soon as can be when nil.
    public var at: Int64?
    /// By how much each body is released later, in nanoseconds: by id, else name, else number in decimal.
    public var offsets: [String: Int64]?
    /// Whether to save the images on the server.
    public var download: Bool?
    /// Whether one body that cannot be armed gives the whole shot up.
    public var requireAll: Bool?

    /// Bodies and their time.
    public init(
        target: GroupTarget = .ready, at: Int64? = nil, offsets: [String: Int64]? = nil, download: Bool? = nil,
        requireAll: Bool? = nil
    ) {
        self.target = target
        self.at = at
        self.offsets = offsets
        self.download = download
        self.requireAll = requireAll
    }

    enum CodingKeys: String, CodingKey { case at, offsets, download, requireAll = "require_all" }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        at = (try container.optional(.at) as WrittenTime?)?.nanoseconds
        offsets = try container.optional(.offsets)
        download = try container.optional(.download)
        requireAll = try container.optional(.requireAll)
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(at, forKey: .at)
        try container.encodeIfPresent(offsets, forKey: .offsets)
        try container.encodeIfPresent(download, forKey: .download)
        try container.encodeIfPresent(requireAll, forKey: .requireAll)
    }
}

/// Arguments of COLLECT_GROUP.
public struct CollectGroupArguments: Codable, Sendable {
    /// Which bodies.
    public var target: GroupTarget
    /// For how long images are taken into the shot, in seconds.
    public var windowSeconds: Double
    /// Whether to save the images on the server.
    public var download: Bool?
    /// The trigger that releases the bodies; nil where somebody else does.
    public var trigger: String?
    /// When its pulse is given, in nanoseconds since 1970; as soon as the bodies are watched when nil.
    public var at: Int64?

    /// Bodies and a time, and the trigger that releases them.
    public init(
        target: GroupTarget = .ready, windowSeconds: Double, download: Bool? = nil, trigger: String? = nil,
        at: Int64? = nil
    ) {
        self.target = target
        self.windowSeconds = windowSeconds
        self.download = download
        self.trigger = trigger
        self.at = at
    }

    enum CodingKeys: String, CodingKey { case windowSeconds = "window_seconds", download, trigger, at }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        target = try GroupTarget(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        windowSeconds = try container.decode(Double.self, forKey: .windowSeconds)
        download = try container.optional(.download)
        trigger = try container.optional(.trigger)
        at = (try container.optional(.at) as WrittenTime?)?.nanoseconds
    }

    /// Writes the arguments.
    public func encode(to encoder: any Encoder) throws {
        try target.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(windowSeconds, forKey: .windowSeconds)
        try container.encodeIfPresent(download, forKey: .download)
        try container.encodeIfPresent(trigger, forKey: .trigger)
        try container.encodeIfPresent(at, forKey: .at)
    }
}

/// Arguments of DISARM_GROUP and GET_SHOT.
public struct ShotArguments: Codable, Sendable {
    /// What ARM_GROUP gave.
    public var shot: Int64

    /// A shot.
    public init(shot: Int64) { self.shot = shot }
}

/// Arguments of LIST_SHOTS.
public struct ListShotsArguments: Codable, Sendable {
    /// The most shots of one answer; 100 when nil.
    public var limit: Int?
    /// The last shot of the answer before.
    public var before: Int64?
    /// Only those of this project.
    public var project: String?

    /// A page of shots.
    public init(limit: Int? = nil, before: Int64? = nil, project: String? = nil) {
        self.limit = limit
        self.before = before
        self.project = project
    }

    /// Reads the arguments; null is none of these types.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        limit = try container.optional(.limit)
        before = try container.optional(.before)
        project = try container.optional(.project)
    }
}
