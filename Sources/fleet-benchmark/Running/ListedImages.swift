import FleetModel
import PacketProtocol

/// What a server says that it has saved.
enum ListedImages {
    private static let pageLength = 1000

    /// All of it, newest first. `patience` is how long an answer may take, in seconds.
    static func all(at commandPort: Int, patience: Int = 60) throws -> [SavedImage] {
        let connection = try PlainConnection(port: commandPort, patience: patience)
        _ = try connection.receive()
        var images: [SavedImage] = []
        while true {
            let page = try connection.ask(
                .listImages, ImagesArguments(limit: pageLength, before: images.last?.number), ImageList.self)
            images += page.images
            guard page.images.count == pageLength else { return images }
        }
    }
}
