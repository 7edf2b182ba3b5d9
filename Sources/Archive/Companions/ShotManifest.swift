import FleetModel
import Foundation

/// The manifest of a shot: what each body did, how it was set, and which files it brought.
struct ShotManifest: Encodable, Sendable {
    /// An image of a frame; it has a place where it is saved.
    struct Image: Encodable, Sendable {
        var folder: String
        var name: String
        var size: Int64
        var sha256: String?
        var savedAs: String?
        var isExtra: Bool?

        enum CodingKeys: String, CodingKey {
            case folder, name, size, sha256, savedAs = "saved_as", isExtra = "extra"
        }
    }

    /// What a body exposed at one time: a RAW and a JPEG are one frame.
    struct Frame: Encodable, Sendable {
        var images: [Image]
    }

    /// A body.
    struct Camera: Encodable, Sendable {
        var id: BodyID
        var cameraNumber: Int
        var name: String?
        var model: String?
        var serial: String?
        var offset: Int64
        var releasedAt: Int64?
        var state: ShotCameraState
        var isLate: Bool?
        var isRealtime: Bool?
        var error: ErrorDescription?
        var widgets: [String: WidgetValue]?
        var widgetsReadAt: Int64?
        var frames: [Frame]

        enum CodingKeys: String, CodingKey {
            case id, cameraNumber = "camera_number", name, model, serial, offset = "offset_ns"
            case releasedAt = "released_at", state, isLate = "late", isRealtime = "realtime", error, widgets
            case widgetsReadAt = "widgets_read_at", frames
        }
    }

    /// The version of this form.
    var manifest = 1
    var shot: Int64
    var project: String?
    var firedAt: Int64?
    var spread: Int64?
    var state: ShotState
    var cameras: [Camera]

    enum CodingKeys: String, CodingKey {
        case manifest, shot, project, firedAt = "fired_at", spread = "spread_ns", state, cameras
    }

    /// Of a shot, what its bodies were, and its saved images.
    init(_ shot: Shot, bodies: [BodyID: ShotBody], saved: [SavedImage]) {
        self.shot = shot.number
        project = shot.project
        firedAt = shot.firedAt
        spread = shot.spread
        state = shot.state
        cameras = shot.cameras.map { camera in
            var camera = camera
            let ofCamera = saved.filter { $0.camera == camera.id }
            for image in ofCamera { camera.note(image) }
            let told = Set(camera.images.map { ObjectPath(folder: $0.folder, name: $0.name) })
            // A server that ended before its shot was over has saved what the shot does not know of.
            let more = ofCamera.filter { !told.contains(ObjectPath(folder: $0.folder, name: $0.name)) }
            let body = bodies[camera.id]
            return Camera(
                id: camera.id, cameraNumber: camera.cameraNumber, name: body?.name, model: body?.model,
                serial: body?.serial, offset: camera.offset ?? 0, releasedAt: camera.releasedAt, state: camera.state,
                isLate: camera.isLate, isRealtime: camera.isRealtime, error: camera.error, widgets: body?.widgets,
                widgetsReadAt: body?.widgetsReadAt,
                frames: Self.frames(camera.images.map(Image.init) + more.map(Image.init)))
        }
    }

    /// The manifest's file.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// Images of one name with different endings are one frame, on whichever card they are.
    private static func frames(_ images: [Image]) -> [Frame] {
        var frames: [(stem: String, endings: Set<String>, images: [Image])] = []
        for image in images {
            let dot = image.name.lastIndex(of: ".") ?? image.name.endIndex
            let stem = String(image.name[..<dot])
            let ending = image.name[dot...].lowercased()
            if let index = frames.firstIndex(where: { $0.stem == stem && !$0.endings.contains(ending) }) {
                frames[index].endings.insert(ending)
                frames[index].images.append(image)
            } else {
                frames.append((stem, [ending], [image]))
            }
        }
        return frames.map { Frame(images: $0.images) }
    }
}

extension ShotManifest.Image {
    fileprivate init(_ image: ShotImage) {
        self.init(
            folder: image.folder, name: image.name, size: image.size, sha256: image.sha256, savedAs: image.savedAs,
            isExtra: image.isExtra)
    }

    fileprivate init(_ image: SavedImage) {
        self.init(
            folder: image.folder, name: image.name, size: image.size, sha256: image.sha256, savedAs: image.savedAs)
    }
}
