import ArgumentParser
import FleetModel
import PacketClient
import PacketProtocol

/// Numbers bodies in the order in which their shutters are pressed.
struct NumberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "number",
        abstract: "Number the cameras by pressing the shutter of each, in the order of the rig.",
        discussion: """
            The first camera that is pressed gets the first number, the next one the next. Nothing changes until every \
            camera was pressed; Ctrl-C before that changes nothing, or with --partial numbers those that were pressed. \
            Cameras that were not pressed and whose number is taken move up behind, in their order.
            """)

    @Option(help: "The first number.")
    var start = 1

    @Option(help: "Only the cameras of this group.")
    var group: String?

    @Flag(help: "Number what was pressed when Ctrl-C comes.")
    var partial = false

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(start) else { throw ValidationError("--start is 1 to 1000000.") }
        guard group != "" else { throw ValidationError("--group takes a group.") }
    }

    func run() async throws {
        try await server.withConnection { connection in
            // What is pressed while the list is on its way counts as well.
            let events: [EventCode] = [.objectAdded, .cameraState, .cameraAttached, .cameraDetached, .eventsLost]
            try await connection.subscribe(to: events.map(\.name))
            var numbering = Numbering(cameras: try await connection.cameras(), group: group, start: start)
            guard !numbering.isComplete else {
                throw Failure(group.map { "No camera of the group \($0) is ready." } ?? "No camera is ready.")
            }
            try await say(numbering.prompt)
            try await follow(connection.events, &numbering)
            guard !Task.isCancelled else { return try await interrupted(numbering, connection) }
            guard !numbering.pressed.isEmpty else { throw Failure("No camera is ready any more.") }
            try await apply(numbering, on: connection)
        }
    }

    private func follow(_ events: BoundedSequence<ServerEvent>, _ numbering: inout Numbering) async throws {
        do {
            for try await event in events {
                for line in numbering.note(event) { try await say(line) }
                if numbering.isComplete { return }
            }
        } catch is CancellationError {
            // Ctrl-C while a line was written; the one who called looks for it.
        }
    }

    private func interrupted(_ numbering: Numbering, _ connection: FleetConnection) async throws {
        let count = "\(numbering.pressed.count) of \(numbering.pressed.count + numbering.waiting.count)"
        guard partial, !numbering.pressed.isEmpty else {
            Output.complain("Nothing was changed: \(count) cameras were pressed.")
            return
        }
        try await evenIfInterrupted { try await apply(numbering, on: connection) }
        throw ExitCode.success
    }

    private func apply(_ numbering: Numbering, on connection: FleetConnection) async throws {
        // The list again, as names and numbers may have changed meanwhile.
        let cameras = try await connection.cameras()
        let numbers = numbering.numbers(among: cameras)
        let changes = numbers.filter { id, number in cameras.first { $0.id == id }?.cameraNumber != number }
        var changed = cameras
        if !changes.isEmpty {
            changed = try await connection.setNumbers(
                Dictionary(uniqueKeysWithValues: changes.map { ($0.key.rawValue, $0.value) }))
        }
        if output.json { return try await Output.json(CameraList(cameras: changed)) }
        for camera in changed where numbers[camera.id] != nil {
            let former = cameras.first { $0.id == camera.id }
            let move = former.map { $0.cameraNumber == camera.cameraNumber ? "" : " (was \($0.cameraNumber))" } ?? ""
            try await Output.line(printable("\(camera.cameraNumber)  \(camera.name)  \(camera.id)\(move)"))
        }
    }

    /// To a person; standard output is for the document where there is one.
    private func say(_ line: String) async throws {
        output.json ? Output.complain(printable(line)) : try await Output.line(printable(line))
    }
}
