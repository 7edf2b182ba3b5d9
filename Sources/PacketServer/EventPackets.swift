import FleetModel
import NIOCore
import PacketProtocol

extension FleetEvent {
    /// The event as a packet of a connection.
    func packet(number: UInt32) -> ByteBuffer {
        let json: ByteBuffer
        switch self {
        case .objectAdded(let camera, let image):
            json = PacketEncoder.json(
                ObjectAdded(camera: camera, folder: image.folder, name: image.name, size: image.size))
        case .objectRemoved(let camera, let object):
            json = PacketEncoder.json(ObjectRemoved(camera: camera, folder: object.folder, name: object.name))
        case .sequenceProgress(let camera, let sequence, let taken, let count, let error, let ended):
            json = PacketEncoder.json(
                SequenceProgress(
                    camera: camera, sequence: sequence, taken: taken, count: count, error: error,
                    ended: ended ? true : nil))
        case .captureComplete(let camera): json = PacketEncoder.json(CaptureComplete(camera: camera))
        case .widgetChanged(let camera, let widget, let value):
            json = PacketEncoder.json(WidgetChanged(camera: camera, widgetID: widget, value: value))
        case .cameraState(let info), .cameraAttached(let info), .cameraDetached(let info):
            json = PacketEncoder.json(info)
        case .shotComplete(let shot): json = PacketEncoder.json(shot)
        case .imageSaved(let image): json = PacketEncoder.json(ImageSaved(image))
        case .groupSequenceProgress(let sequence, let taken, let count, let shot, let error, let ended):
            json = PacketEncoder.json(
                GroupSequenceProgress(
                    sequence: sequence, taken: taken, count: count, shot: shot, error: error,
                    ended: ended ? true : nil))
        }
        return PacketEncoder.encode(
            PtpPacket(type: .event, code: code.rawValue, transactionID: number, content: json))
    }
}
