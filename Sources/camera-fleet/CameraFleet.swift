import ArgumentParser

/// The program.
@main
struct CameraFleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "camera-fleet", subcommands: [Serve.self])
}
