import Crypto
import FleetModel
import Glibc
import NIOCore
import PacketProtocol

// Pictures, files and live view.

extension Photographer {
    /// Takes a picture, downloads it, and deletes it.
    func capture() throws {
        let mark = body.condition.mark
        let images = try ask(.captureImage, CaptureImageArguments(), CapturedImages.self).images
        guard !images.isEmpty else { return fail("a capture without a picture", mark) }
        for image in images {
            // Whatever happens to it on the way, it goes from the card at last.
            leftovers += 1
            var progress = try transfer.begin(image.path)
            try transfer.read(&progress)
            check(progress, of: image.path, size: image.size, mark)
            _ = try ask(.deleteImage, PathArguments(folder: image.folder, name: image.name), Nothing.self)
            leftovers -= 1
        }
    }

    private func check(_ progress: SoakTransfer.Progress, of object: ObjectPath, size: Int64, _ mark: Int) {
        let digest = progress.digest
        guard progress.received == size else {
            return fail("\(object.name) has \(size) bytes, and \(progress.received) came", mark)
        }
        guard progress.result?.sha256 == digest else {
            return fail(
                "\(object.name) is \(digest), and the server says \(progress.result?.sha256 ?? "nothing")", mark)
        }
        if object.name.hasSuffix(".JPG"), object != body.object,
            progress.firstBytes != [0xFF, 0xD8] || progress.lastBytes != [0xFF, 0xD9]
        {
            fail("\(object.name) is no JPEG", mark)
        }
    }

    func trigger() throws {
        for _ in 0..<Int.random(in: 1...3, using: &numbers) {
            leftovers += 1
            _ = try ask(.triggerCapture, Nothing(), ReleaseTime.self)
        }
    }

    func takeSequence() throws {
        let sequence = try ask(
            .startSequence, StartSequenceArguments(count: 3, intervalSeconds: 0.1), StartedSequence.self)
        leftovers += 3
        usleep(UInt32.random(in: 0...1_500_000, using: &numbers))
        let mark = body.condition.mark
        let taken = try ask(.stopSequence, SequenceArguments(sequence: sequence.sequence), TakenResult.self)
        guard 0...3 ~= taken.taken else { return fail("a sequence of 3 took \(taken.taken)", mark) }
    }

    func readThumbnail() throws {
        let mark = body.condition.mark
        let files = try ask(.listFiles, ListFilesArguments(recurse: true), FileList.self).files
        guard let file = files.filter({ $0.name.hasSuffix(".JPG") }).randomElement(using: &numbers) else { return }
        let (content, data) = try client.content(
            of: .getThumbnail, PathArguments(folder: file.folder, name: file.name), session: session)
        let result = try client.decode(ThumbnailResult.self, from: content, of: .getThumbnail)
        guard result.size == Int64(data.readableBytes), data.readableBytes > 4 else {
            return fail("a thumbnail of \(result.size) bytes has \(data.readableBytes)", mark)
        }
    }

    // MARK: Files

    /// Sends a file, in parts now and then, and reads it back.
    func upload() throws {
        guard body.can.contains(.upload) else { return }
        let mark = body.condition.mark
        let bytes = numbers.bytes(Int.random(in: 0...1_500_000, using: &numbers))
        let file = ObjectPath(
            folder: body.object.folder, name: "UP\(UInt32.random(in: 0...999_999, using: &numbers)).DAT")
        leftovers += 1
        let ticket = try ask(
            .uploadFile, UploadArguments(folder: file.folder, name: file.name, size: Int64(bytes.count)),
            UploadTicket.self)
        if numbers.isOnce(in: 2) {
            let part = Int.random(in: 0...bytes.count, using: &numbers)
            if part < bytes.count { _ = try transfer.send(bytes, ticket, atMost: part) }
            // One upload in four is never ended.
            if numbers.isOnce(in: 2) { return place.ledger.count("uploads that were given up") }
        }
        _ = try transfer.send(bytes, ticket)
        var progress = try transfer.begin(file)
        try transfer.read(&progress)
        check(progress, of: file, size: Int64(bytes.count), mark)
        let digest = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        if progress.digest != digest { fail("\(file.name) is not what was uploaded", mark) }
        _ = try ask(.deleteImage, PathArguments(folder: file.folder, name: file.name), Nothing.self)
        leftovers -= 1
    }

