import FleetModel
public import NIOCore
public import PacketProtocol

/// Something that the server told those who subscribed (protocol.md, section 3, Events).
public struct ServerEvent: Sendable, Equatable {
    /// Counts the events of the connection: 1 was CONNECTION_OK.
    public var number: UInt32
    /// The code on the wire, known or not.
    public var code: UInt16
    /// Its JSON.
    public var content: ByteBuffer

    /// An event as it came.
    public init(number: UInt32, code: UInt16, content: ByteBuffer) {
        self.number = number
        self.code = code
        self.content = content
    }

    /// Which event it is; nil for one that came into the protocol later.
    public var event: EventCode? { EventCode(rawValue: code) }

    /// Its name, or its code in hexadecimal.
    public var name: String { event?.name ?? "0x" + String(code, radix: 16, uppercase: true) }

    /// The JSON as a value, such as CAMERA_INFO for camera_state; nil when it is not that.
    public func read<Value: Decodable>(_ type: Value.Type = Value.self) -> Value? {
        try? PacketJSON.decode(type, from: content)
    }
}
