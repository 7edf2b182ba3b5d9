import GPhoto2

/// A Sony: held at half press (widget `autofocus`), released by one press (widget `capture`: SetControlDeviceB of D2C2).
final class SonyRelease: ReleasePersonality {
    let method = "Sony: half press while armed, then capture, held at its request"
    let transactionsBefore = 0

    private let camera: Camera
    private let full: WidgetTree

    /// Nil where the body has no such widgets.
    init?(body: OpenBody) {
        guard body.manufacturer.lowercased().hasPrefix("sony"),
            let full = try? body.camera.widget(named: "capture"), let root = full.root, root.kind == .toggle,
            (try? root.set(.state(1))) != nil, (try? body.camera.widget(named: "autofocus").root?.kind) == .toggle
        else { return nil }
        camera = body.camera
        self.full = full
    }

    func press() throws {
        try Doubt.or(.release) { () throws(GPhotoError) in try set("autofocus", 1) }
    }

    func release() throws(GPhotoError) { try camera.set(full, named: "capture") }

    func letGo() throws(GPhotoError) {
        try set("capture", 0)
        try set("autofocus", 0)
    }

    func undo() throws(GPhotoError) { try set("autofocus", 0) }

    private func set(_ name: String, _ state: Int32) throws(GPhotoError) {
        let tree = try camera.widget(named: name)
        try tree.root?.set(.state(state))
        try camera.set(tree, named: name)
    }
}
