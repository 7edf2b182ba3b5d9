import NIOCore

// What a description asks for beyond the maker's own: properties, objects, a buffer.

extension BodyState {
    /// Gives properties the values, choices and writability that the description wants.
    mutating func beginProperties() throws(DescriptionError) {
        try description.begin(&properties)
        for code in description.properties.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            _ = personality.propertyChanged(code, in: &self)
        }
    }

    /// Puts the description's objects into the folder of pictures, and sees that everything fits on the card.
    mutating func addDescribedObjects() throws {
        let moment = 1_767_265_200
        if !description.objects.isEmpty {
            var settings = personality.exposureSettings(self)
            settings.width = 960
            settings.height = 640
            let picture = StillPicture(
                description: description, number: exposures + 1, settings: settings, moment: moment, milliseconds: 0)
            let hasPicture = description.objects.contains { ObjectFormat.of($0.name) == ObjectFormat.exifJpeg }
            let developed = hasPicture ? try picture.develop() : nil
            let folder = pictureFolder(date: CameraClock.ptpText(moment), transaction: .max)
            for (number, described) in description.objects.enumerated() {
                guard store.child(described.name, of: folder) == nil else {
                    throw description.wrong(
                        "card.objects", "cannot have the name \(described.name), which a picture has")
                }
                add(described, number, in: folder, moment, developed)
            }
        }
        if let size = description.cardSize, size < store.used {
            throw description.wrong("card.size", "must be at least \(store.used) bytes, which what lies on it takes")
        }
    }

    private mutating func add(
        _ described: DescribedObject, _ number: Int, in folder: UInt32, _ moment: Int,
        _ picture: StillPicture.Developed?
    ) {
        let format = ObjectFormat.of(described.name)
        let shown = format == ObjectFormat.exifJpeg ? picture : nil
        var object = StoredObject(
            handle: 0, parent: folder, name: described.name, format: format,
            captureDate: CameraClock.ptpText(moment),
            content: ObjectContent(
                head: shown?.jpeg ?? ByteBuffer(), count: described.size,
                phase: description.index * 4099 + number * 257))
        if let shown {
            object.thumbnail = shown.thumbnail
            (object.width, object.height) = (shown.width, shown.height)
            object.thumbnailWidth = StillPicture.thumbnailWidth
            object.thumbnailHeight = StillPicture.thumbnailHeight
        }
        store.add(object)
    }

    /// Autofocus begins, as by a shutter that is half pressed.
    mutating func beginFocus(_ now: NIODeadline) { focusEnd = now + TimeAmount(description.autofocusTime) }

    /// Whether autofocus that was begun has not ended.
    func isFocusing(_ now: NIODeadline) -> Bool { focusEnd.map { $0 > now } ?? false }

    /// What autofocus still takes if the shutter is released now.
    func focusDelay(_ now: NIODeadline) -> Duration {
        guard let focusEnd else { return description.autofocusTime }
        return .nanoseconds(max(0, (focusEnd - now).nanoseconds))
    }

    /// Whether another picture fits into the buffer; if so, it has its place there until it is written.
    mutating func hasRoomInBuffer(_ now: NIODeadline) -> Bool {
        guard let depth = description.bufferDepth else { return true }
        writings.removeAll { $0 <= now }
        guard writings.count < depth else { return false }
        writings.append(max(now, writings.last ?? now) + TimeAmount(description.writingTime))
        return true
    }
}

extension ObjectFormat {
    /// What kind of object a file is, by what follows the last dot of its name.
    static func of(_ name: String) -> UInt16 {
        let formats: [String: UInt16] = [
            "jpg": exifJpeg, "jpeg": exifJpeg, "mov": 0x300D, "avi": 0x300A, "mpg": 0x300B, "wav": 0x3008,
            "mp4": 0xB982, "tif": 0x380D, "txt": 0x3004,
        ]
        guard let dot = name.lastIndex(of: ".") else { return undefined }
        return formats[name[name.index(after: dot)...].lowercased()] ?? undefined
    }
}
