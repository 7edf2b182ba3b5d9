import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Puts files of this machine on a body.
struct Upload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put files of this machine on a camera's card.",
        discussion: "camera-fleet upload 1 card.jpg --to /store_00010001/DCIM/100NCD75")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Argument(help: ArgumentHelp("Files of this machine.", valueName: "local-file"))
    var files: [String]

    @Option(help: "The folder on the camera, as `files` shows it.")
    var to: String

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !files.contains(where: { $0.isEmpty || $0.hasSuffix("/") }) else {
            throw ValidationError("Name files, not folders.")
        }
        guard !to.isEmpty else { throw ValidationError("--to takes a folder of the camera.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let progress = ProgressBar()
            var report = UploadedFiles()
            do {
                for file in files { try await upload(file, to: session, progress, &report) }
            } catch {
                progress.clear()
                if output.json { try? await Output.json(report) }
                throw error
            }
            if output.json { try await Output.json(report) }
            guard report.errors.isEmpty else { throw ExitCode.failure }
        }
    }

    private func upload(
        _ file: String, to session: BodySession, _ progress: ProgressBar, _ report: inout UploadedFiles
    ) async throws {
        let name = String(file.split(separator: "/").last ?? Substring(file))
        let folder = to.hasPrefix("/") ? to : "/" + to
        do throws(FleetClientError) {
            let result = try await session.upload(
                file, into: folder, named: name, expecting: progress.expect, progress: progress.follower())
            let uploaded = UploadedFile(
                path: file, folder: folder, name: name, size: result.size, sha256: result.sha256)
            report.uploaded.append(uploaded)
            progress.clear()
            guard !output.json else { return }
            try? await Output.line(printable("\(readableSize(uploaded.size))  \(joinedPath(folder, name))"))
        } catch {
            switch error {
            case .file: break
            case .refused(let refusal) where refusal.kind.isOfOneFile: break
            default: throw error
            }
            report.errors.append(.init(path: file, error: ErrorDescription(error.fleetError)))
            progress.clear()
            Output.complain(printable("\(file): \(error)"))
        }
    }
}

/// The JSON of `upload`.
private struct UploadedFiles: Encodable {
    struct Failed: Encodable {
        var path: String
        var error: ErrorDescription
    }

    var uploaded: [UploadedFile] = []
    var errors: [Failed] = []
}

/// A file that is on a body now.
private struct UploadedFile: Encodable {
    /// Where it is on this machine.
    var path: String
    var folder: String
    var name: String
    var size: Int64
    var sha256: String?
}
