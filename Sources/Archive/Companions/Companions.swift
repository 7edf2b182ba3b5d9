/// What is written beside saved images for other programs to read. The images themselves are never touched.
public struct Companions: Sendable, Hashable {
    /// A manifest (JSON) a shot.
    public var manifests: Bool
    /// A sidecar (XMP) an image.
    public var sidecars: Bool

    /// Manifests alone, unless it is said.
    public init(manifests: Bool = true, sidecars: Bool = false) {
        self.manifests = manifests
        self.sidecars = sidecars
    }

    /// Whether anything is written.
    public var areWritten: Bool { manifests || sidecars }
}
