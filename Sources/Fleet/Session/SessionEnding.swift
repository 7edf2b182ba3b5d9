/// Something that is to be called at a session's end (`Session.whenClosed`).
public struct SessionEnding: Sendable {
    /// Nil where it was called at once.
    let number: UInt64?
}
