import Archive
import FleetModel
import Foundation
import FoundationXML
import Testing

/// What is written beside saved images: manifests of shots and sidecars of images.
@Suite struct CompanionTests {
    private static let front = CameraInfo(
        id: BodyID(rawValue: "nikon-d750-1"), cameraNumber: 1, name: "front & \"left\"", model: "D750", serial: "6<1>",
        port: "usb:001,002", state: .ready)
    private static let rear = CameraInfo(
        id: BodyID(rawValue: "nikon-d750-2"), cameraNumber: 2, name: "rear", model: "D750", serial: "62",
        port: "usb:001,003", state: .ready)

    private struct Rig {
        let folder: TemporaryFolder
        let roster: Roster
        let images: ImageArchive

        init(
            _ folder: TemporaryFolder, names: String = "shot", companions: Companions = Companions(),
            files: any FileOperations = DiskOperations()
        ) throws {
            self.folder = folder
            roster = try Roster(folder: folder.path)
            try? FileManager.default.createDirectory(
                atPath: folder.path + "/spool", withIntermediateDirectories: false)
            images = roster.images(
                in: folder.path, template: try NameTemplate(names, inUTC: true), companions: companions, files: files)
        }

        /// Keeps a shot of the two bodies, each of which told of these images.
        func keep(_ names: [String] = ["DSC_0001.JPG"], state: ShotState = .complete) async throws {
            let stateOfBodies = state == .fired ? ShotCameraState.released : .complete
            var shot = Shot(
                number: 12, state: state,
                cameras: [CompanionTests.front, CompanionTests.rear].map { camera in
                    var part = ShotCamera(id: camera.id, cameraNumber: camera.cameraNumber, state: stateOfBodies)
                    part.releasedAt = 1_795_741_323_456_000_000
                    part.images = names.map { name in
                        ShotImage(CapturedImage(folder: "/DCIM", name: name, size: 0))
                    }
                    return part
                }, project: "Bust <12> & \"more\"")
            shot.firedAt = 1_795_741_323_000_000_000
            shot.spread = 210_000
            var described = ShotBody(
                id: CompanionTests.front.id, name: CompanionTests.front.name, model: "D750",
                serial: CompanionTests.front.serial)
            described.widgets = ["iso": .text("800")]
            described.widgetsReadAt = 7
            try await roster.shots.keep(shot, bodies: [described])
        }

        @discardableResult
        func save(
            _ name: String = "DSC_0001.JPG", of camera: CameraInfo = CompanionTests.front, shot: Int64? = 12,
            in archive: ImageArchive? = nil
        ) async throws -> SavedImage {
            let images = archive ?? self.images
            let wanted = try await images.want(
                ObjectPath(folder: "/DCIM", name: name), of: camera.id, at: 5, shot: shot)
            let spool = images.newSpoolFile()
            try Data("image \(name) of \(camera.id)".utf8).write(to: URL(fileURLWithPath: spool))
            return try await images.save(wanted, from: spool, try DiskOperations().digest(of: spool), camera: camera)
        }

        func text(_ path: String) -> String? {
            FileManager.default.contents(atPath: "\(folder.path)/images/\(path)").map {
                String(decoding: $0, as: UTF8.self)
            }
        }

        func manifest(_ path: String) throws -> [String: Any] {
            let text = try #require(self.text(path))
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        var files: [String] {
            let root = folder.path + "/images"
            return (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []).filter {
                FileManager.default.contents(atPath: "\(root)/\($0)") != nil
            }.sorted()
        }

        func writeAll() async throws {
            for number in try await images.shotsToDescribe(after: 0, limit: 10) {
                try await images.describe(shot: number)
            }
            for image in try await images.imagesToDescribe(after: 0, limit: 10) {
                try await images.describe(image: image.number)
            }
        }
    }

