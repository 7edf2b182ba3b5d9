/// What the fleet tells those who subscribed (protocol.md, section 3, Events).
public enum FleetEvent: Sendable {
    /// An image came to be on a body, whoever released.
    case objectAdded(camera: BodyID, image: CapturedImage)
    /// An object is no more on a body, whoever deleted it.
    case objectRemoved(camera: BodyID, object: ObjectPath)
    /// A body finished a release.
    case captureComplete(camera: BodyID)
    /// A widget has another value, whoever changed it.
    case widgetChanged(camera: BodyID, widget: String, value: WidgetValue?)
    /// A sequence took one more, or could not.
    case sequenceProgress(
        camera: BodyID, sequence: UInt64, taken: Int, count: Int, error: ErrorDescription?, ended: Bool)
    /// Something in CAMERA_INFO changed that no other event tells.
    case cameraState(CameraInfo)
    /// A body came and is ready.
    case cameraAttached(CameraInfo)
    /// A body went.
    case cameraDetached(CameraInfo)
    /// An image is safe on the server's disk.
    case imageSaved(SavedImage)
    /// A shot is over: nothing more comes of it.
    case shotComplete(Shot)
    /// A sequence of shots took one more, or could not.
    case groupSequenceProgress(
        sequence: UInt64, taken: Int, count: Int, shot: Int64?, error: ErrorDescription?, ended: Bool)
}
