import ArgumentParser
import PacketClient
import PacketProtocol

/// Shows the room for images on the server's disk.
struct DiskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disk", abstract: "Show how much room the server's disk has, and how many frames fit.")

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let disk = try await connection.disk()
            if output.json { return try await Output.json(disk) }
            try await Output.line(disk.sentence)
        }
    }
}

extension DiskRoom {
    /// The room in a sentence.
    var sentence: String {
        let room = "disk: \(readableSize(free)) free of \(readableSize(capacity)), \(readableSize(reserve)) kept free"
        guard let frames else { return "\(room); how many frames fit is known once a ready camera has an image saved" }
        return "\(room); about \(frames) \(frames == 1 ? "frame" : "frames") of all ready cameras fit"
    }
}
