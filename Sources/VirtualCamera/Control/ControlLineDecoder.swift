import NIOCore

/// What a client of the control port wrote.
enum ControlLine: Equatable, Sendable {
    case line(ByteBuffer)
    /// A line beyond the limit; none of it is kept.
    case tooLong
}

/// Bytes into lines, the last one also without its end. Holds at most `limit` bytes.
struct ControlLineDecoder: ByteToMessageDecoder {
    typealias InboundOut = ControlLine

    static let limit = 64 * 1024
    private var isPassingOver = false

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        let length = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map { $0 - buffer.readerIndex }
        guard let length else {
            if buffer.readableBytes > Self.limit || isPassingOver {
                isPassingOver = true
                buffer.moveReaderIndex(forwardBy: buffer.readableBytes)
            }
            return .needMoreData
        }
        let line = buffer.readSlice(length: length) ?? ByteBuffer()
        buffer.moveReaderIndex(forwardBy: 1)
        let isTooLong = isPassingOver || length > Self.limit
        isPassingOver = false
        context.fireChannelRead(Self.wrapInboundOut(isTooLong ? .tooLong : .line(line)))
        return .continue
    }

    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) throws -> DecodingState {
        while try decode(context: context, buffer: &buffer) == .continue {}
        if seenEOF, let line = buffer.readSlice(length: buffer.readableBytes), line.readableBytes > 0 {
            context.fireChannelRead(Self.wrapInboundOut(.line(line)))
        }
        return .needMoreData
    }
}
