import NIOCore

/// A body of Nikon's D series: live view, events in a queue, capture to the card or to memory.
struct NikonPersonality: Personality {
    let extensionIdentifier: UInt32 = 0x0000_000A
    let extensionVersion: UInt16 = 100
    let extensionDescription = ""
    let deviceVersion = "V1.11"
    let folderSuffix = "D7500"
    let rawKind = RawKind.nef
    let tellsOfFilesOneByOne = true
    let operations =
        OperationCode.standard + [
            .nikonInitiateCaptureRecInSdram, .nikonAfDrive, .nikonChangeCameraMode, .nikonDelImageSDRAM,
            .nikonGetEvent, .nikonDeviceReady, .nikonGetVendorPropCodes, .nikonAfAndCaptureRecInSdram,
            .nikonStartLiveView, .nikonEndLiveView, .nikonGetLiveViewImage, .nikonMfDrive, .nikonChangeAfArea,
            .nikonAfDriveCancel, .nikonInitiateCaptureRecInMedia, .nikonTerminateCapture,
        ]
    let events: [EventCode] = [
        .objectAdded, .objectRemoved, .storeAdded, .storeRemoved, .devicePropChanged, .storeFull, .deviceReset,
        .storageInfoChanged,
        .captureComplete, .nikonObjectAddedInSdram, .nikonCaptureCompleteRecInSdram,
    ]

    /// Nikon lists its own properties in an operation of its own, GetVendorPropCodes.
    func lists(_ property: PropertyCode) -> Bool { property.rawValue < 0xD000 }

    func perform(_ transaction: PtpTransaction, on body: inout BodyState, now: NIODeadline) -> TransactionOutcome? {
        switch transaction.operation {
        case .nikonGetLiveViewImage: body.nikonLiveViewImage(now)
        case .nikonStartLiveView: .reply(body.nikonStartLiveView(now))
        default: reply(transaction, &body, now).map { .reply($0) }
        }
    }

    private func reply(
        _ transaction: PtpTransaction, _ body: inout BodyState, _ now: NIODeadline
    ) -> PtpReply? {
        switch transaction.operation {
        case .nikonGetVendorPropCodes:
            let codes = body.properties.codes.filter { !lists($0) }.map(\.rawValue)
            return .data { $0.writePtp(array: codes) }
        case .nikonGetEvent:
            return body.nikonEvents()
        case .nikonDeviceReady:
            return PtpReply(response: body.isFocusing(now) ? .deviceBusy : body.nikonReadiness)
        case .nikonChangeCameraMode:
            return transaction.parameter(0) <= 1 ? .ok : .failed(.invalidParameter)
        case .nikonEndLiveView:
            body.liveView = nil
            return .ok
        case .nikonInitiateCaptureRecInSdram:
            return release(to: .memory, transaction, &body, now, focuses: false)
        case .nikonAfAndCaptureRecInSdram:
            return release(to: .memory, transaction, &body, now)
        case .nikonInitiateCaptureRecInMedia:
            let focuses = transaction.parameter(0) != .max
            switch transaction.parameter(1) {
            case 0: return release(to: .card, transaction, &body, now, focuses: focuses)
            case 1: return release(to: .memory, transaction, &body, now, focuses: focuses)
            default: return .failed(.invalidParameter)
            }
        case .initiateCapture:
            return release(to: .card, transaction, &body, now)
        case .nikonTerminateCapture:
            return PtpReply(response: body.endBulb(now: now))
        case .nikonDelImageSDRAM:
            let handle = transaction.parameter(0)
            for object in body.memory where handle == 0 || object.handle == handle { body.forget(object.handle) }
            return .ok
        case .nikonAfDrive:
            body.beginFocus(now)
            return .ok
        case .nikonAfDriveCancel:
            body.focusEnd = nil
            return .ok
        case .nikonMfDrive, .nikonChangeAfArea:
            return body.liveView == nil ? .failed(.nikonNotLiveView) : .ok
        default:
            return nil
        }
    }

    private func release(
        to destination: BodyState.Destination, _ transaction: PtpTransaction, _ body: inout BodyState,
        _ now: NIODeadline, focuses: Bool = true
    ) -> PtpReply {
        let response = body.release(
            to: destination, transaction: transaction.identifier, now: now, focuses: focuses)
        body.focusEnd = nil
        return PtpReply(response: response)
    }

    /// Events wait to be asked for with GetEvent, from the session's beginning on. None goes out by itself: over USB libgphoto2
    /// hears what comes by the interrupt endpoint, and never looks at it once GetEvent is listed.
    func announce(_ event: PtpEvent, in body: inout BodyState) {
        guard body.isSessionOpen else { return }
        if body.queuedEvents.count == BodyState.queueLimit { body.queuedEvents.removeFirst() }
        body.queuedEvents.append(event)
    }

    func sessionChanged(in body: inout BodyState) {
        body.properties.assign(0, to: .nikonRecordingMedia)
    }
}

extension BodyState {
    /// What DeviceReady says.
    var nikonReadiness: ResponseCode {
        guard let exposure else { return .ok }
        return exposure.isBulb ? .nikonBulbReleaseBusy : .deviceBusy
    }

    /// The answer to GetEvent: how many, and each with its code and one parameter.
    mutating func nikonEvents() -> PtpReply {
        let events = queuedEvents
        queuedEvents = []
        return .data { buffer in
            buffer.writePtp(UInt16(events.count))
            for event in events {
                buffer.writePtp(event.code.rawValue)
                buffer.writePtp(event.parameters.first ?? 0)
            }
        }
    }

    mutating func nikonStartLiveView(_ now: NIODeadline) -> PtpReply {
        guard exposure == nil else { return .failed(.deviceBusy) }
        startLiveView(now)
        return .ok
    }

    mutating func nikonLiveViewImage(_ now: NIODeadline) -> TransactionOutcome {
        guard liveView != nil else { return .reply(.failed(.nikonNotLiveView)) }
        return liveViewImage(header: nikonLiveViewHeader, now)
    }

    /// What stands before the JPEG: 384 bytes, sizes and places of image, shown part and focus area, most significant
    /// byte first. No two bytes of it look like a JPEG's beginning or end.
    private var nikonLiveViewHeader: ByteBuffer {
        let (width, height) = (UInt16(painter.width), UInt16(painter.height))
        let (wholeWidth, wholeHeight) = (UInt16(5568), UInt16(3712))
        var header = ByteBuffer()
        for side in [
            width, height, wholeWidth, wholeHeight, wholeWidth, wholeHeight, wholeWidth / 2, wholeHeight / 2, 400,
            400, wholeWidth / 2, wholeHeight / 2,
        ] {
            header.writeInteger(side)
        }
        header.writeRepeatingByte(0, count: 384 - header.readableBytes)
        return header
    }
}
