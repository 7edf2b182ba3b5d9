import Foundation
import Testing
import VirtualCamera

/// Debian's gphoto2 command with a home of its own, at a body. Every run ends within half a minute.
private struct Gphoto {
    let directory: URL
    let portPath: String

    struct Run {
        let status: Int32
        let output: String
    }

    func callAsFunction(_ arguments: String...) async throws -> Run { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Run {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "30", "gphoto2", "--port", portPath] + arguments
        process.currentDirectoryURL = directory
        process.environment = [
            "HOME": directory.path, "LC_ALL": "C", "TZ": "UTC",
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        let log = directory.appendingPathComponent(UUID().uuidString)
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let handle = try FileHandle(forWritingTo: log)
        defer { try? handle.close() }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        await withCheckedContinuation { continuation in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume()
            }
        }
        let output = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        return Run(status: process.terminationStatus, output: output)
    }

    func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appendingPathComponent(name)))
    }
}

@Suite("Bodies, as Debian's gphoto2 sees them", .serialized)
struct GphotoTests {
    private func withGphoto(
        _ dialect: VirtualBodyDescription.Dialect, extraObjects: [Int] = [],
        _ test: (Gphoto, VirtualBody, _ folder: String) async throws -> Void
    ) async throws {
        var description = VirtualBodyDescription(dialect: dialect, index: 3)
        description.pictures = 2
        description.extraObjects = extraObjects
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("virtual-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory.appendingPathComponent(".gphoto"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await withBody(description) { listener in
            let folder = dialect == .nikon ? "/DCIM/100D7500" : "/DCIM/100VIRTU"
            try await test(Gphoto(directory: directory, portPath: listener.portPath), listener.body, folder)
        }
    }

    @Test("It says who it is and what it can", arguments: VirtualBodyDescription.Dialect.allCases)
    func summary(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body, _ in
            let summary = try await gphoto("--summary").output
            #expect(summary.contains("Manufacturer: \(body.description.manufacturer)\n"))
            #expect(summary.contains("Model: \(body.description.model)\n"))
            #expect(summary.contains("Serial Number: \(body.description.serialNumber)\n"))
            #expect(summary.contains("Generic Image Capture"))
            let settings = Set(try await gphoto("--list-config").output.split(separator: "\n").map(String.init))
            let expected = [
                "imgsettings/iso", "imgsettings/whitebalance", "imgsettings/imagesize", "capturesettings/f-number",
                "capturesettings/shutterspeed", "capturesettings/focusmode", "capturesettings/imagequality",
                "status/batterylevel", "status/serialnumber", "settings/datetime",
            ]
            for name in expected { #expect(settings.contains("/main/\(name)"), "\(name)") }
        }
    }

