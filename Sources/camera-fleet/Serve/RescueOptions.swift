import ArgumentParser
import Fleet
import FoundationEssentials
import Logging

/// The command that may bring bodies back that stay in fault, and when it is run.
struct RescueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A program that is run for a camera that stays in fault: with its id, port, model and USB socket as arguments, "
                + "and as CAMERA_FLEET_BODY, _PORT, _MODEL, _SOCKET, _NAME, _NUMBER and _ERROR in its environment.",
            valueName: "file"))
    var rescueCommand: String?

    @Option(help: "How long a camera stays in fault before that, in seconds.")
    var rescueAfter = RescuePolicy().after / .seconds(1)

    @Option(help: "How long it is then left alone, in seconds.")
    var rescueEvery = RescuePolicy().every / .seconds(1)

    @Option(help: "How long the program may run, in seconds, before it is killed.")
    var rescueLimit = 60.0

    func validate() throws {
        for (name, seconds) in [
            ("rescue-after", rescueAfter), ("rescue-every", rescueEvery), ("rescue-limit", rescueLimit),
        ] where !(0.001...86_400).contains(seconds) {
            throw ValidationError("--\(name) takes a number of seconds from 0.001 to 86400.")
        }
        guard rescueCommand != "" else { throw ValidationError("--rescue-command takes a file.") }
    }

    /// The service that runs it; nil where none is asked for.
    ///
    /// Throws a sentence when the file cannot be run.
    func service(for registry: CameraRegistry, _ logger: Logger) throws -> RescueService? {
        guard let rescueCommand else { return nil }
        let file = try ExecutableFile.resolved(rescueCommand, "The rescue command")
        var environment = ProcessInfo.processInfo.environment
        environment["CAMERA_FLEET_TOKEN"] = nil
        let command = RescueCommand(
            file: file, limit: .seconds(rescueLimit), environment: environment, logger: logger)
        let policy = RescuePolicy(after: .seconds(rescueAfter), every: .seconds(rescueEvery))
        return RescueService(registry: registry, command: command, policy: policy)
    }
}
