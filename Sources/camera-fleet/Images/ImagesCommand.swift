import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// The images that the server has saved.
struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "List the images that are saved on the server, or bring them to this machine.",
        subcommands: [ListImages.self, ExportImages.self], defaultSubcommand: ListImages.self)
}

/// Lists the images that the server has saved.
struct ListImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the images that are saved on the server, newest first.")

    @OptionGroup var selection: ImageSelection

    @Option(help: "How many at most.")
    var limit = 20

    @Option(help: ArgumentHelp("Only those before this one.", valueName: "image"))
    var before: Int64?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let images = try await pages(upTo: limit) { rest, last in
                try await connection.images(
                    try await selection.page(of: rest, before: last?.number ?? before, in: connection))
            }
            if output.json { return try await Output.json(ImageList(images: images)) }
            guard !images.isEmpty else { return Output.complain("No such image is saved.") }
            var table = Table([
                .init(heading: "IMAGE", widest: 9, alignsRight: true), .init(heading: "TIME", widest: 8),
                .init(heading: "SHOT", widest: 9, alignsRight: true),
                .init(heading: "SIZE", widest: 10, alignsRight: true), .init(heading: "SAVED AS", widest: 100),
            ])
            for image in images {
                table.add([
                    "\(image.number)", localTime(image.time), image.shot.map { "\($0)" } ?? "-",
                    readableSize(image.size), image.savedAs,
                ])
            }
            for line in table.lines { try await Output.line(line) }
        }
    }
}

/// Has every saved image read back and compared.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read the images back that are saved on the server, and compare.")

    @OptionGroup var selection: ImageSelection
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    /// How many are read for one answer.
    private static let page = 50

    func run() async throws {
        try await server.withConnection { connection in
            var broken: [VerifiedImage] = []
            var count = 0
            var last: Int64?
            while true {
                let page = try await connection.verifyImages(
                    try await selection.page(of: Self.page, before: last, in: connection))
                guard let end = page.last else { break }
                last = end.number
                count += page.count
                for image in page where !image.isIntact {
                    broken.append(image)
                    if image.condition != .intact {
                        Output.complain(printable("\(image.savedAs) is \(image.condition.rawValue)."))
                    }
                    if let copy = image.secondCopy, copy != .intact {
                        Output.complain(printable("The second copy of \(image.savedAs) is \(copy.rawValue)."))
                    }
                }
            }
            if output.json {
                try await Output.json(VerifiedImages(images: broken))
            } else {
                try await Output.line("\(count - broken.count) of \(count) images are as they were saved.")
            }
            if !broken.isEmpty { throw ExitCode.failure }
        }
    }
}

/// Has what is on the cards and was never saved, saved.
struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Save on the server what is on the cards of cameras and was never saved.")

    @OptionGroup var selection: GroupSelection
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let names = try await CameraNames(in: connection)
            let cameras = try await connection.fetchImages(of: try await selection.target(in: connection))
            if output.json { try await Output.json(FetchedImages(cameras: cameras)) }
            for camera in cameras {
                if !output.json {
                    let name = names[camera.id]
                    try await Output.line(
                        printable("\(name)  \(camera.fetched) saved now, \(camera.known) saved before"))
                }
                if let error = camera.error {
                    Output.complain(printable("\(names[camera.id]): \(camera.failed) not saved: \(error.message)"))
                }
            }
            if cameras.contains(where: { $0.failed > 0 || $0.error != nil }) { throw ExitCode.failure }
        }
    }
}
