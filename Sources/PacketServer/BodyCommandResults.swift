import Fleet
import FleetModel
import NIOCore
import PacketProtocol

/// What a command is answered with.
struct Answer: Sendable {
    /// What goes before the response, in data packets.
    var data: ByteBuffer?
    /// The response.
    var json: ByteBuffer

    init(data: ByteBuffer? = nil, json: ByteBuffer) {
        self.data = data
        self.json = json
    }

    init(_ value: some Encodable) {
        self.init(json: PacketEncoder.json(value))
    }
}

/// What the commands of one body do (protocol.md, section 3).
extension CommandResponder {
    func result(
        of code: CommandCode, _ packet: PtpPacket, on session: Session
    ) async throws(FleetError) -> Answer {
        let content = packet.content
        let transaction = packet.transactionID
        switch code {
        case .checkConnection:
            try nothing(in: packet)
            return Answer(try await session.check(transaction: transaction))
        case .captureImage:
            return Answer(
                json: try await session.captureImage(try PacketJSON.arguments(of: content), transaction: transaction))
        case .getThumbnail:
            let (bytes, result) = try await session.thumbnail(
                try PacketJSON.arguments(of: content), transaction: transaction)
            return Answer(data: bytes, json: result)
        case .downloadImage:
            return Answer(
                try await session.downloadTicket(
                    try PacketJSON.arguments(of: content), transaction: transaction, port: greeting.downloadPort))
        case .startLiveView:
            return Answer(
                try await session.liveViewTicket(
                    try PacketJSON.arguments(of: content), transaction: transaction, port: greeting.liveViewPort))
        case .stopLiveView:
            try nothing(in: packet)
            return Answer(session.stopLiveView())
        case .getWidgetCurrentValue:
            return Answer(
                json: try await session.widgetValue(try PacketJSON.arguments(of: content), transaction: transaction))
        case .getWidgetPossibleValues:
            return Answer(
                json: try await session.widgetChoices(try PacketJSON.arguments(of: content), transaction: transaction))
        case .setWidgetNewValue:
            return Answer(
                json: try await session.setWidget(try PacketJSON.arguments(of: content), transaction: transaction))
        case .listWidgets:
            return Answer(
                json: try await session.widgets(try PacketJSON.arguments(of: content), transaction: transaction))
        case .listFiles:
            return Answer(
                json: try await session.files(try PacketJSON.arguments(of: content), transaction: transaction))
        case .deleteImage:
            return Answer(
                json: try await session.delete(try PacketJSON.arguments(of: content), transaction: transaction))
        case .uploadFile:
            return Answer(
                try await session.uploadTicket(
                    try PacketJSON.arguments(of: content), transaction: transaction, port: greeting.downloadPort))
        case .getStorageInfo:
            try nothing(in: packet)
            return Answer(json: try await session.storages(transaction: transaction))
        case .triggerCapture:
            try nothing(in: packet)
            return Answer(json: try await session.triggerCapture(transaction: transaction))
        case .getCameraSummary:
            try nothing(in: packet)
            return Answer(json: try await session.summary(transaction: transaction))
        case .lockCamera: return Answer(try session.lock(try PacketJSON.arguments(of: content)))
        case .unlockCamera:
            try nothing(in: packet)
            try session.unlock()
            return Answer(Nothing())
        case .startSequence: return Answer(try session.startSequence(try PacketJSON.arguments(of: content)))
        case .stopSequence: return Answer(try await session.stopSequence(try PacketJSON.arguments(of: content)))
        case .resetCamera:
            try nothing(in: packet)
            try await session.reset(transaction: transaction)
            return Answer(Nothing())
        case .cancel:
            let arguments: CancelArguments = try PacketJSON.arguments(of: content)
            await session.cancel(transaction: arguments.transactionID)
            return Answer(Nothing())
        case .closeSession: return Answer(Nothing())
        default: throw Self.closed
        }
    }

    /// A command that has no arguments may still have bad JSON.
    private func nothing(in packet: PtpPacket) throws(FleetError) {
        _ = try PacketJSON.arguments(Nothing.self, of: packet.content)
    }
}
