import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Shows what a body's driver tells of it.
struct Summary: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what libgphoto2 tells of a camera: summary, manual, author, abilities.")

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let session = try await camera.session(in: connection)
            let text = try await session.summary()
            if output.json { return try await Output.json(text) }
            for line in text.lines { try await Output.line(printable(line)) }
        }
    }
}

extension BodySummaryText {
    /// Its texts one after the other, each with a heading, without those that are empty.
    var lines: [String] {
        var lines: [String] = []
        for (heading, part) in [
            ("Summary", summary), ("Manual", manual), ("About the driver", about), ("Abilities", abilities.text),
        ] {
            var content = part.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
            while content.last?.allSatisfy(\.isWhitespace) ?? false { content.removeLast() }
            guard !content.isEmpty else { continue }
            lines += (lines.isEmpty ? [] : [""]) + ["== \(heading)"] + content.map { $0.replacing("\t", with: "    ") }
        }
        return lines
    }
}

extension BodyAbilities {
    /// A line for each kind of ability.
    fileprivate var text: String {
        func words(_ names: [String]) -> String { names.isEmpty ? "-" : names.joined(separator: ", ") }
        return """
            driver for \(model) (\(status))
            camera: \(words(operations))
            files: \(words(fileOperations))
            folders: \(words(folderOperations))
            """
    }
}
