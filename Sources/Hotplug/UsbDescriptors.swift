/// The descriptors of a USB device as Linux has them in the sysfs file `descriptors`: the device's own, then of each
/// configuration that and what belongs to it (USB 2.0, section 9.6).
///
/// Each descriptor begins with its length, and the next one follows it. The total length that a configuration claims is
/// not looked at: where a device claims more than it has, Linux keeps the claim and leaves out what is not there.
public struct UsbDescriptors: Hashable, Sendable {
    /// The class codes of the device as a whole; 0 where each interface has its own.
    public let device: UsbInterface
    /// The class codes of all interfaces in all their settings and configurations, each once, in their order; at most
    /// `longest`.
    public let interfaces: [UsbInterface]

    /// How many different interfaces are kept: more than any device has.
    public static let longest = 256

    private enum Kind {
        static let device: UInt8 = 1
        static let configuration: UInt8 = 2
        static let interface: UInt8 = 4
    }

    /// Reads descriptors; nil when they are none: a length that is too short for its kind or reaches beyond the end, no
    /// device or no configuration at the beginning.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= 18, bytes[0] == 18, bytes[1] == Kind.device else { return nil }
        device = UsbInterface(class: bytes[4], subclass: bytes[5], protocol: bytes[6])
        var found: [UsbInterface] = []
        var seen: Set<UsbInterface> = []
        var rest = bytes[18...]
        var isFirst = true
        while let length = rest.first {
            // What is shorter than its own two first bytes would be followed by itself.
            guard length >= 2, Int(length) <= rest.count else { return nil }
            let descriptor = rest.prefix(Int(length))
            let start = descriptor.startIndex
            switch descriptor[start + 1] {
            case Kind.configuration:
                guard length >= 9 else { return nil }
            case Kind.interface:
                guard length >= 9, !isFirst else { return nil }
                let interface = UsbInterface(
                    class: descriptor[start + 5], subclass: descriptor[start + 6], protocol: descriptor[start + 7])
                if seen.count < Self.longest, seen.insert(interface).inserted { found.append(interface) }
            default:
                guard !isFirst else { return nil }
            }
            isFirst = false
            rest = rest.dropFirst(Int(length))
        }
        interfaces = found
    }
}
