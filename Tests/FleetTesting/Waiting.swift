/// Waits until a condition holds, asking again and again without sleeping longer than a moment; for conditions that nobody
/// announces. Throws when it does not come to hold.
public func waitUntil(
    _ what: String, within patience: Duration = .seconds(20), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHeld(what: what) }
        try await ContinuousClock().sleep(for: .milliseconds(10))
    }
}

/// A condition that a test waited for in vain.
public struct NeverHeld: Error, CustomStringConvertible {
    let what: String
    /// What was waited for.
    public var description: String { "Waited in vain until \(what)." }
}
