import FleetModel
import Foundation
import NIOCore
import PacketProtocol

extension FuzzTarget {
    /// A byte for the command, then its JSON: any command's arguments, the protocol's and the link's.
    ///
    /// They are refused with Invalid_Parameter, or they are a value that is written and read again as the same.
    static let arguments = FuzzTarget(name: "arguments") { bytes in
        var input = FuzzInput(bytes)
        let kind = Decoding.arguments[Int(input.byte()) % Decoding.arguments.count]
        try kind.check(input.all(), true)
    }

    /// A byte for the kind, then its JSON: any result or event, as a client reads it from the server, and the server from a
    /// worker.
    static let results = FuzzTarget(name: "results") { bytes in
        var input = FuzzInput(bytes)
        let kind = Decoding.results[Int(input.byte()) % Decoding.results.count]
        try kind.check(input.all(), false)
    }
}

/// A type that is read from JSON, and what must hold of that.
struct Decoding: Sendable {
    /// Whether the JSON is a client's, which is scanned before it is decoded.
    let check: @Sendable (_ content: ByteBuffer, _ isFromClient: Bool) throws -> Void

    private init<Value: Codable & Sendable>(_ type: Value.Type) {
        check = { content, isFromClient in
            let value: Value
            do throws(FleetError) {
                value =
                    try isFromClient
                    ? PacketJSON.arguments(of: content) : PacketJSON.decode(from: content)
            } catch {
                try Broken.unless(error.kind == .invalidParameter, "\(type) was refused with \(error.kind)")
                return try Broken.unless(!error.message.isEmpty, "\(type) was refused without a word")
            }
            // A number that is whole once it is a 32-bit float is read back as an integer; from then on it is the same.
            let settled = try Self.writtenAndRead(try Self.writtenAndRead(value))
            let written = try Self.encoded(settled)
            let writtenAgain = try Self.encoded(try Self.writtenAndRead(settled))
            try Broken.unless(
                written == writtenAgain,
                "\(type) became another: \(String(buffer: written)), \(String(buffer: writtenAgain))")
        }
    }

    private static func writtenAndRead<Value: Codable>(_ value: Value) throws -> Value {
        let written = try encoded(value)
        do throws(FleetError) {
            return try PacketJSON.arguments(of: written)
        } catch {
            throw Broken(
                "\(Value.self) cannot be read from what it was written as: \(String(buffer: written)): \(error)")
        }
    }

    private static func encoded(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    static let arguments: [Decoding] = [
        // In the order of their codes, those of the link last.
        Decoding(CaptureImageArguments.self), Decoding(PathArguments.self), Decoding(ObjectArguments.self),
        Decoding(StartLiveViewArguments.self), Decoding(WidgetArguments.self), Decoding(SetWidgetArguments.self),
        Decoding(ListWidgetsArguments.self), Decoding(ListFilesArguments.self), Decoding(UploadArguments.self),
        Decoding(LockArguments.self), Decoding(StartSequenceArguments.self), Decoding(SequenceArguments.self),
        Decoding(CancelArguments.self), Decoding(AuthenticateArguments.self), Decoding(CameraArguments.self),
        Decoding(SubscribeEventsArguments.self), Decoding(SetCameraNameArguments.self),
        Decoding(ReplaceCameraArguments.self), Decoding(SetCameraNumbersArguments.self),
        Decoding(TicketArguments.self), Decoding(Nothing.self), Decoding(PieceArguments.self),
        Decoding(StoreObjectArguments.self), Decoding(PutObjectArguments.self), Decoding(SetGroupWidgetsArguments.self),
        Decoding(CopyWidgetsArguments.self), Decoding(SavePresetArguments.self),
        Decoding(ApplyPresetArguments.self), Decoding(PresetArguments.self), Decoding(CompareCamerasArguments.self),
        Decoding(ArmGroupArguments.self),
        Decoding(FireGroupArguments.self), Decoding(CaptureGroupArguments.self), Decoding(CollectGroupArguments.self),
        Decoding(ShotArguments.self), Decoding(ListShotsArguments.self), Decoding(ArmArguments.self),
        Decoding(FireArguments.self),
    ]

    static let results: [Decoding] = [
        Decoding(ConnectionGreeting.self), Decoding(FleetCheck.self), Decoding(RoleResult.self),
        Decoding(CameraList.self), Decoding(OpenedSession.self), Decoding(CapturedImages.self),
        Decoding(DownloadTicket.self), Decoding(LiveViewTicket.self), Decoding(FramesSent.self),
        Decoding(WidgetList.self), Decoding(FileList.self), Decoding(TransferResult.self),
        Decoding(ThumbnailResult.self), Decoding(UploadTicket.self), Decoding(UploadStart.self),
        Decoding(StorageList.self), Decoding(ReleaseTime.self), Decoding(BodySummaryText.self),
        Decoding(LockEnd.self), Decoding(StartedSequence.self), Decoding(TakenResult.self),
        Decoding(DriverLog.self), Decoding(ErrorDescription.self), Decoding(ObjectAdded.self),
        Decoding(ObjectRemoved.self), Decoding(SequenceProgress.self), Decoding(CaptureComplete.self),
        Decoding(WidgetChanged.self), Decoding(EventsLost.self), Decoding(CameraInfo.self),
        Decoding(Widget.self), Decoding(ObjectDescription.self), Decoding(StoredObject.self),
        Decoding(BodyStatus.self), Decoding(ChangedWidget.self), Decoding(BodyDescription.self),
        Decoding(WorkerFailure.self), Decoding(KnownModels.self), Decoding(CapturedImage.self),
        Decoding(ObjectPath.self), Decoding(ArmedGroup.self), Decoding(Shot.self), Decoding(ShotList.self),
        Decoding(ArmedBody.self), Decoding(FiredBody.self),
    ]
}
