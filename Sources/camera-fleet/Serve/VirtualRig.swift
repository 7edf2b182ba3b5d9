import Fleet
import FleetModel
import FoundationEssentials
import Glibc
import NIOPosix
import ServiceLifecycle

/// Virtual bodies in a process of their own, which ends with the server.
struct VirtualRig: Service {
    /// A body as `virtual-camera --report-descriptor` tells it.
    struct Body: Decodable {
        /// In libgphoto2's words.
        var port: String
    }

    /// Which bodies there are to be.
    enum Request {
        case alike(Int, VirtualPersonality)
        /// Those that a file describes.
        case file(String)

        fileprivate var arguments: [String] {
            switch self {
            case .alike(let count, let personality): ["--count", "\(count)", "--personality", personality.rawValue]
            case .file(let path): ["--rig", path]
            }
        }
    }

    private struct Report: Decodable {
        var bodies: [Body]
    }

    let bodies: [Body]
    private let process: ChildProcess
    /// Open for as long as the bodies are to live.
    private let link: CInt
    /// How long the program has to end by itself.
    private let endingTime: Duration

    /// Starts the program and waits for its report. It has a second to end by itself, or `endingTime` if that is longer.
    ///
    /// Throws General_Error when it does not start or does not report.
    static func start(_ program: String, _ request: Request, endingTime: Duration) async throws -> VirtualRig {
        let endingTime = max(endingTime, .seconds(1))
        let arguments = request.arguments + ["--port", "0", "--report-descriptor", "3"]
        let (process, link) = try ChildProcess.start(
            program, arguments: arguments, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"])
        let line = try await NIOThreadPool.singleton.runIfActive { firstLine(from: link) }
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(line)) else {
            close(link)
            await process.reap(patience: endingTime)
            throw FleetError(.generalError, "The virtual bodies did not start; \(program) may say why.")
        }
        return VirtualRig(bodies: report.bodies, process: process, link: link, endingTime: endingTime)
    }

    /// Keeps the bodies until the server stops.
    func run() async throws {
        try? await gracefulShutdown()
        close(link)
        await process.reap(patience: endingTime)
    }

    /// What is written up to the first line's end, within ten seconds a piece.
    private static func firstLine(from link: CInt) -> [UInt8] {
        var line: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        var ready = pollfd(fd: link, events: Int16(POLLIN), revents: 0)
        while !line.contains(UInt8(ascii: "\n")), line.count < 1 << 20, poll(&ready, 1, 10_000) == 1 {
            let count = read(link, &bytes, bytes.count)
            guard count > 0 else { break }
            line += bytes[..<count]
        }
        return line
    }
}
