import NIOCore

// What Canon's own operations do.

extension BodyState {
    // MARK: Shutter

    /// How many pictures there is room for, on the card or on the computer.
    var canonAvailableShots: Int {
        personality.handDestination(self) == .memory ? canon.hostShots : min(9999, Int(freeImages))
    }

    mutating func canonRelease(_ transaction: UInt32, _ now: NIODeadline) -> ResponseCode {
        release(
            to: personality.handDestination(self), transaction: transaction, now: now,
            focuses: properties.number(.canonFocusMode) != 3)
    }

    /// RemoteReleaseOn: bit 0 presses the shutter half, bit 1 fully.
    mutating func canonPress(_ buttons: UInt32, _ transaction: UInt32, _ now: NIODeadline) -> PtpReply {
        guard 1...3 ~= buttons else { return .failed(.invalidParameter) }
        if buttons & 1 != 0, !canon.isHalfPressed {
            canon.isHalfPressed = true
            beginFocus(now)
            tellOfFocus(now)
        }
        guard buttons & 2 != 0 else { return .ok }
        let response = canonRelease(transaction, now)
        canon.isFullyPressed = response == .ok
        return PtpReply(response: response)
    }

    /// RemoteReleaseOff: lets go of what RemoteReleaseOn pressed. A bulb exposure lasts as long as the shutter is pressed.
    mutating func canonLetGo(_ buttons: UInt32, _ now: NIODeadline) -> PtpReply {
        guard 1...3 ~= buttons else { return .failed(.invalidParameter) }
        if buttons & 1 != 0 {
            canon.isHalfPressed = false
            focusEnd = nil
        }
        if buttons & 2 != 0, canon.isFullyPressed {
            canon.isFullyPressed = false
            _ = endBulb(now: now)
        }
        return .ok
    }

    // MARK: Live view

    mutating func canonSwitchViewfinder(_ isOn: Bool) -> PtpReply {
        let output = properties.number(.canonEVFOutputDevice)
        canonSet(.canonEVFOutputDevice, .number(isOn ? output | 2 : output & ~2))
        return .ok
    }

    /// GetViewFinderData: a block of length, type 1 and a JPEG.
    mutating func canonLiveViewImage(_ now: NIODeadline) -> TransactionOutcome {
        guard liveView != nil else { return .reply(.failed(.canonNotReady)) }
        var header = ByteBuffer()
        header.writePtp(UInt32(0))
        header.writePtp(UInt32(1))
        let outcome = liveViewImage(header: header, now)
        guard case .reply(let reply) = outcome, reply.response == .ok, var data = reply.data?.content.head else {
            return outcome
        }
        data.setInteger(UInt32(data.readableBytes), at: data.readerIndex, endianness: .little)
        return .reply(.data(data))
    }

    // MARK: Settings

    /// SetDevicePropValueEx: the size of all, the property, and its value in 32 bits, as a string or as a record.
    mutating func canonSetProperty(_ data: ByteBuffer?) -> PtpReply {
        guard var data else { return .failed(.generalError) }
        let size = data.readableBytes
        guard data.readPtp(UInt32.self).map(Int.init) == size, let parameter = data.readPtp(UInt32.self) else {
            return .failed(.generalError)
        }
        let code = PropertyCode(truncatingIfNeeded: parameter)
        guard let property = properties[code], !personality.lists(code) else {
            return .failed(.devicePropNotSupported)
        }
        guard property.isWritable else { return .failed(.accessDenied) }
        guard let value = Self.value(of: property, in: data) else { return .failed(.invalidDevicePropFormat) }
        guard property.form.allows(value) else { return .failed(.invalidDevicePropValue) }
        if let seconds = value.number.map(Int.init), code == .canonUTCTime || code == .canonCameraTime {
            clock.set(seconds: code == .canonUTCTime ? seconds : CameraClock.seconds(ofLocalTime: seconds))
        }
        canonSet(code, value)
        return .ok
    }

    /// The value in the data of a SetDevicePropValueEx.
    private static func value(of property: DeviceProperty, in data: ByteBuffer) -> PropertyValue? {
        if property.code.isCanonImageFormat {
            return CanonImageFormat(data).map { .number(Int64($0.rawValue)) }
        }
        var data = data
        if property.type == .text {
            // As long as the body has room for; more is no string of this body's.
            guard data.readableBytes <= 64, let text = data.readNullTerminatedString(),
                text.utf8.allSatisfy({ $0 < 0x80 })
            else { return nil }
            return .text(text)
        }
        guard let number = data.readPtp(UInt32.self), data.readableBytes == 0 else { return nil }
        return switch property.type {
        case .uint8: .number(Int64(UInt8(truncatingIfNeeded: number)))
        case .uint16: .number(Int64(UInt16(truncatingIfNeeded: number)))
        case .int8: .number(Int64(Int8(truncatingIfNeeded: number)))
        case .int16: .number(Int64(Int16(truncatingIfNeeded: number)))
        case .int32: .number(Int64(Int32(bitPattern: number)))
        case .uint32, .text: .number(Int64(number))
        }
    }

    /// Gives a property a value that it can take, and tells of it and of what hangs on it.
    private mutating func canonSet(_ code: PropertyCode, _ value: PropertyValue) {
        properties.assign(value, to: code)
        announce(.devicePropChanged, UInt32(code.rawValue))
        bringAlong(code)
    }

    mutating func canonRequestProperty(_ code: PropertyCode) -> PtpReply {
        guard properties[code] != nil, !personality.lists(code) else { return .failed(.generalError) }
        queue(.value(code))
        queue(.choices(code))
        return .ok
    }

    /// GetDeviceInfoEx: its size, then which events there are, which properties, and which files.
    func canonDeviceInfo() -> PtpReply {
        var lists = ByteBuffer()
        lists.writePtp(array: CanonPersonality.recordTypes.map { UInt32($0.rawValue) })
        lists.writePtp(array: properties.codes.filter { !personality.lists($0) }.map { UInt32($0.rawValue) })
        lists.writePtp(array: [UInt32(ObjectFormat.exifJpeg), UInt32(personality.rawKind.format)])
        return .data {
            $0.writePtp(UInt32(lists.readableBytes + 4))
            $0.writeImmutableBuffer(lists)
        }
    }

    // MARK: Files

    /// GetObjectInfoEx: how many entries a folder has, and for each 56 bytes.
    func canonFolder(storage: UInt32, folder: UInt32) -> PtpReply {
        guard cardOutside == nil else { return .failed(.storeNotAvailable) }
        guard storage == .max || storage == ObjectStore.storageID else { return .failed(.invalidStorageID) }
        let parent = folder == .max ? ObjectStore.root : folder
        guard store.isFolder(parent) else { return .failed(.invalidObjectHandle) }
        let objects = store.contents(of: parent).compactMap { store[$0] }
        return .data { data in
            data.writePtp(UInt32(objects.count))
            for object in objects {
                for number in [56, object.handle, ObjectStore.storageID, UInt32(object.format), 0] {
                    data.writePtp(number)
                }
                // Flags: a folder, protected.
                data.writePtp(UInt32(object.isFolder ? 0x10 : 0) | (object.isProtected ? 1 : 0))
                for number in [UInt32(clamping: object.content.count), parent, object.handle] { data.writePtp(number) }
                let name = Array(object.name.utf8.prefix(15))
                data.writeBytes(name)
                data.writeRepeatingByte(0, count: 16 - name.count)
                data.writePtp(UInt32(clamping: CameraClock.seconds(ofPtpText: object.captureDate) ?? 0))
            }
        }
    }
}
