import NIOConcurrencyHelpers

/// What a server sends unasked, for one reader. It holds a fixed number of elements that were not read yet; when it is
/// full, one element is dropped and counted in `dropped`, and the connection goes on undisturbed.
public struct BoundedSequence<Element: Sendable>: AsyncSequence, Sendable {
    /// Why the sequence ends before its time.
    public typealias Failure = FleetClientError

    /// The writing end. It does not keep the sequence alive, so that one that nobody reads any more ends.
    struct Source: Sendable {
        fileprivate let continuation: AsyncThrowingStream<Element, any Error>.Continuation
        fileprivate let losses = NIOLockedValueBox(0)

        func yield(_ element: Element) {
            if case .dropped = continuation.yield(element) { losses.withLockedValue { $0 += 1 } }
        }

        func finish(throwing error: FleetClientError? = nil) {
            continuation.finish(throwing: error)
        }

        /// What to do once the sequence is finished, or nobody reads it any more.
        func onTermination(_ action: @escaping @Sendable () -> Void) {
            continuation.onTermination = { _ in action() }
        }
    }

    private let stream: AsyncThrowingStream<Element, any Error>
    let source: Source

    /// A sequence that drops as `policy` says.
    init(_ policy: AsyncThrowingStream<Element, any Error>.Continuation.BufferingPolicy) {
        let (stream, continuation) = AsyncThrowingStream<Element, any Error>.makeStream(bufferingPolicy: policy)
        self.stream = stream
        source = Source(continuation: continuation)
    }

    /// How many elements were dropped because they were not read in time.
    public var dropped: Int { source.losses.withLockedValue { $0 } }

    /// Reads the elements one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: AsyncThrowingStream<Element, any Error>.Iterator

        /// The next element; nil once this side has closed.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(FleetClientError) -> Element? {
            do {
                return try await base.next(isolation: actor)
            } catch let error as FleetClientError {
                throw error
            } catch {
                throw .cancelled
            }
        }

        /// The next element; nil once this side has closed.
        public mutating func next() async throws(FleetClientError) -> Element? {
            try await next(isolation: nil)
        }
    }

    /// A reader. A sequence has one.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: stream.makeAsyncIterator())
    }
}
