import ArgumentParser
import PacketClient
import PacketProtocol

/// Ends a sequence of shots, whoever started it.
struct StopSequence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop-sequence", abstract: "End a sequence of several cameras, whoever started it.")

    @Argument(help: "The number of the sequence.")
    var sequence: UInt64

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await server.withConnection { connection in
            let taken = try await connection.stopGroupSequence(sequence)
            if output.json { return try await Output.json(TakenResult(taken: taken)) }
            try await Output.line("sequence \(sequence) took \(taken)")
        }
    }
}
