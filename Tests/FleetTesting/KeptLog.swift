public import Logging
import NIOConcurrencyHelpers

/// What was logged, for a test to look at.
public struct KeptLog: LogHandler {
    private let kept = NIOLockedValueBox<[String]>([])
    /// What each message is told with.
    public var metadata: Logger.Metadata = [:]
    /// The least that is kept.
    public var logLevel = Logger.Level.trace

    /// An empty one.
    public init() {}

    /// Level, message and metadata of each message, in one text.
    public var lines: [String] { kept.withLockedValue { $0 } }

    /// A logger that writes here.
    public var logger: Logger { Logger(label: "test") { _ in self } }

    /// One of what each message is told with.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Keeps a message.
    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let words = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        kept.withLockedValue { $0.append("\(event.level) \(event.message) \(words.joined(separator: " "))") }
    }
}
