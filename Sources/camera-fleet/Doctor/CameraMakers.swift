/// USB vendor numbers of those who make cameras (public usb.ids).
enum CameraMakers {
    /// Nikon, Fujifilm, Olympus, OM, Pentax and Ricoh (three), Leica, Sigma, Hasselblad: whatever of theirs is on USB is a
    /// camera.
    static let alone: Set<String> = [
        "04b0", "04cb", "07b4", "33a2", "0a17", "25fb", "05ca", "1a98", "1003", "25b7",
    ]

    /// Canon, Sony, Panasonic, Kodak, Casio: they make printers, sticks and players as well.
    private static let amongOthers: Set<String> = ["04a9", "054c", "04da", "040a", "07cf"]

    private static let wordsOfCameras = ["digital camera", "eos", "powershot", "ilce-", "dsc", "dmc-", "dc-"]

    /// Whether a device is a camera by its vendor and the name of its product.
    static func made(vendor: String, product: String) -> Bool {
        if alone.contains(vendor) { return true }
        let name = product.lowercased()
        return amongOthers.contains(vendor) && wordsOfCameras.contains { name.contains($0) }
    }
}
