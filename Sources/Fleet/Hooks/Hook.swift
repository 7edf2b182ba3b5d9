import FleetModel
import NIOConcurrencyHelpers
import NIOCore
import PacketProtocol

/// A command of the user's that is run for each image that is saved, or for each shot that is over: without a shell, in the
/// data folder, with the facts as arguments and as one JSON object on its standard input.
public struct Hook: Sendable {
    /// The program, an absolute path.
    public var file: String
    /// What comes before the arguments that tell of an image or a shot.
    public var arguments: [String]

    /// A program, and arguments of the user's own.
    public init(file: String, arguments: [String] = []) {
        self.file = file
        self.arguments = arguments
    }
}

/// What a hook is told.
struct HookOccasion: Sendable {
    /// What happened, for the log.
    let subject: String
    let arguments: [String]
    /// One JSON object.
    let input: [UInt8]

    /// An image was saved: its absolute path, its body's id, and the number of its shot or nothing.
    init(_ image: SavedImage, in folder: String) {
        subject = image.savedAs
        let path = "\(folder)/\(image.savedAs)"
        arguments = [path, image.camera.rawValue, image.shot.map { "\($0)" } ?? ""]
        input = Self.bytes(Told(known: ImageSaved(image), key: "path", more: path))
    }

    /// A shot is over.
    init(_ shot: Shot, in folder: String) {
        subject = "shot \(shot.number)"
        arguments = ["\(shot.number)"]
        let cameras = shot.cameras.map { camera in
            let images = camera.images.map { image in
                Told(known: image, key: "path", more: image.savedAs.map { "\(folder)/\($0)" })
            }
            return Told(known: camera, key: "images", more: images)
        }
        input = Self.bytes(Told(known: shot, key: "cameras", more: cameras))
    }

    private static func bytes(_ told: some Encodable) -> [UInt8] {
        Array(buffer: PacketEncoder.json(told))
    }
}

/// What a hook is told of something that clients are told of: the same, and one thing more.
private struct Told<Known: Encodable, More: Encodable>: Encodable {
    let known: Known
    let key: String
    /// Nil where there is nothing more; it takes the place of what `known` has under its key.
    let more: More?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    func encode(to encoder: any Encoder) throws {
        try known.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(more, forKey: Key(stringValue: key))
    }
}

/// Keeps the last words of a command: 4 KiB.
final class HookOutputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// What a command said, for who waits for its end.
    typealias Words = NIOLockedValueBox<[UInt8]>

    private static let longest = 4096

    private let words: Words

    init(_ words: Words) {
        self.words = words
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        words.withLockedValue { words in
            words.append(contentsOf: bytes.suffix(Self.longest))
            words.removeFirst(max(0, words.count - Self.longest))
        }
    }

    /// A text without what would steer a terminal, and without the lines' ends at its own.
    static func text(of words: Words) -> String {
        let bytes = words.withLockedValue { $0 }
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.value < 32 ? " " : Character($0) }
        return String(text).split(separator: " ").joined(separator: " ")
    }
}
