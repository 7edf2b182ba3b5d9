import ArgumentParser
import FleetModel
import NIOCore
import PacketClient
import PacketProtocol

/// Numbers, names and groups as a file.
struct RosterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster", abstract: "Keep numbers, names and groups of all cameras in a file, for a spreadsheet.",
        subcommands: [RosterExport.self, RosterImport.self])
}

/// Writes the file.
struct RosterExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the numbers, names and groups of all cameras to a CSV file.")

    @Argument(help: "The file, such as rig.csv; standard output unless given.")
    var file: String?

    @Flag(help: "Replace a file that is there.")
    var force = false

    @OptionGroup var server: ServerOptions

    func run() async throws {
        try await server.withConnection { connection in
            let text = RosterFile.text(of: try await connection.cameras())
            guard let file else { return try await Output.write(ByteBuffer(string: text)) }
            var output = try OutputFile(file, replacing: force)
            try output.write(Array(text.utf8))
            try output.finish()
        }
    }
}

/// Makes the fleet what the file says.
struct RosterImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Give the cameras the numbers, names and groups that a CSV file has.",
        discussion: """
            The file is one that `roster export` wrote, changed in an editor or a spreadsheet. It is looked at as a whole \
            first: where anything is wrong with it, nothing changes. Cameras that are not in it stay as they are, and so \
            does what a field leaves empty, but for groups.
            """)

    @Argument(help: "The file; standard input unless given.")
    var file: String?

    @Flag(help: "Say what would change, and change nothing.")
    var dryRun = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let roster: RosterFile
        do {
            roster = try RosterFile(try text())
        } catch let error as RosterFile.Invalid {
            throw Failure(error.text)
        }
        try await server.withConnection { connection in
            var cameras = try await connection.cameras()
            let plan: RosterPlan
            do throws(RosterFile.Invalid) {
                plan = try RosterPlan(roster, for: cameras)
            } catch {
                throw Failure(error.text)
            }
            if !dryRun {
                if !plan.numbers.isEmpty { cameras = try await connection.setNumbers(plan.numbers) }
                try await rename(plan.renamings(among: cameras), on: connection)
            }
            if output.json { return try await Output.json(RosterChanges(changed: plan.changes, isDryRun: dryRun)) }
            for change in plan.changes { try await Output.line(printable(change.text)) }
            if plan.changes.isEmpty { Output.complain("Everything is as the file says already.") }
            if dryRun, !plan.changes.isEmpty { Output.complain("Nothing was changed: that was a dry run.") }
        }
    }

    private func rename(_ steps: [SetCameraNameArguments], on connection: FleetConnection) async throws {
        for (index, step) in steps.enumerated() {
            do throws(FleetClientError) {
                _ = try await connection.rename(step)
            } catch {
                throw Failure(
                    printable(
                        """
                        \(step.camera): \(error) The numbers of the file are set, and \(index) of the \(steps.count) \
                        changes of names and groups are made. Import the file again once this is put right.
                        """))
            }
        }
    }

    private func text() throws -> String {
        let text = try InputFile.text(at: file)
        guard let text else { throw Failure("\(file ?? "Standard input") is no text in UTF-8.") }
        return text
    }
}

extension RosterFile.Invalid {
    /// Everything, a line each.
    fileprivate var text: String {
        (reasons.map(printable) + ["Nothing was changed."]).joined(separator: "\n")
    }
}

/// The JSON of `roster import`.
private struct RosterChanges: Encodable {
    var changed: [RosterPlan.Change]
    var isDryRun: Bool

    enum CodingKeys: String, CodingKey { case changed, isDryRun = "dry_run" }
}
