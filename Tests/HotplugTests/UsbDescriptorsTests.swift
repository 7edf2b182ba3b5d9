import Hotplug
import Testing

@Suite struct UsbDescriptorsTests {
    /// A device of 04b0:0430 with one configuration.
    static let device: [UInt8] = [18, 1, 0, 2, 0, 0, 0, 64, 0xB0, 0x04, 0x30, 0x04, 0, 1, 1, 2, 3, 1]
    static let configuration: [UInt8] = [9, 2, 39, 0, 1, 1, 0, 0xC0, 1]
    static let stillImage: [UInt8] = [9, 4, 0, 0, 3, 6, 1, 1, 0]
    static let storage: [UInt8] = [9, 4, 0, 0, 2, 8, 6, 80, 0]
    static let endpoint: [UInt8] = [7, 5, 0x81, 2, 0, 2, 0]

    @Test("The interfaces of all configurations are there, each kind once, in their order")
    func interfaces() throws {
        let bytes =
            Self.device + Self.configuration + Self.stillImage + Self.endpoint + Self.configuration + Self.storage
            + Self.endpoint + Self.stillImage
        let descriptors = try #require(UsbDescriptors(bytes))
        #expect(descriptors.device == UsbInterface(class: 0, subclass: 0, protocol: 0))
        #expect(descriptors.interfaces == [.stillImage, UsbInterface(class: 8, subclass: 6, protocol: 80)])
    }

    @Test("A device that is of a class as a whole says so")
    func deviceClass() throws {
        var bytes = Self.device + Self.configuration
        bytes.replaceSubrange(4...6, with: [9, 0, 1])
        let descriptors = try #require(UsbDescriptors(bytes))
        #expect(descriptors.device == UsbInterface(class: 9, subclass: 0, protocol: 1))
        #expect(descriptors.interfaces == [])
    }

    @Test(
        "What is no descriptor is refused",
        arguments: [
            [], [18], device.dropLast(), [17] + device.dropFirst(), [18, 2] + device.dropFirst(2),
            device + [0], device + [0, 2, 0, 0, 0, 0, 0, 0, 0], device + [1, 2], device + configuration + [0, 0],
            device + configuration.dropLast(), device + stillImage, device + configuration + [8, 4, 0, 0, 3, 6, 1, 1],
            device + configuration + stillImage.dropLast(), device + [8, 2, 39, 0, 1, 1, 0, 0xC0],
        ] as [[UInt8]])
    func garbage(bytes: [UInt8]) { #expect(UsbDescriptors(bytes) == nil) }

    @Test("Any bytes at all are read or refused, and cut anywhere as well")
    func anyBytes() {
        let whole = Self.device + Self.configuration + Self.stillImage + Self.endpoint
        for count in 0..<whole.count {
            // Only at the ends of descriptors is it one still.
            #expect((UsbDescriptors(Array(whole[..<count])) != nil) == [18, 27, 36].contains(count))
        }
        for place in whole.indices {
            for value in UInt8.min...UInt8.max {
                var bytes = whole
                bytes[place] = value
                if let read = UsbDescriptors(bytes) { #expect(read.interfaces.count <= 1) }
            }
        }
    }

    @Test("A device with more interfaces than there are kinds to keep is cut short")
    func many() throws {
        let interfaces = (0..<60_000).flatMap { number -> [UInt8] in
            [9, 4, 0, 0, 0, UInt8(number & 255), UInt8(number >> 8), 0, 0]
        }
        let descriptors = try #require(UsbDescriptors(Self.device + Self.configuration + interfaces))
        #expect(descriptors.interfaces.count == UsbDescriptors.longest)
    }
}
