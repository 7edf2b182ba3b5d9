import FleetTesting
import Foundation
import GPhoto2
import Glibc
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct CameraTests {
    @Test("The library says which it is") func version() {
        #expect(Driver.version.split(separator: ".").count == 3)
    }

    @Test(
        "An error has libgphoto2's number and libgphoto2's text",
        arguments: [
            (GPhotoError.Code.cameraBusy, -110, "I/O in progress"), (.fileNotFound, -108, "File not found"),
            (.notSupported, -6, "Unsupported operation"),
            (.timeout, -10, "Timeout reading from or writing to the port"),
            (.usbNotFound, -52, "Could not find the requested device on the USB port"),
        ])
    func texts(code: GPhotoError.Code, number: Int32, text: String) {
        let error = GPhotoError(code, detail: "the driver's word")
        #expect(error.code.rawValue == number)
        #expect(error.text == text)
        #expect(error.description == "\(text) (\(number)): the driver's word")
    }

    @Test("A model that no driver knows cannot be opened") func unknownModel() throws {
        #expect { try Camera(port: "disk:/", model: "Box Brownie") } throws: { error in
            (error as? GPhotoError)?.code == .modelNotFound
        }
    }

    @Test("A port of a kind that the library has not cannot be opened") func unknownPort() throws {
        #expect { try Camera(port: "carrier-pigeon:1", model: nil) } throws: { error in
            (error as? GPhotoError)?.code == .unknownPort
        }
    }

    @Test("A camera that is closed leaves no descriptor open, nor does a file") func descriptors() throws {
        func use() throws -> TemporaryFolder {
            let disk = try DirectoryCamera()
            let descriptor = Glibc.open(disk.folder.path + "/copy", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
            defer { close(descriptor) }
            let file = try CameraFile(descriptor: descriptor)
            try disk.camera.get(.normal, folder: "/", name: "picture.jpg", into: file)
            #expect(try open(in: disk.folder).count == 2)
            return disk.folder
        }
        func open(in folder: TemporaryFolder) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            }.filter { $0.hasPrefix(folder.path) }
        }
        for _ in 0..<3 {
            let folder = try use()
            #expect(try open(in: folder) == [])
        }
    }

    @Test("Files and folders are listed, and described by the driver") func listing() throws {
        let disk = try DirectoryCamera()
        #expect(try disk.camera.files(in: "/") == ["picture.jpg"])
        #expect(try disk.camera.folders(in: "/") == ["inner"])
        #expect(try disk.camera.files(in: "/inner") == ["other.jpg"])
        let known = try disk.camera.information(folder: "/", name: "picture.jpg")
        #expect(known.size == UInt64(DirectoryCamera.picture.count))
        #expect(known.mimeType == "image/jpeg")
        #expect(known.modified ?? 0 > 1_600_000_000)
    }

    @Test("A folder and a file that are not there have errors of their own") func absent() throws {
        let disk = try DirectoryCamera()
        #expect { try disk.camera.files(in: "/nowhere") } throws: { error in
            (error as? GPhotoError)?.code == .directoryNotFound
        }
        #expect { try disk.camera.information(folder: "/", name: "nothing.jpg") } throws: { error in
            (error as? GPhotoError)?.code == .fileNotFound
        }
    }

    @Test("A file comes whole into memory, behind a descriptor, and into a function") func targets() throws {
        let disk = try DirectoryCamera()
        let memory = try CameraFile()
        try disk.camera.get(.normal, folder: "/", name: "picture.jpg", into: memory)
        #expect(try memory.withBytes { Data($0) } == DirectoryCamera.picture)

        let path = disk.folder.path + "/copy"
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        try disk.camera.get(.normal, folder: "/", name: "picture.jpg", into: try CameraFile(descriptor: descriptor))
        #expect(FileManager.default.contents(atPath: path) == DirectoryCamera.picture)

        var taken = Data()
        let function = try CameraFile { taken.append(contentsOf: $0) }
        try disk.camera.get(.normal, folder: "/", name: "picture.jpg", into: function)
        #expect(taken == DirectoryCamera.picture)
        #expect(throws: GPhotoError(.badParameters)) { try function.withBytes { $0.count } }
    }

    @Test("A file in memory can be used again, and holds what came last") func reuse() throws {
        let disk = try DirectoryCamera()
        let file = try CameraFile()
        try disk.camera.get(.normal, folder: "/", name: "picture.jpg", into: file)
        try disk.camera.get(.normal, folder: "/inner", name: "other.jpg", into: file)
        #expect(try file.withBytes { Data($0) } == Data("other".utf8))
    }

    @Test("What the library would keep for later goes to memory alone", arguments: [CameraFileKind.preview, .exif])
    func kept(kind: CameraFileKind) throws {
        let disk = try DirectoryCamera()
        let function = try CameraFile { _ in }
        #expect(throws: GPhotoError(.badParameters)) {
            try disk.camera.get(kind, folder: "/", name: "picture.jpg", into: function)
        }
    }

    @Test("What a driver cannot do is not among its abilities, and is an error with a text") func abilities() throws {
        let disk = try DirectoryCamera()
        #expect(disk.camera.abilities.model == "Directory Browse")
        #expect(disk.camera.abilities.canDelete)
        #expect(!disk.camera.abilities.canTrigger && !disk.camera.abilities.canPreview)
        #expect { try disk.camera.triggerCapture() } throws: { error in
            (error as? GPhotoError)?.code == .notSupported
        }
        #expect { try disk.camera.configuration() } throws: { error in
            (error as? GPhotoError)?.code == .notSupported
        }
    }

    @Test("A storage is told with its sizes") func storages() throws {
        let disk = try DirectoryCamera()
        let storage = try #require(try disk.camera.storages().first)
        #expect(storage.path == "/")
        #expect(try #require(storage.capacity) >= #require(storage.free))
    }

    @Test("The table of models has those that are told by ids and by the class of still images")
    func usbModels() throws {
        let models = try AbilitiesList(context: try Context()).usbModels()
        #expect(models.count > 1000)
        #expect(models.contains { $0.model == "Nikon DSC D7500" && $0.vendor == 0x04B0 })
        #expect(models.contains { $0.class == 6 && $0.subclass == 1 })
    }
}
