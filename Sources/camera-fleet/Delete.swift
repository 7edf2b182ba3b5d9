import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Deletes files of a body.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete files of a camera, without asking.",
        discussion: """
            camera-fleet delete 1 /store_00010001/DCIM/100NCD75/DSC_0001.JPG
            camera-fleet delete 1 --all-in /store_00010001/DCIM/100NCD75
            """)

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(
        help: ArgumentHelp("Files, as `files` shows them.", valueName: "folder/name"), transform: FileArgument.parse)
    var files: [FileArgument] = []

    @Option(help: ArgumentHelp("Every file in this folder, but none in the folders in it.", valueName: "folder"))
    var allIn: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard files.isEmpty != (allIn == nil) else { throw ValidationError("Name files, or a folder with --all-in.") }
        guard allIn != "" else { throw ValidationError("--all-in takes a folder.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            var report = DeletedFiles()
            do {
                if let allIn {
                    try await delete(allIn: allIn.hasPrefix("/") ? allIn : "/" + allIn, of: session, &report)
                } else {
                    for file in files { try await delete(file.path, of: session, &report) }
                }
            } catch {
                if output.json { try? await Output.json(report) }
                throw error
            }
            if output.json { try await Output.json(report) }
            guard report.errors.isEmpty else { throw ExitCode.failure }
            if report.deleted.isEmpty { Output.complain("There was no file in \(allIn ?? "/").") }
        }
    }

    /// A page is listed again after its files were deleted, until it brings no other file.
    private func delete(allIn folder: String, of session: BodySession, _ report: inout DeletedFiles) async throws {
        var tried: Set<ObjectPath> = []
        while true {
            let page = try await session.files(ListFilesArguments(folder: folder))
            let left = page.files.map { ObjectPath(folder: $0.folder, name: $0.name) }.filter { !tried.contains($0) }
            guard !left.isEmpty else { return }
            tried.formUnion(left)
            for path in left { try await delete(path, of: session, &report) }
            guard page.more else { return }
        }
    }

    private func delete(_ path: ObjectPath, of session: BodySession, _ report: inout DeletedFiles) async throws {
        let text = printable(joinedPath(path.folder, path.name))
        do {
            try await session.delete(folder: path.folder, name: path.name)
            report.deleted.append(path)
            if !output.json { try await Output.line("deleted \(text)") }
        } catch FleetClientError.refused(let error) where error.kind.isOfOneFile {
            report.errors.append(.init(path: path, error: ErrorDescription(error)))
            Output.complain("\(text): \(printable(error.message))")
        }
    }
}

/// The JSON of `delete`.
private struct DeletedFiles: Encodable {
    struct Failed: Encodable {
        var path: ObjectPath
        var error: ErrorDescription

        enum CodingKeys: String, CodingKey { case folder, name, error }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(path.folder, forKey: .folder)
            try container.encode(path.name, forKey: .name)
            try container.encode(error, forKey: .error)
        }
    }

    var deleted: [ObjectPath] = []
    var errors: [Failed] = []
}

extension FleetErrorKind {
    /// Whether another file of the same body may well do better.
    var isOfOneFile: Bool {
        switch self {
        case .invalidObjectHandle, .invalidParameter, .generalError: true
        default: false
        }
    }
}
