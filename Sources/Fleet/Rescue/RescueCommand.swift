public import FleetModel
public import Logging
import NIOCore

/// A command of the user's that may bring a body back. It is run without a shell, with the body's id, port, model and
/// socket as arguments and in its environment; what it writes goes to the log.
public struct RescueCommand: Sendable {
    /// What a command is told of a body.
    public struct Subject: Sendable {
        /// The body as clients see it.
        public var camera: CameraInfo
        /// Where it is plugged in, in words that stay the same after a replug; its port where nothing else is known.
        public var socket: String

        /// A body at a socket.
        public init(camera: CameraInfo, socket: String) {
            self.camera = camera
            self.socket = socket
        }
    }

    /// How a command ended.
    public typealias End = UserCommandEnd

    private let command: UserCommand
    private let limit: Duration
    private let environment: [String: String]
    private let logger: Logger

    /// The program `file`, an absolute path, which may run for `limit`. Its environment is `environment` and what is told of
    /// the body.
    public init(file: String, limit: Duration = .seconds(60), environment: [String: String] = [:], logger: Logger) {
        command = UserCommand(file: file, limit: limit)
        self.limit = limit
        self.environment = environment
        self.logger = logger
    }

    /// Runs it for a body and waits for its end, and that of everything that it started and that still holds its output. It
    /// is killed, with its process group, after its time or when the task is cancelled.
    @discardableResult
    public func run(for subject: Subject) async -> End {
        var logger = logger
        logger[metadataKey: "body"] = "\(subject.camera.id)"
        let end = await runToItsEnd(subject, logger)
        switch end {
        case .exited(code: 0): logger.notice("rescue command ended")
        case .exited(let code): logger.warning("rescue command failed", metadata: ["code": "\(code)"])
        case .killed: logger.warning("rescue command was killed", metadata: ["limit": "\(limit.formattedSeconds)"])
        case .notStarted(let reason): logger.error("rescue command did not start", metadata: ["why": "\(reason)"])
        }
        return end
    }

    private func runToItsEnd(_ subject: Subject, _ logger: Logger) async -> End {
        let camera = subject.camera
        var environment = environment
        environment["CAMERA_FLEET_BODY"] = camera.id.rawValue
        environment["CAMERA_FLEET_PORT"] = camera.port
        environment["CAMERA_FLEET_MODEL"] = camera.model
        environment["CAMERA_FLEET_SOCKET"] = subject.socket
        environment["CAMERA_FLEET_NAME"] = camera.name
        environment["CAMERA_FLEET_NUMBER"] = "\(camera.cameraNumber)"
        environment["CAMERA_FLEET_ERROR"] = camera.error?.message ?? ""
        return await command.run(
            [camera.id.rawValue, camera.port, camera.model, subject.socket], environment: environment,
            output: { RescueOutputHandler(logger: logger) },
            started: { process in
                logger.notice(
                    "rescue command runs", metadata: ["process": "\(process)", "port": "\(camera.port)"])
            })
    }
}

/// Writes the lines of a command to the log: 200 of 1,000 bytes at most, and how many bytes more there were.
final class RescueOutputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let lines = 200
    private static let longest = 1000

    private let logger: Logger
    private var line: [UInt8] = []
    private var written = 0
    private var dropped = 0

    init(logger: Logger) {
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            if byte == UInt8(ascii: "\n") {
                endLine()
            } else if written == Self.lines || line.count == Self.longest {
                dropped += 1
            } else {
                line.append(byte)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endLine()
        if dropped > 0 { logger.notice("rescue command wrote more", metadata: ["bytes": "\(dropped)"]) }
        context.fireChannelInactive()
    }

    private func endLine() {
        guard !line.isEmpty, written < Self.lines else { return }
        // A text without what would steer a terminal.
        let text = String(decoding: line, as: UTF8.self).unicodeScalars.map { $0.value < 32 ? " " : Character($0) }
        logger.notice("rescue command says", metadata: ["line": "\(String(text))"])
        written += 1
        line.removeAll(keepingCapacity: true)
    }
}
