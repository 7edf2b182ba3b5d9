import FleetModel
import GPhoto2
import NIOCore
import PacketProtocol

/// What each command of the link does to the body, and how it is answered.
final class BodyCommands {
    private let body: OpenBody
    private let writer: LinkWriter
    private let events: BodyEvents
    private let pieces: PieceSender
    private let objects: ObjectAccess
    private let changes: ObjectChanges
    private let releasing: Releasing
    private let firing: Firing
    /// What a group release needs of this body.
    let arming: Arming
    private var preview: CameraFile?

    init(
        body: OpenBody, queue: WorkQueue, reader: LinkReader, writer: LinkWriter, pieces: PieceSender,
        events: BodyEvents, known: KnownObjects
    ) {
        self.body = body
        self.writer = writer
        self.pieces = pieces
        self.events = events
        objects = ObjectAccess(body: body, queue: queue, known: known)
        changes = ObjectChanges(body: body, writer: writer, known: known)
        releasing = Releasing(body: body, queue: queue, writer: writer, events: events)
        arming = Arming(body: body, queue: queue, reader: reader, writer: writer, events: events)
        firing = Firing(body: body, queue: queue, reader: reader, writer: writer, events: events, arming: arming)
        body.card.prepare = { [events, arming] () throws(Doubt) in
            // Opening a body anew ends its arming, and what it has not told yet is told no more.
            do {
                if arming.armed == nil { try events.drain(untilQuiet: true) }
            } catch let doubt as Doubt {
                throw doubt
            } catch {
                throw Doubt(failure: GPhotoError(.cameraBusy), task: .other)
            }
            if arming.armed != nil || events.hasMore || events.awaitsLate {
                throw Doubt(failure: GPhotoError(.cameraBusy), task: .other)
            }
        }
    }

    /// Does a piece of work and answers it; what is thrown is for the caller to answer.
    func perform(_ work: LinkWork) throws {
        if let command = LinkCommand(rawValue: work.packet.code) { return try perform(command, work) }
        let content = work.packet.content
        let transaction = work.transaction
        switch CommandCode(rawValue: work.packet.code) {
        case .captureImage:
            arming.giveUp()
            writer.answer(transaction, try releasing.capture(try arguments(content)))
        case .triggerCapture:
            arming.giveUp()
            writer.answer(transaction, try releasing.triggerAlone())
        case .getThumbnail: try thumbnail(try arguments(content), transaction)
        case .downloadImage: writer.answer(transaction, try objects.describe(try arguments(content)))
        case .deleteImage:
            try changes.delete(try arguments(content))
            writer.answer(transaction, Nothing())
        case .startLiveView:
            arming.giveUp()
            try frame(transaction)
        case .stopLiveView:
            endPreview()
            writer.answer(transaction, Nothing())
        case .getWidgetCurrentValue:
            let arguments: WidgetArguments = try arguments(content)
            writer.answer(transaction, try body.widgets.get(arguments.widgetID, choices: false))
        case .getWidgetPossibleValues:
            let arguments: WidgetArguments = try arguments(content)
            writer.answer(transaction, try body.widgets.get(arguments.widgetID, choices: true))
        case .setWidgetNewValue:
            events.answer(transaction, try body.widgets.set(try arguments(content)))
        case .listWidgets:
            let arguments: ListWidgetsArguments = try arguments(content)
            writer.answer(transaction, WidgetList(widgets: try body.widgets.list(values: arguments.values ?? false)))
        case .listFiles: writer.answer(transaction, try objects.list(try arguments(content)))
        case .getStorageInfo: writer.answer(transaction, StorageList(storages: try storages()))
        case .getCameraSummary: writer.answer(transaction, try summary())
        default: throw FleetError(.operationNotSupported, "The worker has no such command.")
        }
    }

    private func perform(_ command: LinkCommand, _ work: LinkWork) throws {
        let content = work.packet.content
        let transaction = work.transaction
        switch command {
        case .readPiece:
            let piece: PieceArguments = try arguments(content)
            try pieces.send(transaction) { try objects.read(piece, into: $0) }
        case .storePiece:
            let piece: StorePieceArguments = try arguments(content)
            let target = PieceSender.Target(path: piece.path, offset: piece.offset, isLast: piece.isLast)
            try pieces.send(transaction, to: target) { try objects.readAll(piece.source, into: $0) }
        case .storeObject: writer.answer(transaction, try objects.store(try arguments(content)))
        case .check:
            writer.answer(transaction, try Doubt.or(.other) { () throws(GPhotoError) in try body.exchange() })
        case .checkUpload:
            try changes.check(try arguments(content))
            writer.answer(transaction, Nothing())
        case .putObject:
            try changes.put(try arguments(content))
            writer.answer(transaction, Nothing())
        case .arm:
            if preview != nil { endPreview() }
            writer.answer(
                transaction,
                try arming.arm(try arguments(content)) { [releasing] in releasing.expectedImages() })
        case .fire: try firing.fire(try arguments(content), transaction)
        case .disarm:
            let arguments: DisarmArguments = try arguments(content)
            arming.undo(of: arguments.shot)
            writer.answer(transaction, Nothing())
        case .chooseCaptureTarget:
            let wanted: CaptureTargetArguments = try arguments(content)
            try body.chooseCaptureTarget(wanted.target)
            writer.answer(transaction, Nothing())
        }
    }

