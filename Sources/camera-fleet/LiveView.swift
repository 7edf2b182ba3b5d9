import ArgumentParser
import PacketClient

/// Writes a body's live view to standard output.
struct LiveView: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a camera's live view to standard output, as JPEGs one after the other.",
        discussion: """
            camera-fleet live-view 3 --frames 100 > view.mjpeg
            camera-fleet live-view 3 | ffplay -f mjpeg -
            """)

    @Argument(help: "The camera by id, name or number.")
    var camera: BodyArgument

    @Option(help: "Stop after this many frames.")
    var frames: Int?

    @Option(help: ArgumentHelp("The most frames a second.", valueName: "fps"))
    var maxFps: Double?

    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard frames.map({ $0 > 0 }) ?? true else { throw ValidationError("--frames is 1 or more.") }
        guard maxFps.map({ $0 > 0 && $0.isFinite }) ?? true else { throw ValidationError("--max-fps is above 0.") }
    }

    func run() async throws {
        guard !Output.isTerminal else {
            throw Failure(
                "JPEGs are not for a terminal: write them to a file (> view.mjpeg) or to a program (| ffplay -).")
        }
        try await server.withConnection(untilInterrupted: true) { connection in
            let session = try await camera.session(in: connection)
            let stream = try await session.liveView(maximumFramesPerSecond: maxFps, capacity: 8)
            var written = 0
            var first: UInt32?
            var missed = 0
            for try await frame in stream {
                try await Output.write(frame.jpeg)
                written += 1
                missed = Int(frame.number &- (first ?? frame.number)) + 1 - written
                first = first ?? frame.number
                if written == frames { break }
            }
            stream.close()
            Output.complain("\(written) frames, \(missed) missed")
        }
    }
}
