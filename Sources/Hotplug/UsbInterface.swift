/// What an interface of a USB device says that it is (the class codes of USB 2.0, section 9.6.5).
public struct UsbInterface: Hashable, Sendable {
    /// bInterfaceClass
    public var `class`: UInt8
    /// bInterfaceSubClass
    public var subclass: UInt8
    /// bInterfaceProtocol
    public var `protocol`: UInt8

    /// An interface of these codes.
    public init(class: UInt8, subclass: UInt8, protocol: UInt8) {
        self.class = `class`
        self.subclass = subclass
        self.protocol = `protocol`
    }

    /// Still image capture, spoken to by PTP (USB still image capture device definition 1.0, section 3).
    public static let stillImage = UsbInterface(class: 6, subclass: 1, protocol: 1)

    /// Whether it is a drive: of the class of mass storage.
    public var isMassStorage: Bool { `class` == 8 }
}
