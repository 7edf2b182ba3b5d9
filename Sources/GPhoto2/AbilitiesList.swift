import CGPhoto2

/// What libgphoto2's drivers know of all their models: 6.4 MB in 2.5.30, so it should not live longer than it is needed.
public final class AbilitiesList {
    let pointer: OpaquePointer
    private let context: Context

    /// Loads every driver's list (gp_abilities_list_load).
    public init(context: Context) throws(GPhotoError) {
        var pointer: OpaquePointer?
        try check(gp_abilities_list_new(&pointer))
        guard let pointer else { throw GPhotoError(.noMemory) }
        self.pointer = pointer
        self.context = context
        try check(gp_abilities_list_load(pointer, context.pointer), context)
    }

    deinit {
        gp_abilities_list_free(pointer)
    }

    /// All models that are told by USB ids or by a USB class, in the library's order
    /// (gp_abilities_list_get_abilities).
    public func usbModels() throws(GPhotoError) -> [UsbModel] {
        var models: [UsbModel] = []
        for index in 0..<(try check(gp_abilities_list_count(pointer))) {
            var abilities = CameraAbilities()
            try check(gp_abilities_list_get_abilities(pointer, index, &abilities))
            guard abilities.port.rawValue & GP_PORT_USB.rawValue != 0 else { continue }
            let model = UsbModel(abilities)
            if model.vendor != 0 || model.class != 0 { models.append(model) }
        }
        return models
    }

    /// Gives a camera the abilities of a model (gp_camera_set_abilities).
    func set(_ model: String, on camera: UnsafeMutablePointer<CGPhoto2.Camera>) throws(GPhotoError) {
        let index = try check(gp_abilities_list_lookup_model(pointer, model))
        var abilities = CameraAbilities()
        try check(gp_abilities_list_get_abilities(pointer, index, &abilities))
        try check(gp_camera_set_abilities(camera, abilities))
    }
}

/// How a model is told on USB: what CameraAbilities says of it.
public struct UsbModel: Sendable, Hashable {
    /// The model in the driver's words.
    public let model: String
    /// usb_vendor; 0 where it is told by its class alone.
    public let vendor: Int
    /// usb_product
    public let product: Int
    /// usb_class; 0 where it is told by its ids alone, 666 for Microsoft's descriptors of MTP.
    public let `class`: Int
    /// usb_subclass; -1 is any.
    public let subclass: Int
    /// usb_protocol; -1 is any.
    public let `protocol`: Int

    init(_ abilities: CameraAbilities) {
        model = text(abilities.model)
        vendor = Int(abilities.usb_vendor)
        product = Int(abilities.usb_product)
        `class` = Int(abilities.usb_class)
        subclass = Int(abilities.usb_subclass)
        `protocol` = Int(abilities.usb_protocol)
    }
}

/// The entries of a CameraList.
func names(in list: OpaquePointer) -> [(name: String, value: String)] {
    let count = max(0, gp_list_count(list))
    return (0..<count).compactMap { index in
        var name: UnsafePointer<CChar>?
        var value: UnsafePointer<CChar>?
        guard gp_list_get_name(list, index, &name) == GP_OK, let name else { return nil }
        _ = gp_list_get_value(list, index, &value)
        return (String(cString: name), value.map { String(cString: $0) } ?? "")
    }
}

/// The text of a fixed array of characters in a C structure, which may lack its last zero.
func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { text($0) }
}

/// The text of bytes that end with a zero, or with the last of them.
func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
