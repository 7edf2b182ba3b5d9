import Foundation
import Testing
import VirtualCamera

@Suite("Bodies, as Debian's gphoto2 sees them", .serialized)
struct GphotoTests {
    private typealias Dialect = VirtualBodyDescription.Dialect

    /// What libgphoto2 calls the same thing on different bodies.
    private struct Words {
        var settings: [String]
        var set: [String]
        var expected: [(PropertyCode, PropertyValue)]
        var shown: String
        var model: String
        var battery: String

        init(_ dialect: VirtualBodyDescription.Dialect) {
            let common = [
                "imgsettings/iso", "imgsettings/whitebalance", "capturesettings/shutterspeed",
                "capturesettings/focusmode", "status/batterylevel", "status/serialnumber", "settings/datetime",
            ]
            if dialect == .canonEOS {
                settings = common + ["imgsettings/imageformat", "capturesettings/aperture", "actions/viewfinder"]
                set = ["iso=1600", "aperture=8", "shutterspeed=1/250", "whitebalance=Tungsten"]
                expected = [
                    (.canonISOSpeed, 0x68), (.canonAperture, 0x38), (.canonShutterSpeed, 0x78),
                    (.canonWhiteBalance, 3),
                ]
                (shown, model, battery) = ("1/250", "Canon EOS 6D", "75%")
            } else {
                let quality = dialect == .nikon ? "capturesettings/imagequality" : "other/d001"
                settings = common + ["imgsettings/imagesize", "capturesettings/f-number", quality]
                set = ["iso=1600", "f-number=f/8", "shutterspeed=0.0040s", "whitebalance=Tungsten"]
                expected = [(.exposureIndex, 1600), (.fNumber, 800), (.exposureTime, 40), (.whiteBalance, 6)]
                (shown, battery) = ("0.0040s", "79%")
                model = dialect == .nikon ? "NIKON D7500" : "Virtual PTP"
            }
        }
    }

    @Test("It says who it is and what it can", arguments: VirtualBodyDescription.Dialect.allCases)
    func summary(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let run = try await gphoto("--summary", "--storage-info", "--list-config")
            let summary = run.output
            #expect(summary.contains("Manufacturer: \(body.description.manufacturer)\n"))
            #expect(summary.contains("Model: \(body.description.model)\n"))
            #expect(summary.contains("Serial Number: \(body.description.serialNumber)\n"))
            #expect(summary.contains("Generic Image Capture"))
            #expect(summary.contains("basedir=\(dialect.storage)\n"))
            #expect(summary.contains("free=\(body.description.cardSpace / 1024) KB\n"))
            let settings = Set(summary.split(separator: "\n").map(String.init))
            for name in Words(dialect).settings { #expect(settings.contains("/main/\(name)"), "\(name)") }
        }
    }

