import NIOCore

// From the release to the picture on the card.

extension BodyState {
    /// Opens the shutter. The body is busy until the picture is stored.
    ///
    /// - Returns: ok, or why it cannot be done now.
    mutating func release(
        to destination: Destination, transaction: UInt32, now: NIODeadline
    ) -> ResponseCode {
        guard exposure == nil else { return .deviceBusy }
        guard destination == .memory || store.free > 0 else { return .storeFull }
        guard hasRoomInBuffer(now) else { return .deviceBusy }
        exposures += 1
        releases.append(now)
        if releases.count > Self.releaseLimit { releases.removeFirst() }
        var settings = personality.exposureSettings(self)
        // A finger on the shutter at bulb stays there for a second.
        if settings.exposureTime.numerator == 0, transaction == .max { settings.exposureTime = (1, 1) }
        let time = settings.exposureTime
        let isBulb = time.numerator == 0
        exposure = Exposure(
            id: exposures, destination: destination, transaction: transaction, settings: settings, released: now,
            isBulb: isBulb)
        if !isBulb {
            let open = Duration.nanoseconds(time.numerator * 1_000_000_000 / max(1, time.denominator))
            let delay = Duration.milliseconds(properties.number(.captureDelay))
            effects.append(.endExposure(id: exposures, after: delay + description.releaseDelay + open))
        }
        return .ok
    }

    /// Closes the shutter of a bulb exposure.
    mutating func endBulb(now: NIODeadline) -> ResponseCode {
        guard let exposure, exposure.isBulb, exposure.isOpen else { return .nikonInvalidStatus }
        endExposure(exposure.id, now: now)
        return .ok
    }

    /// The shutter has closed: have the picture developed.
    mutating func endExposure(_ id: Int, now: NIODeadline) {
        guard let exposure, exposure.id == id, exposure.isOpen else { return }
        self.exposure?.isOpen = false
        var settings = exposure.settings
        if exposure.isBulb {
            settings.exposureTime = ((now - exposure.released).nanoseconds / 1_000_000, 1000)
        }
        let moment = clock.now()
        let picture = StillPicture(
            description: description, number: id, settings: settings, moment: moment.seconds,
            milliseconds: moment.milliseconds)
        effects.append(.develop(picture, exposure))
    }

    /// A picture is developed, or could not be: store it, tell of it, and be ready again.
    mutating func finish(_ exposure: Exposure, _ picture: StillPicture, _ developed: StillPicture.Developed?) {
        self.exposure = nil
        switch exposure.destination {
        case .card:
            if let developed, developed.jpeg.readableBytes <= store.free {
                let folder = pictureFolder(date: CameraClock.ptpText(picture.moment), transaction: exposure.transaction)
                let handle = store.add(object(developed, in: folder, moment: picture.moment, name: nextFileName()))
                announce(.objectAdded, handle, transaction: exposure.transaction)
            } else {
                announce(.storeFull, ObjectStore.storageID, transaction: exposure.transaction)
            }
            announce(.captureComplete, exposure.transaction, transaction: exposure.transaction)
        case .memory:
            if let developed {
                var object = object(developed, in: 0, moment: picture.moment, name: nextFileName())
                object.handle = 0xFFFF_0001 + UInt32(exposure.id - 1) % 0xFF
                if memory.count == Self.memoryLimit { memory.removeFirst() }
                memory.append(object)
                announce(.nikonObjectAddedInSdram, object.handle, transaction: exposure.transaction)
            }
            announce(.nikonCaptureCompleteRecInSdram, 0, transaction: exposure.transaction)
        }
    }

    /// The pictures and files that are on the card before anybody used the body, with dates of their own.
    mutating func fillCard() throws {
        let firstMoment = 1_767_265_200
        var settings = personality.exposureSettings(self)
        settings.width = 960
        settings.height = 640
        let count = description.pictures + description.extraObjects.count
        var head: StillPicture.Developed?
        for number in 0..<max(0, count) {
            let moment = firstMoment + 60 * number
            let picture = StillPicture(
                description: description, number: number + 1, settings: settings, moment: moment, milliseconds: 0)
            let developed: StillPicture.Developed
            if number > description.pictures, let head { developed = head } else { developed = try picture.develop() }
            head = developed
            let folder = pictureFolder(date: CameraClock.ptpText(moment), transaction: .max)
            var object = object(developed, in: folder, moment: moment, name: nextFileName())
            if number >= description.pictures {
                let size = description.extraObjects[number - description.pictures]
                object.content = ObjectContent(
                    head: developed.jpeg, count: max(0, size), phase: description.index * 4099 + number * 257)
            }
            store.add(object)
        }
        exposures = count
        if count == 0 { _ = pictureFolder(date: CameraClock.ptpText(firstMoment), transaction: .max) }
        try addDescribedObjects()
        store = store.resized(to: description.cardSize ?? store.used + description.cardSpace)
        effects = []
        queuedEvents = []
    }

    /// The folder that the next picture goes to, made if the card has it no more.
    mutating func pictureFolder(date: String, transaction: UInt32) -> UInt32 {
        if fileNumber >= 9999 {
            fileNumber = 0
            folderNumber = folderNumber >= 999 ? 100 : folderNumber + 1
        }
        let images = store.folder("DCIM", in: ObjectStore.root, date: date)
        if images.isNew { announce(.objectAdded, images.handle, transaction: transaction) }
        let folder = store.folder("\(folderNumber)\(personality.folderSuffix)", in: images.handle, date: date)
        if folder.isNew { announce(.objectAdded, folder.handle, transaction: transaction) }
        return folder.handle
    }

    private mutating func nextFileName() -> String {
        fileNumber += 1
        let digits = String(fileNumber)
        return "DSC_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ".JPG"
    }

    private func object(
        _ developed: StillPicture.Developed, in folder: UInt32, moment: Int, name: String
    ) -> StoredObject {
        StoredObject(
            handle: 0, parent: folder, name: name, format: ObjectFormat.exifJpeg,
            captureDate: CameraClock.ptpText(moment), content: ObjectContent(developed.jpeg),
            thumbnail: developed.thumbnail, width: developed.width, height: developed.height,
            thumbnailWidth: StillPicture.thumbnailWidth, thumbnailHeight: StillPicture.thumbnailHeight)
    }
}