    @Test(
        "A manifest lies beside a shot's images, and says what each body did, how it was set, and which files it brought"
    )
    func manifest() async throws {
        let rig = try Rig(try TemporaryFolder())
        try await rig.keep(["DSC_0001.NEF", "DSC_0001.JPG", "DSC_0002.JPG"])
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10).isEmpty)
        var saved: [SavedImage] = []
        for name in ["DSC_0001.NEF", "DSC_0001.JPG", "DSC_0002.JPG"] { saved.append(try await rig.save(name)) }
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10) == [12])
        #expect(try await rig.images.shotsToDescribe(after: 12, limit: 10).isEmpty)
        try await rig.writeAll()
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10).isEmpty)

        let manifest = try rig.manifest("shot-00012/shot-00012.json")
        #expect(manifest["manifest"] as? Int == 1 && manifest["shot"] as? Int == 12)
        #expect(manifest["project"] as? String == "Bust <12> & \"more\"" && manifest["state"] as? String == "complete")
        #expect(manifest["fired_at"] as? Int == 1_795_741_323_000_000_000 && manifest["spread_ns"] as? Int == 210_000)
        let cameras = try #require(manifest["cameras"] as? [[String: Any]])
        #expect(cameras.map { $0["id"] as? String } == ["nikon-d750-1", "nikon-d750-2"])
        #expect(cameras[0]["name"] as? String == Self.front.name && cameras[0]["serial"] as? String == "6<1>")
        #expect(cameras[0]["model"] as? String == "D750" && cameras[0]["camera_number"] as? Int == 1)
        #expect(cameras[0]["released_at"] as? Int == 1_795_741_323_456_000_000 && cameras[0]["offset_ns"] as? Int == 0)
        #expect(cameras[0]["widgets"] as? [String: String] == ["iso": "800"])
        #expect(cameras[0]["widgets_read_at"] as? Int == 7 && cameras[1]["widgets"] == nil)
        let frames = try #require(cameras[0]["frames"] as? [[String: [[String: Any]]]])
        #expect(frames.map { $0["images"]?.count } == [2, 1])
        let images = frames.flatMap { $0["images"] ?? [] }
        #expect(images.map { $0["saved_as"] as? String } == saved.map(\.savedAs))
        #expect(images.map { $0["sha256"] as? String } == saved.map(\.sha256))
        #expect(images.map { $0["size"] as? Int } == saved.map { Int($0.size) })
        let unsaved = try #require(cameras[1]["frames"] as? [[String: [[String: Any]]]])
        #expect(unsaved.flatMap { $0["images"] ?? [] }.allSatisfy { $0["saved_as"] == nil && $0["name"] != nil })
    }

    @Test("An image that is saved while its shot's manifest is being written is in the next one")
    func meanwhile() async throws {
        let disk = HesitantDisk()
        let rig = try Rig(try TemporaryFolder(), files: disk)
        try await rig.keep()
        try await rig.save()
        let images = rig.images
        async let described: Void = images.describe(shot: 12)
        await disk.hesitates()
        let late = try await rig.save(of: Self.rear)
        disk.goOn()
        try await described
        #expect(rig.text("shot-00012/shot-00012.json")?.contains(late.sha256) == false)
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10) == [12])
        try await rig.writeAll()
        #expect(rig.text("shot-00012/shot-00012.json")?.contains(late.sha256) == true)
    }

    @Test("A manifest is written again when an image is saved later and when a part changes, and says the new")
    func again() async throws {
        let rig = try Rig(try TemporaryFolder())
        try await rig.keep()
        try await rig.save()
        try await rig.writeAll()
        let first = try #require(rig.text("shot-00012/shot-00012.json"))
        let late = try await rig.save(of: Self.rear)
        try await rig.writeAll()
        let second = try #require(rig.text("shot-00012/shot-00012.json"))
        #expect(!first.contains(late.savedAs) && second.contains(late.savedAs))
        try await rig.keep(state: .incomplete)
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10) == [12])
        try await rig.writeAll()
        #expect(rig.text("shot-00012/shot-00012.json")?.contains("incomplete") == true)
        #expect(rig.files.count == 3, "\(rig.files)")
    }

    @Test(
        "A shot that is under way is not described, and one whose server ended before it was over lists what was saved")
    func underWay() async throws {
        let rig = try Rig(try TemporaryFolder())
        try await rig.keep([], state: .fired)
        let saved = try await rig.save()
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10).isEmpty)
        try await rig.roster.shots.endThoseUnderWay(FleetError(.transactionCancelled, "The server ended."))
        try await rig.writeAll()
        let text = try #require(rig.text("shot-00012/shot-00012.json"))
        #expect(text.contains(saved.savedAs) && text.contains("Bust"))
        let shot = try #require(try await rig.roster.shots.shot(12))
        #expect(shot.cameras.map(\.state) == [.complete, .missing] && shot.state == .incomplete)
        #expect(shot.cameras.map { $0.images.map(\.name) } == [[saved.name], []])
        // More may have come.
        #expect(shot.cameras.allSatisfy { $0.error?.error == "Transaction_Cancelled" })
    }

    @Test(
        "A manifest lies in the folder that the shot's images have in common, and in one for manifests where they have none",
        arguments: [
            ("{camera}/{original}.{ext}", "shots/shot-00012.json"), ("{original}.{ext}", "shot-00012.json"),
            ("a/{camera}/{original}.{ext}", "a/shot-00012.json"), ("meshroom", "rig/shot-00012.json"),
            ("project", "Bust <12> & \"more\"/shot-00012/shot-00012.json"),
        ])
    func places(names: String, place: String) async throws {
        let rig = try Rig(try TemporaryFolder(), names: names)
        try await rig.keep()
        try await rig.save()
        try await rig.writeAll()
        try await rig.save(of: Self.rear)
        try await rig.writeAll()
        // The manifest of the first image alone may have had another place, and is there no more.
        #expect(rig.files.filter { $0.hasSuffix(".json") } == [place], "\(rig.files)")
        #expect(rig.files.count == 3 && rig.text(place)?.components(separatedBy: "saved_as").count == 3)
    }

    @Test("A file that somebody else has put where a manifest or a sidecar is to be stays as it is")
    func strangers() async throws {
        let rig = try Rig(try TemporaryFolder(), companions: Companions(sidecars: true))
        let place = rig.folder.path + "/images/shot-00012"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        for name in ["shot-00012.json", "01-DSC_0001.xmp"] {
            try Data("somebody's".utf8).write(to: URL(fileURLWithPath: "\(place)/\(name)"))
        }
        try await rig.keep()
        try await rig.save()
        try await rig.writeAll()
        try await rig.save(of: Self.rear)
        try await rig.writeAll()
        for name in ["shot-00012.json", "01-DSC_0001.xmp"] { #expect(rig.text("shot-00012/\(name)") == "somebody's") }
        #expect(rig.text("shot-00012/shot-00012-2.json")?.contains("02-DSC_0001.JPG") == true)
        #expect(rig.files.count == 6, "\(rig.files)")
        #expect(try await rig.images.imagesToDescribe(after: 0, limit: 10).isEmpty)
    }

    @Test("Nothing is written beside images where that is not wanted")
    func off() async throws {
        let rig = try Rig(try TemporaryFolder(), companions: Companions(manifests: false))
        try await rig.keep()
        try await rig.save()
        try await rig.keep(state: .incomplete)
        #expect(try await rig.images.shotsToDescribe(after: 0, limit: 10).isEmpty)
        #expect(try await rig.images.imagesToDescribe(after: 0, limit: 10).isEmpty)
    }

    @Test(
        "A sidecar says shot, project and body in well-formed XMP, whatever they are called, and a RAW and a JPEG share it"
    )
    func sidecar() async throws {
        let rig = try Rig(try TemporaryFolder(), companions: Companions(manifests: false, sidecars: true))
        try await rig.keep(["DSC_0001.NEF", "DSC_0001.JPG"])
        let raw = try await rig.save("DSC_0001.NEF")
        try await rig.save("DSC_0001.JPG")
        try await rig.writeAll()
        #expect(
            rig.files.map { $0.split(separator: "/").last } == [
                "01-DSC_0001.JPG", "01-DSC_0001.NEF", "01-DSC_0001.xmp",
            ])
        let read = try XmpReader(Data(try #require(rig.text("shot-00012/01-DSC_0001.xmp")).utf8))
        let project = "Bust <12> & \"more\""
        #expect(read.subjects == [project, "shot 12", Self.front.name, "camera 1"])
        #expect(read.words == "shot 12 of \(project), camera 1 (\(Self.front.name))")
        #expect(read.attributes["xmp:CreateDate"] == "2026-11-27T01:02:03.456Z")
        #expect(read.attributes["tiff:Model"] == "D750" && read.attributes["aux:SerialNumber"] == "6<1>")
        #expect(
            FileManager.default.contents(atPath: "\(rig.folder.path)/\(raw.savedAs)")
                == Data("image DSC_0001.NEF of nikon-d750-1".utf8))
    }

    @Test("An image of no shot, project or known body has a sidecar as well")
    func single() async throws {
        let rig = try Rig(try TemporaryFolder(), names: "body", companions: Companions(sidecars: true))
        let saved = try await rig.save("DSC_0007", shot: nil)
        try await rig.writeAll()
        let path = "\(rig.folder.path)/\(saved.savedAs.replacingOccurrences(of: ".bin", with: "")).xmp"
        let read = try XmpReader(try #require(FileManager.default.contents(atPath: path)))
        #expect(read.subjects.isEmpty && read.words == "single image" && read.attributes["tiff:Model"] == nil)
    }

    @Test("An image that somebody has moved away gets no sidecar, and disturbs no other's")
    func moved() async throws {
        let rig = try Rig(try TemporaryFolder(), companions: Companions(manifests: false, sidecars: true))
        try await rig.keep()
        try await rig.save()
        try FileManager.default.removeItem(atPath: rig.folder.path + "/images/shot-00012")
        try await rig.save(of: Self.rear)
        try FileManager.default.removeItem(atPath: rig.folder.path + "/images")
        try await rig.writeAll()
        #expect(try await rig.images.imagesToDescribe(after: 0, limit: 10).isEmpty)
    }

    @Test(
        "Wherever the power goes, manifest and sidecar are whole or not there, and the next start writes them",
        arguments: PowerCutDisk.Loss.allCases)
    func powerCuts(loss: PowerCutDisk.Loss) async throws {
        var call = 0
        var isWhole = false
        while !isWhole {
            let folder = try TemporaryFolder()
            do {
                // The second image moves the manifest to the folder that both have in common.
                let rig = try Rig(folder, names: "a/{camera}/{original}.{ext}", companions: Companions(sidecars: true))
                try await rig.keep()
                try await rig.save()
                try await rig.writeAll()
                try await rig.save(of: Self.rear)
            }
            let disk = PowerCutDisk(cutBefore: call, in: folder)
            do {
                let rig = try Rig(
                    folder, names: "a/{camera}/{original}.{ext}", companions: Companions(sidecars: true), files: disk)
                try? await rig.writeAll()
                isWhole = disk.calls < call
            }
            disk.settle(folder.path, losing: loss)
            let rig = try Rig(folder, names: "a/{camera}/{original}.{ext}", companions: Companions(sidecars: true))
            let when: Comment = "power gone before call \(call), losing \(loss): \(rig.files)"
            for file in rig.files where !file.contains("/.") {
                let text = rig.text(file) ?? ""
                if file.hasSuffix(".json") { #expect(text.hasSuffix("}\n"), when) }
                if file.hasSuffix(".xmp") { #expect(text.hasSuffix("<?xpacket end=\"w\"?>\n"), when) }
            }
            try await rig.writeAll()
            #expect(rig.files.filter { $0.hasSuffix(".json") } == ["a/shot-00012.json"], when)
            #expect(rig.text("a/shot-00012.json")?.contains("a/rear/DSC_0001.JPG") == true, when)
            #expect(rig.files.filter { $0.contains(".xmp") }.count == 2 && rig.files.count == 5, when)
            call += 1
        }
        #expect(call >= 15)
    }
}

/// Reads a sidecar back, which has to be well-formed.
private final class XmpReader: NSObject, XMLParserDelegate {
    private(set) var attributes: [String: String] = [:]
    private(set) var subjects: [String] = []
    private(set) var words = ""
    private var path: [String] = []
    private var text = ""

    init(_ data: Data) throws {
        super.init()
        let parser = XMLParser(data: data)
        parser.delegate = self
        guard parser.parse() else { throw FileFailure(code: EINVAL, path: "\(parser.parserError as Any)") }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        path.append(name)
        text = ""
        if name == "rdf:Description" { self.attributes = attributes }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "rdf:li" {
            if path.contains("dc:subject") { subjects.append(text) } else { words = text }
        }
        path.removeLast()
    }
}
