import NIOCore

/// What an EOS body keeps of what a computer has told it, and what it has yet to tell.
struct CanonState: Sendable {
    var remoteMode: UInt32 = 0
    var eventMode: UInt32 = 0
    /// What GetEvent gives next, oldest first. At most `recordLimit`; the oldest go first when it is full.
    var records: [CanonRecord] = []
    /// How many pictures the computer says it has room for.
    var hostShots = 0
    var isHalfPressed = false
    /// Whether the end of autofocus is yet to be told of.
    var owesFocus = false
    var isFullyPressed = false
    /// The seconds of a bulb exposure that were told of.
    var bulbSeconds: Int64 = 0

    static let recordLimit = 1024
}

/// One record of Canon's GetEvent.
enum CanonRecord: Sendable, Equatable {
    /// C189: the value that a property has when the record is fetched.
    case value(PropertyCode)
    /// C18A: the values that it can take.
    case choices(PropertyCode)
    /// C181: a file or folder is on the card.
    case added(UInt32)
    /// C186: a picture waits in the buffer of the body to be taken.
    case transfer(UInt32)
    /// C1A5: focus was sought, and found or not.
    case focus(Bool)
    /// A code with one number: C182 object removed, C18B status of the body, C192 and C193 card in and out, C194 seconds
    /// of bulb.
    case plain(EventCode, UInt32)
}

extension BodyState {
    /// Keeps a record until the computer asks, unless it wants no events.
    mutating func queue(_ record: CanonRecord) {
        guard canon.eventMode != 0 else { return }
        // A value is told once, as it is when it is told.
        if case .value = record, canon.records.contains(record) { return }
        if canon.records.count == CanonState.recordLimit { canon.records.removeFirst() }
        canon.records.append(record)
    }

    /// Everything that a body has to say about itself when events begin.
    mutating func queueAllProperties() {
        canon.records = []
        for code in properties.codes where !personality.lists(code) {
            queue(.value(code))
            queue(.choices(code))
        }
    }

    /// Tells how autofocus ended, once it has; a lens that is focused by hand says so at once.
    mutating func tellOfFocus(_ now: NIODeadline) {
        let isAutomatic = properties.number(.canonFocusMode) != 3
        canon.owesFocus = isAutomatic && isFocusing(now)
        if !canon.owesFocus { queue(.focus(isAutomatic)) }
    }

    /// The answer to GetEvent: the records so far, closed by one that is empty.
    mutating func canonEvents(_ now: NIODeadline) -> PtpReply {
        if let exposure, exposure.isBulb, exposure.isOpen {
            let seconds = (now - exposure.released).nanoseconds / 1_000_000_000
            if seconds > canon.bulbSeconds {
                canon.bulbSeconds = seconds
                queue(.plain(.canonBulbExposureTime, UInt32(clamping: seconds)))
            }
        } else {
            canon.bulbSeconds = 0
        }
        if canon.owesFocus { tellOfFocus(now) }
        let records = canon.records
        canon.records = []
        var data = ByteBuffer()
        for record in records { write(record, into: &data) }
        Self.write(0, ByteBuffer(), into: &data)
        return .data(data)
    }

    /// Size and type, then the body, filled up to whole words of 32 bits.
    private static func write(_ type: UInt32, _ body: ByteBuffer, into data: inout ByteBuffer) {
        let padding = (4 - body.readableBytes % 4) % 4
        data.writePtp(UInt32(8 + body.readableBytes + padding))
        data.writePtp(type)
        data.writeImmutableBuffer(body)
        data.writeRepeatingByte(0, count: padding)
    }

    private mutating func write(_ record: CanonRecord, into data: inout ByteBuffer) {
        var body = ByteBuffer()
        let type: EventCode
        switch record {
        case .value(let code):
            personality.refresh(code, in: &self)
            guard let property = properties[code] else { return }
            type = .canonPropValueChanged
            body.writePtp(UInt32(code.rawValue))
            Self.write(property.current, of: property, into: &body)
        case .choices(let code):
            guard let property = properties[code], case .choices(let choices) = property.form else { return }
            type = .canonAvailListChanged
            for number in [UInt32(code.rawValue), 3, UInt32(choices.count)] { body.writePtp(number) }
            for choice in choices { Self.write(choice, of: property, into: &body) }
        case .added(let handle):
            guard let object = store[handle] else { return }
            type = .canonObjectAddedEx
            for number in [handle, ObjectStore.storageID, UInt32(object.format), 0, 0] { body.writePtp(number) }
            for number in [UInt32(clamping: object.content.count), object.parent, handle] { body.writePtp(number) }
            body.writeNullTerminatedString(object.name)
        case .transfer(let handle):
            guard let object = object(handle) else { return }
            type = .canonRequestObjectTransfer
            for number in [handle, UInt32(object.format), 0, UInt32(clamping: object.content.count), 0] {
                body.writePtp(number)
            }
            body.writeNullTerminatedString(object.name)
        case .focus(let isFound):
            type = .canonOLCInfoChanged
            // The length of what follows the type, which groups of information there are, and the one of focus.
            body.writePtp(UInt32(16))
            body.writePtp(UInt32(0x0100))
            body.writeBytes([0, 0, 0, 0, isFound ? 1 : 0, 0, 0, 0])
        case .plain(let code, let number):
            type = code
            body.writePtp(number)
        }
        Self.write(UInt32(type.rawValue), body, into: &data)
    }

    /// A value as events have it: 32 bits, a string, or the record of an image format.
    private static func write(_ value: PropertyValue, of property: DeviceProperty, into body: inout ByteBuffer) {
        switch value {
        case .text(let text):
            body.writeNullTerminatedString(text)
        case .number(let number):
            if property.code.isCanonImageFormat {
                CanonImageFormat(rawValue: UInt16(truncatingIfNeeded: number)).write(into: &body)
            } else {
                body.writePtp(UInt32(truncatingIfNeeded: number))
            }
        }
    }
}

extension PropertyCode {
    /// Whether the property has Canon's record of image formats as its value.
    var isCanonImageFormat: Bool { self == .canonImageFormat || self == .canonImageFormatSD }
}
