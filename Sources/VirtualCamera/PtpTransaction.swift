import NIOCore

/// One operation as the initiator asked for it, with the data that it sent along.
struct PtpTransaction: Sendable {
    var operation: OperationCode
    var identifier: UInt32
    var parameters: [UInt32]
    /// What came in the data phase from the initiator, if there was one.
    var data: ByteBuffer?
    /// The same as the content of an object, of any size; nil if it was not all there.
    var object: ObjectContent?

    /// The parameter at a position; absent ones are zero, as in PTP's USB container.
    func parameter(_ index: Int) -> UInt32 {
        index < parameters.count ? parameters[index] : 0
    }
}

/// What the body answers to a transaction.
struct PtpReply: Sendable {
    var response: ResponseCode
    var parameters: [UInt32] = []
    var data: PtpReplyData?

    static let ok = PtpReply(response: .ok)

    static func failed(_ response: ResponseCode) -> PtpReply { PtpReply(response: response) }

    static func data(_ bytes: ByteBuffer) -> PtpReply { PtpReply(response: .ok, data: .init(bytes)) }

    static func data(_ build: (inout ByteBuffer) -> Void) -> PtpReply {
        var bytes = ByteBuffer()
        build(&bytes)
        return .data(bytes)
    }
}

/// The data phase of an answer: a part of some content, made in pieces as they are sent.
struct PtpReplyData: Sendable {
    let content: ObjectContent
    let range: Range<Int>

    init(_ bytes: ByteBuffer) {
        content = ObjectContent(bytes)
        range = 0..<bytes.readableBytes
    }

    init(_ content: ObjectContent, _ range: Range<Int>) {
        self.content = content
        self.range = range
    }
}

/// Whether the body answers a transaction now, or wants to be asked again at a later moment.
enum TransactionOutcome: Sendable {
    case reply(PtpReply)
    /// The transaction has changed nothing yet; perform it again then.
    case waitUntil(NIODeadline)
}

/// An event on its way to the initiator.
struct PtpEvent: Sendable, Equatable {
    var code: EventCode
    /// The transaction that brought it about; all ones if none did.
    var transaction: UInt32 = .max
    var parameters: [UInt32] = []
}
