import CGPhoto2

/// A storage of a body (CameraStorageInformation).
public struct Storage: Sendable, Hashable {
    /// Its folder, such as `/store_00010001`.
    public let path: String
    /// Its label.
    public let label: String
    /// In KiB; nil when the body does not say.
    public let capacity: UInt64?
    /// In KiB; nil when the body does not say.
    public let free: UInt64?
    /// How many images fit, as the body guesses; nil when it does not say.
    public let freeImages: UInt64?
    /// What can be done with what is on it.
    public let access: Access

    /// CameraStorageAccessType
    public enum Access: Sendable, Hashable {
        case readWrite, readOnly, readOnlyWithDelete
    }

    init(_ information: CameraStorageInformation) {
        let fields = information.fields.rawValue
        path = text(information.basedir)
        label = text(information.label)
        capacity = fields & GP_STORAGEINFO_MAXCAPACITY.rawValue != 0 ? information.capacitykbytes : nil
        free = fields & GP_STORAGEINFO_FREESPACEKBYTES.rawValue != 0 ? information.freekbytes : nil
        freeImages = fields & GP_STORAGEINFO_FREESPACEIMAGES.rawValue != 0 ? information.freeimages : nil
        switch information.access {
        case GP_STORAGEINFO_AC_READONLY: access = .readOnly
        case GP_STORAGEINFO_AC_READONLY_WITH_DELETE: access = .readOnlyWithDelete
        default: access = .readWrite
        }
    }
}