    func download() throws {
        let mark = body.condition.mark
        var progress = try transfer.begin(body.object)
        try transfer.read(&progress)
        check(progress, of: body.object, size: body.size, mark)
        if progress.digest != body.digest { fail("\(body.object.name) has other bytes than before", mark) }
    }

    /// What libgphoto2 makes of an object, which goes by way of the server's spool; now and then nobody waits for it.
    func downloadMadeFile() throws {
        let mark = body.condition.mark
        let type = [ObjectFileType.preview, .exif, .metadata].randomElement(using: &numbers) ?? .preview
        if numbers.isOnce(in: 3) {
            let other = try SoakClient(place)
            let session = try other.open(body.camera)
            for _ in 0..<3 {
                try other.connection.send(
                    .downloadImage,
                    ObjectArguments(folder: body.object.folder, name: body.object.name, type: type), session: session)
            }
            usleep(UInt32.random(in: 0...30_000, using: &numbers))
            return place.ledger.count("clients that vanished")
        }
        var progress = try transfer.begin(body.object, type: type)
        try transfer.read(&progress)
        guard progress.result?.sha256 == progress.digest else {
            return fail("\(type) of \(body.object.name) comes with other bytes than the server says", mark)
        }
    }

    /// A download that breaks off, again and again, and is taken up where it was.
    func downloadInParts() throws {
        let mark = body.condition.mark
        var progress = try transfer.begin(body.object)
        for _ in 0..<Int.random(in: 1...4, using: &numbers) where progress.result == nil {
            try transfer.read(
                &progress, atMost: Int64.random(in: 0...body.size / 2, using: &numbers),
                vanishing: numbers.isOnce(in: 2))
        }
        // One in three is given up.
        guard !numbers.isOnce(in: 3) else { return place.ledger.count("downloads that were given up") }
        if progress.result == nil { try transfer.read(&progress) }
        guard progress.received == body.size, progress.digest == body.digest else {
            return fail("\(body.object.name) in parts has other bytes than before", mark)
        }
    }

    /// Deletes what is not kept. A card that fills would end the run.
    func tidy() throws {
        guard leftovers > 0 else { return }
        let files = try ask(.listFiles, ListFilesArguments(recurse: true), FileList.self).files
        for file in files where !body.kept.contains(ObjectPath(folder: file.folder, name: file.name)) {
            do {
                _ = try ask(.deleteImage, PathArguments(folder: file.folder, name: file.name), Nothing.self)
            } catch let refusal as Refusal where refusal.kind == .invalidObjectHandle {
                continue
            }
        }
        leftovers = 0
    }

    // MARK: Live view

    func watch() throws {
        guard body.can.contains(.preview) else { return }
        let mark = body.condition.mark
        let rate: Double? = numbers.isOnce(in: 2) ? Double.random(in: 2...20, using: &numbers) : nil
        let viewer = try transfer.view(maximumFramesPerSecond: rate)
        var last: UInt32?
        for _ in 0..<Int.random(in: 1...25, using: &numbers) {
            guard let frame = try viewer.next() else { return place.ledger.count("streams that were ended") }
            guard frame.isWhole else { return fail("a frame of \(frame.size) bytes is no JPEG", mark) }
            if let last, frame.number <= last { return fail("frame \(frame.number) after \(last)", mark) }
            last = frame.number
        }
        _ = try ask(.stopLiveView, Nothing(), FramesSent.self)
        while try viewer.next() != nil {}
    }

    /// Does not read for a while, and then does.
    func watchSlowly() throws {
        guard body.can.contains(.preview) else { return }
        let mark = body.condition.mark
        let viewer = try transfer.view()
        usleep(UInt32.random(in: 500_000...5_000_000, using: &numbers))
        var last: UInt32?
        for _ in 0..<Int.random(in: 1...40, using: &numbers) {
            guard let frame = try viewer.next() else { return place.ledger.count("streams that were ended") }
            guard frame.isWhole else { return fail("a frame of \(frame.size) bytes is no JPEG", mark) }
            if let last, frame.number <= last { return fail("frame \(frame.number) after \(last)", mark) }
            last = frame.number
        }
        place.ledger.count("slow viewers")
    }

    func watchAndVanish() throws {
        guard body.can.contains(.preview) else { return }
        for _ in 0..<Int.random(in: 1...6, using: &numbers) {
            let viewer = try transfer.view()
            viewer.stream.vanish()
            if numbers.isOnce(in: 2), try viewer.next() == nil { return }
        }
        place.ledger.count("viewers that vanished")
    }
}
