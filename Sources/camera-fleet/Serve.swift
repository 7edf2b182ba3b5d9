import ArgumentParser

/// Runs the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serve the cameras of this machine.")

    func run() async throws {}
}