    @Test("Its dials turn, and stay where they were turned to", arguments: VirtualBodyDescription.Dialect.allCases)
    func settings(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body, _ in
            let set = try await gphoto(
                "--set-config", "iso=1600", "--set-config", "f-number=f/8", "--set-config", "shutterspeed=0.0040s",
                "--set-config", "whitebalance=Tungsten")
            #expect(set.status == 0, "\(set.output)")
            #expect(body.value(of: .exposureIndex) == 1600)
            #expect(body.value(of: .fNumber) == 800)
            #expect(body.value(of: .exposureTime) == 40)
            #expect(body.value(of: .whiteBalance) == 6)
            #expect(try await gphoto("--get-config", "iso").output.contains("Current: 1600\n"))
            #expect(try await gphoto("--get-config", "shutterspeed").output.contains("Current: 0.0040s\n"))
            #expect(try await gphoto("--get-config", "batterylevel").output.contains("Current: 79%\n"))
            let wrong = try await gphoto("--set-config", "iso=1601")
            #expect(wrong.status != 0)
            #expect(body.value(of: .exposureIndex) == 1600)
        }
    }

    @Test("Its files come as they are", arguments: VirtualBodyDescription.Dialect.allCases)
    func files(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect, extraObjects: [2_500_003]) { gphoto, body, folder in
            let list = try await gphoto("--list-files").output
            #expect(list.contains("There are 3 files in folder '/store_00010001\(folder)'."))
            for number in 1...3 {
                let got = try await gphoto("--get-file", String(number), "--filename", "\(number).jpg")
                #expect(got.status == 0, "\(got.output)")
                let bytes = try gphoto.bytes(of: "\(number).jpg")
                #expect(bytes == body.fileBytes("\(folder)/DSC_000\(number).JPG"))
            }
            #expect(try await gphoto("--get-thumbnail", "1", "--filename", "small.jpg").status == 0)
            #expect(JpegFile.size(try gphoto.bytes(of: "thumb_small.jpg")) == [160, 104])
        }
    }

    @Test("It takes files and gives them up", arguments: VirtualBodyDescription.Dialect.allCases)
    func upload(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body, folder in
            let bytes = (0..<700_001).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
            try Data(bytes).write(to: gphoto.directory.appendingPathComponent("mine.jpg"))
            let sent = try await gphoto("--folder", "/store_00010001\(folder)", "--upload-file", "mine.jpg")
            #expect(sent.status == 0, "\(sent.output)")
            #expect(body.fileBytes("\(folder)/mine.jpg") == bytes)
            let removed = try await gphoto("--folder", "/store_00010001\(folder)", "--delete-file", "DSC_0001.JPG")
            #expect(removed.status == 0, "\(removed.output)")
            #expect(body.filePaths == ["\(folder)/DSC_0002.JPG", "\(folder)/mine.jpg"])
        }
    }

    @Test("It takes a picture, which says how it was taken", arguments: VirtualBodyDescription.Dialect.allCases)
    func capture(dialect: VirtualBodyDescription.Dialect) async throws {
        try await withGphoto(dialect) { gphoto, body, folder in
            // What gphoto2 calls memory is its default; a generic body has a card only.
            let target = dialect == .nikon ? ["--set-config", "capturetarget=1"] : []
            let taken = try await gphoto.run(
                ["--set-config", "iso=3200", "--set-config", "f-number=f/4"] + target + [
                    "--capture-image-and-download", "--keep", "--filename", "shot.jpg",
                ])
            #expect(taken.status == 0, "\(taken.output)")
            let picture = try gphoto.bytes(of: "shot.jpg")
            #expect(picture == body.fileBytes("\(folder)/DSC_0003.JPG"))
            #expect(JpegFile.size(picture) == [1920, 1280])
            let exif = ExifReader(picture)
            #expect(exif.text(0x0110) == (dialect == .nikon ? "NIKON D7500" : "Virtual PTP"))
            #expect(exif.text(0xA431) == body.description.serialNumber)
            #expect(exif.number(0x8827) == 3200)
            #expect(exif.fraction(0x829D) == [400, 100])
            #expect(exif.fraction(0x829A).map { Double($0[0]) / Double($0[1]) } == 0.008)
            #expect(exif.text(0x9003)?.count == 19)
        }
    }

    @Test("A Nikon gives a picture from its memory, and live view")
    func nikon() async throws {
        try await withGphoto(.nikon) { gphoto, body, _ in
            let taken = try await gphoto("--capture-image-and-download", "--filename", "memory.jpg")
            #expect(taken.status == 0, "\(taken.output)")
            #expect(taken.output.contains("/capt0000.jpg"))
            #expect(JpegFile.size(try gphoto.bytes(of: "memory.jpg")) == [1920, 1280])
            #expect(body.filePaths.count == 2)
            let preview = try await gphoto("--capture-preview", "--filename", "live.jpg")
            #expect(preview.status == 0, "\(preview.output)")
            #expect(JpegFile.size(try gphoto.bytes(of: "thumb_live.jpg")) == [640, 424])
        }
    }
}
