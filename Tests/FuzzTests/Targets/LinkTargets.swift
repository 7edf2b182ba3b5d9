import Dispatch
import FleetModel
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import PacketProtocol

@testable import BodyWorker
@testable import Fleet

extension FuzzTarget {
    /// What a worker reads from the server: a byte for how it is cut, then the stream.
    ///
    /// Each command is put into the queue, which stays within its capacity, or is refused; what comes out of it has
    /// arguments that are read or refused by name.
    static let linkToWorker = FuzzTarget(name: "link-to-worker") { bytes in
        var input = FuzzInput(bytes)
        let capacity = 8
        let queue = WorkQueue(capacity: capacity)
        let reader = LinkReader(descriptor: -1, queue: queue, writer: unread, opening: nil)
        let processor = NIOSingleStepByteToMessageProcessor(PacketDecoder(limits: .onLink))
        var commands = 0
        let pieces = input.pieces()
        do {
            for piece in pieces {
                try processor.process(buffer: piece) { packet in
                    if packet.type == .command { commands += 1 }
                    reader.take(packet)
                }
            }
        } catch is FramingError {
            // The worker ends.
        }
        var taken = 0
        for _ in 0..<commands {
            guard let work = queue.take() else { continue }
            taken += 1
            try checkArguments(of: work)
            queue.finish()
        }
        try Broken.unless(taken <= capacity, "\(taken) commands waited in a queue for \(capacity)")
        try Broken.unless(queue.take() == nil, "more came out of the queue than was put in")
    }

    /// What a worker is answered with goes nowhere.
    private static let unread = LinkWriter(descriptor: open("/dev/null", O_WRONLY | O_CLOEXEC))

    private static func checkArguments(of work: LinkWork) throws {
        let content = work.packet.content.readableBytes == 0 ? ByteBuffer(string: "{}") : work.packet.content
        do throws(FleetError) {
            switch (LinkCommand(rawValue: work.packet.code), CommandCode(rawValue: work.packet.code)) {
            case (.readPiece, _): _ = try PacketJSON.decode(PieceArguments.self, from: content)
            case (.storePiece, _): _ = try PacketJSON.decode(StorePieceArguments.self, from: content)
            case (.chooseCaptureTarget, _): _ = try PacketJSON.decode(CaptureTargetArguments.self, from: content)
            case (.storeObject, _): _ = try PacketJSON.decode(StoreObjectArguments.self, from: content)
            case (.checkUpload, _): _ = try PacketJSON.decode(UploadArguments.self, from: content)
            case (.putObject, _): _ = try PacketJSON.decode(PutObjectArguments.self, from: content)
            case (.arm, _): _ = try PacketJSON.decode(ArmArguments.self, from: content)
            case (.fire, _): _ = try PacketJSON.decode(FireArguments.self, from: content)
            case (_, .captureImage): _ = try PacketJSON.decode(CaptureImageArguments.self, from: content)
            case (_, .getThumbnail), (_, .deleteImage): _ = try PacketJSON.decode(PathArguments.self, from: content)
            case (_, .downloadImage): _ = try PacketJSON.decode(ObjectArguments.self, from: content)
            case (_, .setWidgetNewValue): _ = try PacketJSON.decode(SetWidgetArguments.self, from: content)
            case (_, .listFiles): _ = try PacketJSON.decode(ListFilesArguments.self, from: content)
            default: _ = try PacketJSON.decode(WidgetArguments.self, from: content)
            }
        } catch {
            try Broken.unless(error.kind == .invalidParameter, "refused with \(error.kind)")
        }
    }

    /// What the server reads from a worker, while it waits for four answers: a byte for how it is cut, then the stream.
    ///
    /// Every request is answered once, at the end of the link at the latest, and no more events wait than may.
    static let linkToServer = FuzzTarget(name: "link-to-server") { bytes in
        var input = FuzzInput(bytes)
        let room = 16
        let (events, continuation) = AsyncStream.makeStream(
            of: WorkerEvent.self, bufferingPolicy: .bufferingOldest(room))
        let isHung = NIOLockedValueBox(false)
        let handler = LinkHandler(
            events: continuation, grace: .seconds(5), hung: { isHung.withLockedValue { $0 = true } })
        let channel = EmbeddedChannel(
            handlers: [ByteToMessageHandler(PacketDecoder(limits: .onLink)), handler], loop: EmbeddedEventLoop())
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/link")).wait()
        let requests = Requests(handler, channel)
        // A worker that the server holds for hung is killed: what it sent before is read no more.
        for piece in input.pieces() where !isHung.withLockedValue({ $0 }) {
            guard (try? channel.writeInbound(piece)) != nil else { break }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        try requests.check()
        withExtendedLifetime(events) {}
    }
}

/// What is asked of a worker that answers anything.
private final class Requests {
    private var answers: [UInt32: Int] = [:]
    private var settled = 0
    private var failure: Broken?
    private let codes: [UInt32: UInt16] = [
        1: LinkCommand.check.rawValue, 2: CommandCode.downloadImage.rawValue, 3: LinkCommand.storeObject.rawValue,
        4: LinkCommand.readPiece.rawValue,
    ]

    init(_ handler: LinkHandler, _ channel: EmbeddedChannel) {
        for (id, code) in codes.sorted(by: { $0.key < $1.key }) {
            let answer = channel.eventLoop.makePromise(of: LinkAnswer.self)
            let settled = channel.eventLoop.makePromise(of: Void.self)
            answer.futureResult.assumeIsolated().whenComplete { self.take($0, of: id) }
            settled.futureResult.assumeIsolated().whenComplete { _ in self.settled += 1 }
            handler.begin(
                LinkRequest(
                    code: code, arguments: ByteBuffer(string: "{}"), kind: id == 4 ? .background : .command,
                    limit: .seconds(30)),
                id: id, answer: answer, settled: settled)
        }
    }

    private func take(_ result: Result<LinkAnswer, any Error>, of id: UInt32) {
        answers[id, default: 0] += 1
        switch result {
        case .failure(let error):
            if !(error is FleetError) { failure = Broken("an answer failed with \(error)") }
        case .success(let answer):
            switch id {
            case 1: _ = try? PacketJSON.decode(BodyStatus.self, from: answer.json)
            case 2: _ = try? PacketJSON.decode(ObjectDescription.self, from: answer.json)
            case 3: _ = try? PacketJSON.decode(StoredObject.self, from: answer.json)
            default: break
            }
        }
    }

    func check() throws {
        if let failure { throw failure }
        try Broken.unless(
            answers.count == codes.count && settled == codes.count, "answers \(answers), settled \(settled)")
        try Broken.unless(answers.values.allSatisfy { $0 == 1 }, "answers \(answers)")
    }
}
