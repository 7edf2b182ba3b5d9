import FleetModel
import NIOCore
import PacketClient
import PacketProtocol

extension ServerEvent {
    /// What a person wants to know of it; its JSON where it is none that is known.
    var summary: String { words ?? String(buffer: content) }

    private var words: String? {
        switch event {
        case .objectAdded:
            read(ObjectAdded.self).map {
                "\($0.camera)  \(joinedPath($0.folder, $0.name))  \(readableSize($0.size))"
            }
        case .objectRemoved: read(ObjectRemoved.self).map { "\($0.camera)  \(joinedPath($0.folder, $0.name))" }
        case .imageSaved:
            read(ImageSaved.self).map {
                "\($0.camera)  \(joinedPath($0.folder, $0.name))  \(readableSize($0.size))  saved as \($0.savedAs)"
            }
        case .widgetChanged:
            read(WidgetChanged.self).map { changed in
                "\(changed.camera)  \(changed.widgetID)" + (changed.value.map { " = \($0)" } ?? "")
            }
        case .captureComplete: read(CaptureComplete.self).map { "\($0.camera)" }
        case .cameraState, .cameraAttached, .cameraDetached:
            read(CameraInfo.self).map { camera in
                let why = camera.error.map { ": \($0.message)" } ?? ""
                return "\(camera.id)  \(camera.name) (\(camera.cameraNumber))  \(camera.state.rawValue)\(why)"
            }
        case .sequenceProgress:
            read(SequenceProgress.self).map { progress in
                let why = progress.error.map { ": \($0.message)" } ?? ""
                let end = progress.ended == true ? ", and it ended" : ""
                return
                    "\(progress.camera)  sequence \(progress.sequence): \(progress.taken) of \(progress.count)\(end)\(why)"
            }
        case .groupSequenceProgress:
            read(GroupSequenceProgress.self).map { progress in
                let why = progress.error.map { ": \($0.message)" } ?? ""
                let shot = progress.shot.map { ", shot \($0)" } ?? ""
                let end = progress.ended == true ? ", and it ended" : ""
                return
                    "sequence \(progress.sequence): \(progress.taken) of \(progress.count)\(shot)\(end)\(why)"
            }
        case .shotComplete: read(Shot.self).map(\.summary)
        case .eventsLost: read(EventsLost.self).map { "\($0.count)" }
        case .connectionOK, nil: nil
        }
    }
}
