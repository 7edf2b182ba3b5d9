import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Where exported images go.
struct ExportDestination: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A folder: each image gets the place in it that it has on the server; what is there already is skipped.",
            valueName: "folder"))
    var to: String?

    @Option(help: ArgumentHelp("A tar archive of them, or - for standard output.", valueName: "file"))
    var tar: String?

    func validate() throws {
        guard (to == nil) != (tar == nil) else { throw ValidationError("Say either --to or --tar.") }
        guard to?.isEmpty != true, tar?.isEmpty != true else { throw ValidationError("A name is not empty.") }
    }

    /// Whether the archive itself goes to standard output.
    private var isStandardOutput: Bool { tar == "-" }

    /// Exports what `work` adds.
    func run(
        _ server: ServerOptions, _ output: OutputOptions,
        _ work: @escaping @Sendable (inout ExportRun) async throws -> Void
    ) async throws {
        guard !output.json || !isStandardOutput else {
            throw ValidationError("Standard output has room for the archive or for --json.")
        }
        try await server.withConnection { connection in
            var run = ExportRun(
                connection: connection, export: try open(), isQuiet: output.json || isStandardOutput)
            try await work(&run)
            try await run.finish(json: output.json)
        }
    }

    private func open() throws -> any ImageExport {
        if let tar { return try ExportTape(isStandardOutput ? nil : tar) }
        return ExportFolder(path: to ?? ".")
    }
}

/// Brings saved images to this machine.
struct ExportImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Bring images that are saved on the server to this machine: all of them, or some.")

    @Argument(help: ArgumentHelp("The numbers of the images, as `images` shows them.", valueName: "image"))
    var numbers: [Int64] = []

    @OptionGroup var selection: ImageSelection
    @OptionGroup var destination: ExportDestination
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard numbers.isEmpty || !selection.isNarrowed else {
            throw ValidationError("Name the images by their numbers or by the options, not by both.")
        }
        guard numbers.allSatisfy({ (1..<Int64.max).contains($0) }) else {
            throw ValidationError("Images are numbered from 1 on.")
        }
    }

    func run() async throws {
        try await destination.run(server, output) { run in
            guard numbers.isEmpty else {
                for number in numbers { try await run.add(number) }
                return
            }
            let connection = run.connection
            try await run.add(all: { limit, before in
                try await selection.page(of: limit, before: before, in: connection)
            })
        }
    }
}

/// Brings the saved images of a shot to this machine.
struct ExportShot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Bring the saved images of a shot to this machine.")

    @Argument(help: "The number of the shot.")
    var number: Int64

    @OptionGroup var destination: ExportDestination
    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await destination.run(server, output) { run in
            try await run.add(all: { limit, before in ImagesArguments(limit: limit, before: before, shot: number) })
        }
    }
}
