import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// What a worker answered.
struct LinkAnswer: Sendable {
    /// The result, as JSON.
    var json: ByteBuffer
    /// The bytes of the data packet before it.
    var data: ByteBuffer?
}

/// What is asked of a worker.
struct LinkRequest: Sendable {
    /// How the request relates to others of the same body.
    enum Kind: Sendable {
        /// One at a time; its time limit runs from when it is sent.
        case command
        /// Pieces of downloads and live view frames: they wait in the worker behind commands, and while one of those
        /// runs their time does not.
        case background
    }

    var code: UInt16
    var arguments: ByteBuffer
    var kind: Kind
    var limit: Duration
}

/// A request under way.
struct LinkTransaction: Sendable {
    let id: UInt32
    /// The answer, or Timed_Out once its time is over.
    let answer: EventLoopFuture<LinkAnswer>
    /// When the worker has done with it: after a Timed_Out that is later than the answer.
    let settled: EventLoopFuture<Void>
}

/// The server's end of the link to one worker.
struct WorkerLink: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<LinkHandler>
    private let lastTransaction = NIOLockedValueBox<UInt32>(0)

    init(channel: any Channel, handler: NIOLoopBound<LinkHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Whether this is the same link.
    func isSame(as other: WorkerLink?) -> Bool { channel === other?.channel }

    /// Whether the worker is there still.
    var isOpen: Bool { channel.isActive }

    /// Sends a request.
    func begin(_ request: LinkRequest) -> LinkTransaction {
        let id = lastTransaction.withLockedValue { last in
            last &+= 1
            return last
        }
        let loop = channel.eventLoop
        let answer = loop.makePromise(of: LinkAnswer.self)
        let settled = loop.makePromise(of: Void.self)
        loop.execute { [handler] in handler.value.begin(request, id: id, answer: answer, settled: settled) }
        return LinkTransaction(id: id, answer: answer.futureResult, settled: settled.futureResult)
    }

    /// Sends a request and waits for its answer.
    func ask(_ request: LinkRequest) async throws(FleetError) -> LinkAnswer {
        try await begin(request).answer.result()
    }

    /// Tells the worker to stop what it does for a transaction.
    func cancel(_ transaction: UInt32) {
        channel.eventLoop.execute { [handler] in handler.value.cancel(transaction) }
    }

    /// Closes the link; what is under way ends with `error`.
    func abandon(_ error: FleetError) {
        channel.eventLoop.execute { [handler] in handler.value.abandon(error) }
    }

    /// Closes the link.
    func close() async throws {
        try await channel.close()
    }
}

extension EventLoopFuture where Value: Sendable {
    /// The value; every error on a link is a `FleetError`.
    func result() async throws(FleetError) -> Value {
        do {
            return try await get()
        } catch let error as FleetError {
            throw error
        } catch {
            throw FleetError(.cameraFault, "The link to the body's worker failed: \(error).")
        }
    }
}