    @Test("Every setting of it has words for its values", arguments: VirtualBodyDescription.Dialect.allCases)
    func words(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, _ in
            let list = try await gphoto("--list-config").output.split(separator: "\n").filter { $0.hasPrefix("/main/") }
            let all = try await gphoto.run(list.flatMap { ["--get-config", String($0)] })
            #expect(all.status == 0)
            #expect(all.output.contains("Type: RADIO\n"))
            #expect(!all.output.contains("Unknown value"))
        }
    }

    @Test("Its dials turn, and stay where they were turned to", arguments: VirtualBodyDescription.Dialect.allCases)
    func settings(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let words = Words(dialect)
            let set = try await gphoto.run(words.set.flatMap { ["--set-config", $0] })
            #expect(set.status == 0, "\(set.output)")
            for (code, value) in words.expected { #expect(body.value(of: code) == value) }
            let got = try await gphoto(
                "--get-config", "iso", "--get-config", "shutterspeed", "--get-config", "batterylevel"
            ).output
            for value in ["1600", words.shown, words.battery] { #expect(got.contains("Current: \(value)\n")) }
            let wrong = try await gphoto("--set-config", "iso=1601")
            #expect(wrong.status != 0)
            for (code, value) in words.expected { #expect(body.value(of: code) == value) }
        }
    }

    @Test("Its files come as they are", arguments: VirtualBodyDescription.Dialect.allCases)
    func files(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect, extraObjects: [2_500_003]) { gphoto, body in
            let all = try await gphoto("--list-files", "--get-file", "1-3", "--get-thumbnail", "1")
            #expect(all.status == 0, "\(all.output)")
            #expect(all.output.contains("There are 3 files in folder '\(dialect.storage)\(dialect.folder)'."))
            for number in 1...3 {
                let path = dialect.picture(number)
                let name = try #require(path.split(separator: "/").last.map(String.init))
                #expect(try gphoto.bytes(of: name) == body.fileBytes(path))
            }
            let small = dialect == .canonEOS ? "thumb_IMG_0001.jpg" : "thumb_DSC_0001.jpg"
            #expect(JpegFile.size(try gphoto.bytes(of: small)) == [160, 104])
        }
    }

    @Test("It takes files and gives them up", arguments: VirtualBodyDescription.Dialect.allCases)
    func upload(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
            try Data(bytes).write(to: gphoto.directory.appendingPathComponent("mine.jpg"))
            let folder = dialect.storage + dialect.folder
            let sent = try await gphoto("--folder", folder, "--upload-file", "mine.jpg")
            #expect(sent.status == 0, "\(sent.output)")
            #expect(body.fileBytes("\(dialect.folder)/mine.jpg") == bytes)
            let name = try #require(dialect.picture(1).split(separator: "/").last.map(String.init))
            let removed = try await gphoto("--folder", folder, "--delete-file", name)
            #expect(removed.status == 0, "\(removed.output)")
            #expect(body.filePaths == [dialect.picture(2), "\(dialect.folder)/mine.jpg"])
        }
    }

    @Test("It takes a picture, which says how it was taken", arguments: VirtualBodyDescription.Dialect.allCases)
    func capture(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            // What gphoto2 calls memory is its default; a generic body has a card only.
            let target = dialect == .ptp ? [] : ["--set-config", "capturetarget=1"]
            let aperture = dialect == .canonEOS ? "aperture=4" : "f-number=f/4"
            let taken = try await gphoto.run(
                ["--set-config", "iso=3200", "--set-config", aperture] + target + [
                    "--capture-image-and-download", "--keep", "--filename", "shot.jpg",
                ])
            #expect(taken.status == 0, "\(taken.output)")
            let picture = try gphoto.bytes(of: "shot.jpg")
            #expect(picture == body.fileBytes(dialect.picture(3)))
            #expect(JpegFile.size(picture) == [1920, 1280])
            let exif = ExifReader(picture)
            #expect(exif.text(0x0110) == Words(dialect).model)
            #expect(exif.text(0xA431) == body.description.serialNumber)
            #expect(exif.number(0x8827) == 3200)
            #expect(exif.fraction(0x829D) == [400, 100])
            #expect(exif.fraction(0x829A).map { Double($0[0]) / Double($0[1]) } == 0.008)
            #expect(exif.text(0x9003)?.count == 19)
        }
    }

    @Test("It gives a picture from its memory, and live view", arguments: [Dialect.nikon, .canonEOS])
    func memory(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            // The last file name holds for all actions; previews get a prefix.
            let taken = try await gphoto(
                "--trigger-capture", "--wait-event-and-download=CAPTURECOMPLETE", "--capture-preview", "--filename",
                "one.jpg")
            #expect(taken.status == 0, "\(taken.output)")
            #expect(JpegFile.size(try gphoto.bytes(of: "one.jpg")) == [1920, 1280])
            #expect(JpegFile.size(try gphoto.bytes(of: "thumb_one.jpg")) == [640, 424])
            #expect(body.filePaths.count == 2)
        }
    }

    @Test("A picture as RAW and JPEG comes in two files", arguments: VirtualBodyDescription.Dialect.allCases)
    func pair(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let (setting, ending) =
                switch dialect {
                case .ptp: ("d001=RAW + JPEG Fine", "DNG")
                case .nikon: ("imagequality=NEF+Fine", "NEF")
                case .canonEOS: ("imageformat=RAW + Large Fine JPEG", "CR2")
                }
            // Of a body without a maker's capture, libgphoto2's own gives the last file alone.
            let capture =
                dialect == .ptp
                ? ["--trigger-capture", "--wait-event-and-download=CAPTURECOMPLETE"]
                : ["--set-config", "capturetarget=1", "--capture-image-and-download"]
            let taken = try await gphoto.run(
                ["--set-config", setting] + capture + ["--keep", "--filename", "pair.%C"])
            #expect(taken.status == 0, "\(taken.output)")
            #expect(body.filePaths.suffix(2) == [dialect.picture(3, ending), dialect.picture(3)])
            let (raw, jpeg) = (try gphoto.bytes(of: "pair.\(ending)"), try gphoto.bytes(of: "pair.JPG"))
            #expect(raw == body.fileBytes(dialect.picture(3, ending)))
            #expect(jpeg == body.fileBytes(dialect.picture(3)))
            #expect(raw.count == 2_000_000)
            #expect(JpegFile.size(jpeg) == [1920, 1280])
            try checkTiff(raw)
        }
    }

    @Test("A picture as RAW and JPEG comes from the memory in two files", arguments: [Dialect.nikon, .canonEOS])
    func pairFromMemory(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body in
            let setting = dialect == .nikon ? "imagequality=NEF+Fine" : "imageformat=RAW + Large Fine JPEG"
            let taken = try await gphoto(
                "--set-config", setting, "--capture-image-and-download", "--filename", "pair.%C")
            #expect(taken.status == 0, "\(taken.output)")
            try checkTiff(try gphoto.bytes(of: dialect == .nikon ? "pair.nef" : "pair.cr2"))
            #expect(JpegFile.size(try gphoto.bytes(of: "pair.jpg")) == [1920, 1280])
            #expect(body.filePaths.count == 2)
        }
    }

    /// That a file is a TIFF file whose first directory has a JPEG for a preview.
    private func checkTiff(_ file: [UInt8]) throws {
        #expect(Array(file.prefix(4)) == [0x49, 0x49, 0x2A, 0])
        func entries(at offset: Int) -> [UInt16: Int] {
            let count = Int(file.number(at: offset, of: UInt16.self))
            return (0..<count).reduce(into: [:]) { entries, index in
                let entry = offset + 2 + 12 * index
                entries[file.number(at: entry, of: UInt16.self)] = Int(file.number(at: entry + 8, of: UInt32.self))
            }
        }
        let main = entries(at: Int(file.number(at: 4, of: UInt32.self)))
        let (offset, length) = (try #require(main[0x0111]), try #require(main[0x0117]))
        #expect(JpegFile.size(Array(file[offset..<offset + length])) == [480, 320])
        #expect(entries(at: try #require(main[0x8769])).keys.contains(0x829A))
    }
}
