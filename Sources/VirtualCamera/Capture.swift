import NIOCore

// From the release to the picture on the card.

extension BodyState {
    /// Opens the shutter. The body is busy until the picture is stored.
    ///
    /// - Parameter focuses: whether autofocus comes before, which takes its time unless it was begun before.
    /// - Returns: ok, or why it cannot be done now.
    mutating func release(
        to destination: Destination, transaction: UInt32, now: NIODeadline, focuses: Bool = true
    ) -> ResponseCode {
        guard exposure == nil else { return .deviceBusy }
        switch destination {
        case .card:
            guard cardOutside == nil else { return .storeNotAvailable }
            guard store.free > 0 else { return .storeFull }
        case .memory:
            if let refusal = personality.memoryRefusal(self) { return refusal }
        }
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
            let delay = personality.releaseDelay(self) + (focuses ? focusDelay(now) : .zero)
            effects.append(.endExposure(id: exposures, after: delay + description.shutterLag + open))
        }
        personality.exposureBegan(in: &self)
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
    mutating func finish(
        _ exposure: Exposure, _ picture: StillPicture, _ developed: StillPicture.Developed?, now: NIODeadline
    ) {
        self.exposure = nil
        switch exposure.destination {
        case .card:
            if let developed, developed.size <= store.free {
                let folder = pictureFolder(date: CameraClock.ptpText(picture.moment), transaction: exposure.transaction)
                for object in objects(developed, in: folder, moment: picture.moment, name: nextFileName()) {
                    announce(.objectAdded, store.add(object), transaction: exposure.transaction)
                }
            } else if cardOutside == nil {
                announce(.storeFull, ObjectStore.storageID, transaction: exposure.transaction)
            }
            announce(.captureComplete, exposure.transaction, transaction: exposure.transaction)
        case .memory:
            if let developed {
                keep(objects(developed, in: 0, moment: picture.moment, name: nextFileName()), exposure.transaction)
            }
            announce(.nikonCaptureCompleteRecInSdram, 0, transaction: exposure.transaction)
        }
        personality.pictureFinished(in: &self, now: now)
    }

    /// Puts the files of one picture into the buffer of the body.
    private mutating func keep(_ files: [StoredObject], _ transaction: UInt32) {
        var before: UInt32?
        for var object in files {
            object.handle = 0xFFFF_0001 + UInt32(memoryCount % 0xFF)
            memoryCount += 1
            if memory.count == Self.memoryLimit, let oldest = memory.first { forget(oldest.handle) }
            memory.append(object)
            if let before, personality.tellsOfFilesOneByOne {
                memoryFollowers[before] = object.handle
            } else {
                announce(.nikonObjectAddedInSdram, object.handle, transaction: transaction)
            }
            before = object.handle
        }
    }

    /// A file leaves the buffer of the body; the one that waited for that is told of.
    mutating func forget(_ handle: UInt32) {
        memory.removeAll { $0.handle == handle }
        guard let next = memoryFollowers.removeValue(forKey: handle) else { return }
        announce(.nikonObjectAddedInSdram, next)
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
            for var object in objects(developed, in: folder, moment: moment, name: nextFileName()) {
                if number >= description.pictures {
                    let size = description.extraObjects[number - description.pictures]
                    object.content = ObjectContent(
                        head: object.content.head, count: max(0, size),
                        phase: description.index * 4099 + number * 257)
                }
                store.add(object)
            }
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

    /// The name of the next picture, without the ending.
    private mutating func nextFileName() -> String {
        fileNumber += 1
        let digits = String(fileNumber)
        return personality.filePrefix + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// The files of a picture: RAW, JPEG, or both in that order.
    private func objects(
        _ developed: StillPicture.Developed, in folder: UInt32, moment: Int, name: String
    ) -> [StoredObject] {
        let raw = developed.raw.map { ($0, personality.rawKind.nameExtension, personality.rawKind.format) }
        let jpeg = developed.jpeg.map { (ObjectContent($0), "JPG", ObjectFormat.exifJpeg) }
        return [raw, jpeg].compactMap { $0 }.map { content, ending, format in
            StoredObject(
                handle: 0, parent: folder, name: name + "." + ending, format: format,
                captureDate: CameraClock.ptpText(moment), content: content, thumbnail: developed.thumbnail,
                width: developed.width, height: developed.height, thumbnailWidth: StillPicture.thumbnailWidth,
                thumbnailHeight: StillPicture.thumbnailHeight)
        }
    }
}
