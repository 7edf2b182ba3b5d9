import NIOCore

// The operations of ISO 15740 that concern the device and its properties.

extension BodyState {
    /// Performs a transaction: the maker's own operations first, then the standard's.
    mutating func perform(_ transaction: PtpTransaction, now: NIODeadline) -> TransactionOutcome {
        guard personality.operations.contains(transaction.operation) else {
            return .reply(.failed(.operationNotSupported))
        }
        switch transaction.operation {
        case .getDeviceInfo:
            return .reply(.data(deviceInfo()))
        case .openSession:
            return .reply(openSession(transaction.parameter(0)))
        default:
            guard isSessionOpen else { return .reply(.failed(.sessionNotOpen)) }
        }
        return personality.perform(transaction, on: &self, now: now) ?? .reply(performStandard(transaction, now))
    }

    private mutating func performStandard(_ transaction: PtpTransaction, _ now: NIODeadline) -> PtpReply {
        let first = transaction.parameter(0)
        switch transaction.operation {
        case .closeSession:
            endSession()
            return .ok
        case .getDevicePropDesc:
            return propertyDescription(PropertyCode(truncatingIfNeeded: first))
        case .getDevicePropValue:
            return propertyValue(PropertyCode(truncatingIfNeeded: first))
        case .setDevicePropValue:
            return setProperty(PropertyCode(truncatingIfNeeded: first), transaction.data)
        case .resetDevicePropValue:
            return resetProperty(first)
        case .initiateCapture:
            return initiateCapture(transaction, now)
        case .resetDevice:
            return resetDevice()
        default:
            return performOnObjects(transaction)
        }
    }

    private func deviceInfo() -> ByteBuffer {
        var info = ByteBuffer()
        info.writePtp(UInt16(100))
        info.writePtp(personality.extensionIdentifier)
        info.writePtp(personality.extensionVersion)
        info.writePtp(personality.extensionDescription)
        info.writePtp(UInt16(0))
        info.writePtp(array: personality.operations.map(\.rawValue))
        info.writePtp(array: personality.events.map(\.rawValue))
        info.writePtp(array: properties.codes.filter(personality.lists).map(\.rawValue))
        let images = [ObjectFormat.exifJpeg, personality.rawKind.format]
        info.writePtp(array: images)
        info.writePtp(
            array: [ObjectFormat.undefined, ObjectFormat.association] + images.filter { $0 != ObjectFormat.undefined })
        info.writePtp(description.manufacturer)
        info.writePtp(description.model)
        info.writePtp(personality.deviceVersion)
        info.writePtp(description.serialNumber)
        return info
    }

    private mutating func openSession(_ identifier: UInt32) -> PtpReply {
        guard identifier != 0 else { return .failed(.invalidParameter) }
        guard !isSessionOpen else { return .failed(.sessionAlreadyOpen) }
        endSession()
        isSessionOpen = true
        return .ok
    }

    /// A property as it is now: what the body keeps up by itself is brought up to date first.
    private mutating func property(_ code: PropertyCode) -> DeviceProperty? {
        if code == .dateTime {
            properties.assign(.text(CameraClock.ptpText(clock.now().seconds)), to: .dateTime)
        }
        personality.refresh(code, in: &self)
        return properties[code]
    }

    private mutating func propertyDescription(_ code: PropertyCode) -> PtpReply {
        property(code).map { .data($0.description) } ?? .failed(.devicePropNotSupported)
    }

    private mutating func propertyValue(_ code: PropertyCode) -> PtpReply {
        guard let property = property(code) else { return .failed(.devicePropNotSupported) }
        return .data { property.type.write(property.current, into: &$0) }
    }

    private mutating func setProperty(_ code: PropertyCode, _ data: ByteBuffer?) -> PtpReply {
        guard properties[code] != nil else { return .failed(.devicePropNotSupported) }
        guard let data else { return .failed(.generalError) }
        if code == .dateTime {
            guard case .text(let text)? = PropertyType.text.read(data) else {
                return .failed(.invalidDevicePropFormat)
            }
            return clock.set(text) ? .ok : .failed(.invalidDevicePropValue)
        }
        let response = properties.set(code, from: data)
        if response == .ok { bringAlong(code) }
        return PtpReply(response: response)
    }

    private mutating func resetProperty(_ parameter: UInt32) -> PtpReply {
        if parameter == .max {
            properties.resetAll()
            for code in properties.codes { bringAlong(code) }
            return .ok
        }
        let code = PropertyCode(truncatingIfNeeded: parameter)
        let response = properties.reset(code)
        if response == .ok { bringAlong(code) }
        return PtpReply(response: response)
    }

    private mutating func initiateCapture(_ transaction: PtpTransaction, _ now: NIODeadline) -> PtpReply {
        let (storage, format) = (transaction.parameter(0), transaction.parameter(1))
        guard storage == 0 || storage == ObjectStore.storageID else { return .failed(.invalidStorageID) }
        guard format == 0 || format == UInt32(ObjectFormat.exifJpeg) else {
            return .failed(.invalidObjectFormatCode)
        }
        return PtpReply(response: release(to: .card, transaction: transaction.identifier, now: now))
    }

    private mutating func resetDevice() -> PtpReply {
        properties.resetAll()
        for code in properties.codes { bringAlong(code) }
        announce(.deviceReset)
        endSession()
        return .ok
    }

    /// A dial turned on the body: the value is taken whether or not the initiator could set it, and told of.
    mutating func turnDial(_ code: PropertyCode, _ value: PropertyValue) -> Bool {
        guard let property = properties[code], property.type.holds(value), property.form.allows(value) else {
            return false
        }
        properties.assign(value, to: code)
        announce(.devicePropChanged, UInt32(code.rawValue))
        bringAlong(code)
        return true
    }

    /// A property has a new value: those that hang on it follow, and the initiator is told which.
    mutating func bringAlong(_ code: PropertyCode) {
        for other in personality.propertyChanged(code, in: &self) {
            announce(.devicePropChanged, UInt32(other.rawValue))
        }
    }

    /// The current value of a property.
    mutating func currentValue(_ code: PropertyCode) -> PropertyValue? { property(code)?.current }
}

extension PropertyCode {
    init(truncatingIfNeeded parameter: UInt32) { self.init(UInt16(truncatingIfNeeded: parameter)) }
}
