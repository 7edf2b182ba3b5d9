import Archive
public import FleetModel
import Foundation

/// Puts images into a data folder that no server has, as if bodies that are away now had brought them.
public enum SavedImages {
    /// An image to be.
    public struct Image: Sendable {
        let name: String
        let size: Int
        let camera: BodyID
        let shot: Int64?
        let time: Int64

        /// `size` bytes that say where they are; the body is `camera-1` unless another one is named.
        public init(
            _ name: String, size: Int, camera: BodyID = BodyID(rawValue: "camera-1"), shot: Int64? = nil,
            time: Int64 = 1_700_000_000_000_000_000
        ) {
            (self.name, self.size, self.camera, self.shot, self.time) = (name, size, camera, shot, time)
        }
    }

    /// Saves them one after the other, numbered from 1.
    public static func save(_ images: [Image], in folder: String) async throws -> [SavedImage] {
        let roster = try Roster(folder: folder)
        let archive = roster.images(in: folder, template: try NameTemplate("{camera}/{original}.{ext}", inUTC: true))
        try? FileManager.default.createDirectory(atPath: folder + "/spool", withIntermediateDirectories: true)
        var saved: [SavedImage] = []
        for image in images {
            let wanted = try await archive.want(
                ObjectPath(folder: "/DCIM", name: image.name), of: image.camera, at: image.time, shot: image.shot)
            let spool = archive.newSpoolFile()
            try content(image.size).write(to: URL(fileURLWithPath: spool))
            let camera = CameraInfo(
                id: image.camera, cameraNumber: 1, name: image.camera.rawValue, model: "D750", port: "usb:001,002",
                state: .ready)
            saved.append(
                try await archive.save(
                    wanted, from: spool, try DiskOperations().digest(of: spool), camera: camera))
        }
        withExtendedLifetime(roster) {}
        return saved
    }

    /// Bytes that differ from piece to piece.
    private static func content(_ size: Int) -> Data {
        var bytes = [UInt8](repeating: 0, count: size)
        for place in stride(from: 0, to: size, by: 61) { bytes[place] = UInt8(truncatingIfNeeded: place >> 8 &+ place) }
        return Data(bytes)
    }
}
