public import FleetModel

/// The events of protocol.md, section 3, by their code and name.
public enum EventCode: UInt16, Sendable, CaseIterable {
    case connectionOK = 0x0800
    case objectAdded = 0x4002
    case objectRemoved = 0x4003
    case widgetChanged = 0x4006
    case captureComplete = 0x400D
    case cameraState = 0xC001
    case imageSaved = 0xC002
    case sequenceProgress = 0xC003
    case shotComplete = 0xC004
    case eventsLost = 0xC005
    case cameraAttached = 0xC006
    case cameraDetached = 0xC007
    case groupSequenceProgress = 0xC008

    /// The name that SUBSCRIBE_EVENTS takes.
    public var name: String {
        switch self {
        case .connectionOK: "CONNECTION_OK"
        case .objectAdded: "object_added"
        case .objectRemoved: "object_removed"
        case .widgetChanged: "widget_changed"
        case .captureComplete: "capture_complete"
        case .cameraState: "camera_state"
        case .imageSaved: "image_saved"
        case .sequenceProgress: "sequence_progress"
        case .shotComplete: "shot_complete"
        case .eventsLost: "events_lost"
        case .cameraAttached: "camera_attached"
        case .cameraDetached: "camera_detached"
        case .groupSequenceProgress: "group_sequence_progress"
        }
    }

    /// The event of that name in the page's table.
    public init?(name: String) {
        guard let code = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = code
    }
}

extension FleetEvent {
    /// The event's code on the wire.
    public var code: EventCode {
        switch self {
        case .objectAdded: .objectAdded
        case .objectRemoved: .objectRemoved
        case .sequenceProgress: .sequenceProgress
        case .captureComplete: .captureComplete
        case .widgetChanged: .widgetChanged
        case .cameraState: .cameraState
        case .cameraAttached: .cameraAttached
        case .cameraDetached: .cameraDetached
        case .shotComplete: .shotComplete
        case .imageSaved: .imageSaved
        case .groupSequenceProgress: .groupSequenceProgress
        }
    }
}