    /// No bytes are no arguments (protocol.md, section 1).
    private func arguments<Arguments: Decodable>(_ content: ByteBuffer) throws(FleetError) -> Arguments {
        try PacketJSON.decode(from: content.readableBytes == 0 ? ByteBuffer(string: "{}") : content)
    }

    // MARK: Live view

    private func frame(_ transaction: UInt32) throws {
        // An EOS driver that has not heard yet that live view is off does not switch it on, and waits three seconds for a frame.
        if preview == nil { try events.drain(untilQuiet: true) }
        do {
            let file = try preview ?? CameraFile()
            preview = file
            try body.camera.capturePreview(into: file)
            try file.withBytes { writer.data(CommandCode.startLiveView.rawValue, transaction, $0) }
        } catch let failure as GPhotoError {
            throw Doubt(failure: failure, task: .preview)
        }
        writer.answer(transaction, Nothing())
    }

    /// Nobody watches: the mirror goes down, where the body has a widget for it.
    private func endPreview() {
        preview = nil
        guard let tree = try? body.camera.widget(named: "viewfinder"), let root = tree.root, root.kind == .toggle else {
            return
        }
        try? root.set(.state(0))
        try? body.camera.set(tree, named: "viewfinder")
    }

    // MARK: What the body is

    /// GET_THUMBNAIL: its bytes, then what they are.
    private func thumbnail(_ arguments: PathArguments, _ transaction: UInt32) throws {
        let (file, mime) = try objects.thumbnail(ObjectPath(folder: arguments.folder, name: arguments.name))
        do {
            try file.withBytes { bytes in
                guard !bytes.isEmpty else {
                    throw FleetError(.operationNotSupported, "\(arguments.name) has no thumbnail.")
                }
                guard bytes.count <= Self.longestThumbnail else {
                    throw FleetError(.generalError, "The thumbnail of \(arguments.name) is longer than any can be.")
                }
                writer.data(CommandCode.getThumbnail.rawValue, transaction, bytes)
                writer.answer(transaction, ThumbnailResult(mime: mime, size: Int64(bytes.count)))
            }
        } catch let failure as GPhotoError {
            throw Doubt(failure: failure, task: .object(arguments.name))
        }
    }

    /// What fits into one packet of the link, and is far more than a thumbnail has.
    private static let longestThumbnail = 8 << 20

    /// GET_STORAGE_INFO
    private func storages() throws -> [StorageInfo] {
        try Doubt.or(.other) { () throws(GPhotoError) in try body.storages() }.map { storage in
            let access: StorageInfo.Access =
                switch storage.access {
                case .readWrite: .readWrite
                case .readOnly: .readOnly
                case .readOnlyWithDelete: .readOnlyWithDelete
                }
            return StorageInfo(
                path: storage.path, label: storage.label, capacity: storage.capacity.map(Self.bytes),
                free: storage.free.map(Self.bytes), freeImages: storage.freeImages.map { Int64(clamping: $0) },
                access: access)
        }
    }

    private static func bytes(_ kibibytes: UInt64) -> Int64 {
        Int64(clamping: kibibytes.multipliedReportingOverflow(by: 1024).overflow ? .max : kibibytes * 1024)
    }

    /// GET_CAMERA_SUMMARY: what the driver has no words for is empty.
    private func summary() throws -> BodySummaryText {
        func words(_ ask: () throws(GPhotoError) -> String) throws(Doubt) -> String {
            do throws(Doubt) {
                return try Doubt.or(.other, ask)
            } catch {
                guard error.failure.code == .notSupported else { throw error }
                return ""
            }
        }
        let abilities = body.camera.abilities
        return BodySummaryText(
            summary: try words { () throws(GPhotoError) in try body.camera.summary() },
            manual: try words { () throws(GPhotoError) in try body.camera.manual() },
            about: try words { () throws(GPhotoError) in try body.camera.about() },
            abilities: BodyAbilities(
                model: abilities.model, status: abilities.status, operations: abilities.operations,
                fileOperations: abilities.fileOperations, folderOperations: abilities.folderOperations))
    }
}
