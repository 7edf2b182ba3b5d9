import ArgumentParser
import Fleet
import FoundationEssentials
import Logging

/// The commands that are run after images and shots.
struct HookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A program, with arguments of your own if it takes some, that is run for each image when it is saved: with the "
                + "image's path, the camera's id and the shot's number (or nothing) as further arguments, and one JSON object "
                + "on its standard input.", valueName: "command"))
    var onImage: String?

    @Option(
        help: ArgumentHelp(
            "The same for each shot that is over and whose images are saved, with the shot's number as argument.",
            valueName: "command"))
    var onShot: String?

    @Option(help: "How many of these programs run at one time.")
    var hooksAtOnce = HookService.Limits().atOnce

    @Option(help: "How long each may run, in seconds, before it is ended.")
    var hookTime = HookService.Limits().time / .seconds(1)

    func validate() throws {
        guard (1...256).contains(hooksAtOnce) else {
            throw ValidationError("--hooks-at-once takes a number from 1 to 256.")
        }
        guard (0.001...86_400).contains(hookTime) else {
            throw ValidationError("--hook-time takes a number of seconds from 0.001 to 86400.")
        }
        for (name, command) in [("on-image", onImage), ("on-shot", onShot)] {
            guard let command else { continue }
            guard CommandWords.of(command)?.isEmpty == false else {
                throw ValidationError(
                    "--\(name) takes a command: a program, and arguments of yours; quotes are closed.")
            }
        }
    }

    /// The service that runs them; nil where none is asked for. `folder` is the data folder.
    ///
    /// Throws a sentence when a program cannot be run.
    func service(for registry: CameraRegistry, folder: String, _ logger: Logger) throws -> HookService? {
        guard onImage != nil || onShot != nil else { return nil }
        var environment = ProcessInfo.processInfo.environment
        environment["CAMERA_FLEET_TOKEN"] = nil
        let searchPath = environment["PATH"] ?? "/usr/bin:/bin"
        return HookService(
            registry: registry, folder: folder, onImage: try Self.hook(onImage, "--on-image", searchPath),
            onShot: try Self.hook(onShot, "--on-shot", searchPath),
            limits: HookService.Limits(atOnce: hooksAtOnce, time: .seconds(hookTime)), environment: environment,
            logger: logger)
    }

    private static func hook(_ command: String?, _ option: String, _ searchPath: String) throws -> Hook? {
        guard let command, let words = CommandWords.of(command), let first = words.first else { return nil }
        let file = try ExecutableFile.named(first, searchPath: searchPath, "The program of \(option),")
        return Hook(file: file, arguments: Array(words.dropFirst()))
    }
}
