import FleetTesting
import Foundation
import GPhoto2

/// libgphoto2's own camera without a camera: a folder on disk, behind its `directory` driver. One at a time, on one
/// thread: what loads drivers is not safe in parallel.
struct DirectoryCamera {
    let folder = TemporaryFolder()
    let camera: Camera
    static var picture: Data { Data(bytes) }
    private static let bytes: [UInt8] =
        [0xFF, 0xD8] + (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } + [0xFF, 0xD9]

    init() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/inner", withIntermediateDirectories: false)
        try Self.picture.write(to: URL(fileURLWithPath: folder.path + "/picture.jpg"))
        try Data("other".utf8).write(to: URL(fileURLWithPath: folder.path + "/inner/other.jpg"))
        camera = try Camera(port: "disk:" + folder.path, model: "Directory Browse")
    }
}
