public import NIOCore

/// A frame of a body's live view.
public struct LiveViewFrame: Sendable {
    /// Counts the body's frames: 1, 2, …
    public let number: UInt32
    /// When the frame had arrived from the body, in nanoseconds since 1970.
    public let arrived: Int64
    /// The same moment on the clock that never steps.
    let instant: ContinuousClock.Instant
    /// The JPEG, shared by all who watch.
    public let jpeg: ByteBuffer
}
