/// What libgphoto2 knows of bodies on USB: its models with their USB ids, and the classes that it takes for cameras.
///
/// A device is matched as libgphoto2 2.5.30 matches it (gp_abilities_list_detect in
/// libgphoto2/gphoto2-abilities-list.c, gp_port_library_list, gp_libusb1_find_device_lib and
/// gp_libusb1_find_device_by_class_lib in libgphoto2_port/libusb1/libusb1.c), so that both name the same model.
public struct UsbModels: Sendable {
    /// One of libgphoto2's models: what CameraAbilities says of USB, in its numbers.
    public struct Model: Hashable, Sendable {
        /// The model in the driver's words.
        public var name: String
        /// usb_vendor; 0 where it is told by its class alone.
        public var vendor: Int
        /// usb_product
        public var product: Int
        /// usb_class; 0 where it is told by its ids alone, 666 where Microsoft's descriptors should tell, which
        /// libgphoto2 does not look for any more.
        public var `class`: Int
        /// usb_subclass; -1 is any.
        public var subclass: Int
        /// usb_protocol; -1 is any.
        public var `protocol`: Int

        /// A model with its ids, its class, or both.
        public init(
            name: String, vendor: Int = 0, product: Int = 0, class: Int = 0, subclass: Int = 0, protocol: Int = 0
        ) {
            self.name = name
            self.vendor = vendor
            self.product = product
            self.class = `class`
            self.subclass = subclass
            self.protocol = `protocol`
        }
    }

    private struct Identity: Hashable {
        let vendor: Int
        let product: Int
    }

    private let models: [Model]
    /// The place of the first model of these ids.
    private let places: [Identity: Int]
    /// The places of the models that are told by a class.
    private let classes: [Int]

    /// The models in libgphoto2's order, of which the first that matches counts.
    public init(_ models: [Model]) {
        self.models = models
        var places: [Identity: Int] = [:]
        for (place, model) in models.enumerated() where model.vendor != 0 {
            let identity = Identity(vendor: model.vendor, product: model.product)
            if places[identity] == nil { places[identity] = place }
        }
        self.places = places
        classes = models.indices.filter { models[$0].class != 0 && models[$0].class != Self.microsoft }
    }

    /// No model: bodies are then told by their class and by udev alone.
    public static let none = UsbModels([])

    /// How many there are.
    public var count: Int { models.count }

    /// The model that libgphoto2 says a device is; nil where it does not know it.
    public func model(of device: UsbDevice) -> String? {
        guard Self.isOffered(device), !device.interfaces.isEmpty else { return nil }
        let known = places[Identity(vendor: Int(device.vendor), product: Int(device.product))]
        let told = classes.first { Self.matches(models[$0], device) }
        return [known, told].compactMap(\.self).min().map { models[$0].name }
    }

    private static let microsoft = 666

    /// Hubs, and what is printer, input or communication alone, libgphoto2 leaves out.
    private static func isOffered(_ device: UsbDevice) -> Bool {
        let neverCameras: Set<UInt8> = [2, 3, 7]
        guard device.deviceClass.class != 9, !neverCameras.contains(device.deviceClass.class) else { return false }
        return device.interfaces.contains { !neverCameras.contains($0.class) }
    }

    private static func matches(_ model: Model, _ device: UsbDevice) -> Bool {
        // Where the device as a whole is of the class, libgphoto2 looks for an interface nowhere, and finds none.
        !matches(model, device.deviceClass) && device.interfaces.contains { matches(model, $0) }
    }

    private static func matches(_ model: Model, _ interface: UsbInterface) -> Bool {
        model.class == Int(interface.class)
            && (model.subclass == -1 || model.subclass == Int(interface.subclass))
            && (model.protocol == -1 || model.protocol == Int(interface.protocol))
    }
}
