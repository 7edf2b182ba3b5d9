/// Which models a worker's libgphoto2 knows on USB: some 2,600 of them, in 120 KB.
public struct KnownModels: Codable, Sendable, Equatable {
    /// One model, as an array on the link: name, vendor, product, class, subclass, protocol.
    public struct Model: Codable, Sendable, Equatable {
        /// The model in the driver's words.
        public var name: String
        /// usb_vendor of CameraAbilities, and so on: as libgphoto2 has them.
        public var vendor, product, `class`, subclass, `protocol`: Int

        /// A model.
        public init(name: String, vendor: Int, product: Int, class: Int, subclass: Int, protocol: Int) {
            self.name = name
            self.vendor = vendor
            self.product = product
            self.class = `class`
            self.subclass = subclass
            self.protocol = `protocol`
        }

        /// Reads an array.
        public init(from decoder: any Decoder) throws {
            var fields = try decoder.unkeyedContainer()
            name = try fields.decode(String.self)
            vendor = try fields.decode(Int.self)
            product = try fields.decode(Int.self)
            `class` = try fields.decode(Int.self)
            subclass = try fields.decode(Int.self)
            `protocol` = try fields.decode(Int.self)
        }

        /// Writes an array.
        public func encode(to encoder: any Encoder) throws {
            var fields = encoder.unkeyedContainer()
            try fields.encode(name)
            for number in [vendor, product, `class`, subclass, `protocol`] { try fields.encode(number) }
        }
    }

    /// The library's version (gp_library_version).
    public var version: String
    /// In the library's order, of which the first that matches a device counts.
    public var models: [Model]

    /// What a library knows.
    public init(version: String, models: [Model]) {
        self.version = version
        self.models = models
    }
}
