import NIOCore

/// A body of Canon's EOS series, a 6D: settings and events in operations of its own, live view, capture to the card or to
/// the computer.
struct CanonPersonality: Personality {
    let extensionIdentifier: UInt32 = 0x0000_000B
    let extensionVersion: UInt16 = 100
    let extensionDescription = ""
    let deviceVersion = "3-1.1.9"
    let folderSuffix = "CANON"
    let filePrefix = "IMG_"
    let rawKind = RawKind.cr2
    /// DCF's eight characters, dot and three: what the records of folders have room for.
    let longestFileName = 12
    let operations =
        OperationCode.standard + [
            .canonGetStorageIDs, .canonGetStorageInfo, .canonGetPartialObject, .canonGetDeviceInfoEx,
            .canonGetObjectInfoEx, .canonSetDevicePropValueEx, .canonGetRemoteMode, .canonSetRemoteMode,
            .canonSetEventMode, .canonGetEvent, .canonTransferComplete, .canonCancelTransfer, .canonResetTransfer,
            .canonPCHDDCapacity, .canonSetUILock, .canonResetUILock, .canonKeepDeviceOn, .canonBulbStart,
            .canonBulbEnd, .canonRequestDevicePropValue, .canonRemoteReleaseOn, .canonRemoteReleaseOff,
            .canonSetRequestOLCInfoGroup, .canonInitiateViewfinder, .canonTerminateViewfinder,
            .canonGetViewFinderData, .canonDoAf, .canonDriveLens, .canonZoom, .canonZoomPosition, .canonAfCancel,
        ]
    /// Those that GetEvent brings are in GetDeviceInfoEx.
    let events: [EventCode] = [.objectAdded, .objectRemoved, .devicePropChanged, .captureComplete]

    static let recordTypes: [EventCode] = [
        .canonObjectAddedEx, .canonObjectRemoved, .canonStorageStatusChanged, .canonRequestObjectTransfer,
        .canonPropValueChanged, .canonAvailListChanged, .canonCameraStatusChanged, .canonStoreAdded,
        .canonStoreRemoved, .canonBulbExposureTime, .canonOLCInfoChanged,
    ]

    /// Canon's own properties are told of by events, and not listed.
    func lists(_ property: PropertyCode) -> Bool { property == .friendlyName }

    func perform(_ transaction: PtpTransaction, on body: inout BodyState, now: NIODeadline) -> TransactionOutcome? {
        switch transaction.operation {
        case .canonGetViewFinderData: body.canonLiveViewImage(now)
        case .getDevicePropDesc, .getDevicePropValue, .setDevicePropValue, .resetDevicePropValue:
            lists(PropertyCode(truncatingIfNeeded: transaction.parameter(0)))
                ? nil : .reply(.failed(.devicePropNotSupported))
        default:
            (onModes(transaction, &body, now) ?? onShutter(transaction, &body, now) ?? onObjects(transaction, &body))
                .map { .reply($0) }
        }
    }

    /// Modes, events and settings.
    private func onModes(_ transaction: PtpTransaction, _ body: inout BodyState, _ now: NIODeadline) -> PtpReply? {
        let first = transaction.parameter(0)
        switch transaction.operation {
        case .canonGetRemoteMode:
            return PtpReply(response: .ok, parameters: [body.canon.remoteMode])
        case .canonSetRemoteMode:
            body.canon.remoteMode = first
            return .ok
        case .canonSetEventMode:
            body.canon.eventMode = first
            body.queueAllProperties()
            return .ok
        case .canonGetEvent:
            return body.canonEvents(now)
        case .canonGetDeviceInfoEx:
            return body.canonDeviceInfo()
        case .canonSetDevicePropValueEx:
            return body.canonSetProperty(transaction.data)
        case .canonRequestDevicePropValue:
            return body.canonRequestProperty(PropertyCode(truncatingIfNeeded: first))
        case .canonPCHDDCapacity:
            // Free clusters of a disk, and the bytes of one; a picture is taken for eight million.
            let bytes = UInt64(first) * UInt64(transaction.parameter(1))
            body.canon.hostShots = Int(clamping: min(bytes / 8_000_000, 9999))
            body.queue(.value(.canonAvailableShots))
            return .ok
        case .canonSetUILock, .canonResetUILock, .canonKeepDeviceOn, .canonSetRequestOLCInfoGroup:
            return .ok
        default:
            return nil
        }
    }

