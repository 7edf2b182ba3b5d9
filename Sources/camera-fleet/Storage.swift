import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows the cards and memories of a body.
struct Storage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show how much room a camera's cards have.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let storages = try await session.storages()
            if output.json { return try await Output.json(StorageList(storages: storages)) }
            guard !storages.isEmpty else { return Output.complain("The camera has no card.") }
            var table = Table([
                .init(heading: "FOLDER", widest: 30), .init(heading: "LABEL", widest: 20),
                .init(heading: "SIZE", widest: 9, alignsRight: true),
                .init(heading: "FREE", widest: 9, alignsRight: true),
                .init(heading: "IMAGES", widest: 8, alignsRight: true), .init(heading: "ACCESS", widest: 21),
            ])
            for storage in storages {
                table.add([
                    storage.path, storage.label.isEmpty ? "-" : storage.label,
                    storage.capacity.map(readableSize) ?? "-", storage.free.map(readableSize) ?? "-",
                    storage.freeImages.map { "\($0)" } ?? "-", storage.access.words,
                ])
            }
            for line in table.lines { try await Output.line(line) }
        }
    }
}

extension StorageInfo.Access {
    /// For a person.
    fileprivate var words: String {
        switch self {
        case .readWrite: "read and write"
        case .readOnly: "read"
        case .readOnlyWithDelete: "read and delete"
        }
    }
}
