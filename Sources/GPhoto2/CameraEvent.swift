import CGPhoto2

/// What a body tells (CameraEventType).
public enum CameraEvent: Sendable, Hashable {
    /// Nothing came in time.
    case timeout
    /// Something that the driver has no name for, in its words.
    case unknown(String)
    /// An object is there now.
    case fileAdded(folder: String, name: String)
    /// A folder is there now.
    case folderAdded(folder: String, name: String)
    /// An object is another now.
    case fileChanged(folder: String, name: String)
    /// A release is done.
    case captureComplete

    init(_ type: CameraEventType, _ data: UnsafeMutableRawPointer?) {
        switch type {
        case GP_EVENT_TIMEOUT: self = .timeout
        case GP_EVENT_CAPTURE_COMPLETE: self = .captureComplete
        case GP_EVENT_FILE_ADDED, GP_EVENT_FOLDER_ADDED, GP_EVENT_FILE_CHANGED:
            guard let data else {
                self = .unknown("")
                return
            }
            let path = data.load(as: CameraFilePath.self)
            let (folder, name) = (text(path.folder), text(path.name))
            if type == GP_EVENT_FILE_ADDED {
                self = .fileAdded(folder: folder, name: name)
            } else if type == GP_EVENT_FOLDER_ADDED {
                self = .folderAdded(folder: folder, name: name)
            } else {
                self = .fileChanged(folder: folder, name: name)
            }
        default:
            self = .unknown(data.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? "")
        }
    }
}