    /// Shutter, focus and live view.
    private func onShutter(_ transaction: PtpTransaction, _ body: inout BodyState, _ now: NIODeadline) -> PtpReply? {
        let first = transaction.parameter(0)
        switch transaction.operation {
        case .initiateCapture:
            return PtpReply(response: body.canonRelease(transaction.identifier, now))
        case .canonRemoteReleaseOn:
            return body.canonPress(first, transaction.identifier, now)
        case .canonRemoteReleaseOff:
            return body.canonLetGo(first, now)
        case .canonBulbStart:
            guard exposureSettings(body).exposureTime.numerator == 0 else { return .failed(.generalError) }
            return PtpReply(response: body.canonRelease(transaction.identifier, now))
        case .canonBulbEnd:
            return body.endBulb(now: now) == .ok ? .ok : .failed(.generalError)
        case .canonInitiateViewfinder, .canonTerminateViewfinder:
            return body.canonSwitchViewfinder(transaction.operation == .canonInitiateViewfinder)
        case .canonDoAf:
            body.beginFocus(now)
            body.tellOfFocus(now)
            return .ok
        case .canonAfCancel:
            return .ok
        case .canonDriveLens:
            guard 1...3 ~= first & ~0x8000 else { return .failed(.invalidParameter) }
            return body.liveView == nil ? .failed(.deviceBusy) : .ok
        case .canonZoom:
            guard [1, 5, 10].contains(first) else { return .failed(.invalidParameter) }
            return body.liveView == nil ? .failed(.deviceBusy) : .ok
        case .canonZoomPosition:
            return body.liveView == nil ? .failed(.deviceBusy) : .ok
        default:
            return nil
        }
    }

    /// Storages and objects.
    private func onObjects(_ transaction: PtpTransaction, _ body: inout BodyState) -> PtpReply? {
        let first = transaction.parameter(0)
        switch transaction.operation {
        case .canonGetStorageIDs:
            return .data { $0.writePtp(array: body.cardOutside == nil ? [ObjectStore.storageID] : []) }
        case .canonGetStorageInfo:
            guard first == ObjectStore.storageID else { return .failed(.invalidStorageID) }
            return body.cardOutside == nil ? .data(body.storageInfo()) : .failed(.storeNotAvailable)
        case .canonGetObjectInfoEx:
            return body.canonFolder(storage: first, folder: transaction.parameter(1))
        case .canonGetPartialObject:
            return body.getPartialObject(
                first, offset: transaction.parameter(1), count: transaction.parameter(2))
        case .getObject:
            // A picture in the buffer stays there until the computer says that it has it.
            guard let object = body.memory.first(where: { $0.handle == first }) else { return nil }
            return PtpReply(response: .ok, data: PtpReplyData(object.content, 0..<object.content.count))
        case .canonTransferComplete, .canonCancelTransfer:
            guard body.memory.contains(where: { $0.handle == first }) else { return .failed(.invalidObjectHandle) }
            body.forget(first)
            return .ok
        case .canonResetTransfer:
            return .ok
        case .deleteObject, .formatStore, .sendObject:
            // Done as on every body; there may be room for more pictures now, or for fewer.
            body.queue(.value(.canonAvailableShots))
            return nil
        default:
            return nil
        }
    }

    // MARK: What happens

    func announce(_ event: PtpEvent, in body: inout BodyState) {
        let first = event.parameters.first ?? 0
        switch event.code {
        case .devicePropChanged: body.queue(.value(PropertyCode(truncatingIfNeeded: first)))
        case .objectAdded: body.queue(.added(first))
        case .nikonObjectAddedInSdram: body.queue(.transfer(first))
        case .objectRemoved:
            body.queue(.plain(.canonObjectRemoved, first))
            body.queue(.value(.canonAvailableShots))
        case .storeFull: body.queue(.plain(.canonStorageStatusChanged, first))
        default: break
        }
    }

    /// A computer that went away has left the body as it is by itself.
    func sessionChanged(in body: inout BodyState) {
        body.canon = CanonState()
        body.properties.assign(.number(Self.toCard), to: .canonCaptureDestination)
        body.properties.assign(0, to: .canonEVFOutputDevice)
    }

    func handDestination(_ body: BodyState) -> BodyState.Destination {
        body.properties.number(.canonCaptureDestination) == Self.toHost ? .memory : .card
    }

    func memoryRefusal(_ body: BodyState) -> ResponseCode? {
        if body.canon.hostShots == 0 { return .storeFull }
        // A RAW and a JPEG must find room until the computer has taken those before.
        return body.memory.count > BodyState.memoryLimit - 2 ? .deviceBusy : nil
    }

    func releaseDelay(_ body: BodyState) -> Duration {
        switch body.properties.number(.canonDriveMode) {
        case 0x10: .seconds(10)
        case 0x11: .seconds(2)
        default: .zero
        }
    }

    func exposureBegan(in body: inout BodyState) { body.queue(.plain(.canonCameraStatusChanged, 1)) }

    func pictureFinished(in body: inout BodyState, now: NIODeadline) {
        body.queue(.value(.canonAvailableShots))
        body.queue(.plain(.canonCameraStatusChanged, 0))
        let isContinuous = [0x01, 0x14].contains(body.properties.number(.canonDriveMode))
        if isContinuous, body.canon.isFullyPressed { _ = body.canonRelease(.max, now) }
    }

    func cardMoved(in body: inout BodyState) {
        body.queue(.plain(body.cardOutside == nil ? .canonStoreAdded : .canonStoreRemoved, ObjectStore.storageID))
        body.queue(.value(.canonAvailableShots))
    }
}
