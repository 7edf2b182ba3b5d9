import FleetModel
import Foundation
import Glibc
import PacketProtocol

/// Clients of one body, each on a thread of its own, for a time.
struct BodyLoad: Sendable {
    /// What a client does.
    enum Work: CaseIterable {
        /// One object after the other.
        case download
        /// Live view as fast as it comes.
        case view
        /// GET_WIDGET_CURRENT_VAL, with pauses.
        case commands
        /// TRIGGER_CAPTURE, with pauses in which the body stores its picture.
        case releases
    }

    /// What came of it.
    struct Result: Sendable {
        var megabytesPerSecond = 0.0
        var framesPerSecond = 0.0
        /// Milliseconds of each.
        var commands: [Double] = []
        var releases: [Double] = []
    }

    private let commandPort: Int
    private let liveViewPort: Int
    private let downloadPort: Int
    private let object: ObjectArguments

    private static let widget = "iso"
    private static let commandPause: UInt32 = 10_000
    private static let releasePause: UInt32 = 150_000
    /// Live view and downloads are under way before anything is measured.
    private static let start = 0.5

    init(server: BenchmarkServer, object: ObjectArguments) {
        commandPort = server.commandPort
        liveViewPort = server.liveViewPort
        downloadPort = server.downloadPort
        self.object = object
    }

    /// Has all of it done at once.
    func run(_ works: Set<Work>, for seconds: Double) async throws -> Result {
        let begin = ContinuousClock.now + .seconds(Self.start)
        let end = SoakEnd(time: begin + .seconds(seconds))
        let results = try await withThrowingTaskGroup(of: Result.self) { group in
            for work in works {
                group.addTask { try await onThread { try run(work, from: begin, until: end) } }
            }
            var results: [Result] = []
            for try await result in group { results.append(result) }
            return results
        }
        var whole = Result()
        for result in results {
            whole.megabytesPerSecond += result.megabytesPerSecond
            whole.framesPerSecond += result.framesPerSecond
            whole.commands += result.commands
            whole.releases += result.releases
        }
        return whole
    }

    private func run(_ work: Work, from begin: ContinuousClock.Instant, until end: SoakEnd) throws -> Result {
        let connection = try PlainConnection(commandPort: commandPort)
        let session = try connection.open(.number(1))
        var result = Result()
        switch work {
        case .download:
            let bytes = try download(connection, session, from: begin, until: end)
            result.megabytesPerSecond = Double(bytes) / 1e6 / (begin.duration(to: .now) / .seconds(1))
        case .view:
            let frames = try watch(connection, session, from: begin, until: end)
            result.framesPerSecond = Double(frames) / (begin.duration(to: .now) / .seconds(1))
        case .commands:
            let arguments = WidgetArguments(widgetID: Self.widget)
            result.commands = try times(Self.commandPause, from: begin, until: end) {
                _ = try connection.ask(.getWidgetCurrentValue, arguments, Widget.self, session: session)
            }
        case .releases:
            result.releases = try times(Self.releasePause, from: begin, until: end) {
                _ = try connection.ask(.triggerCapture, Nothing(), Nothing.self, session: session)
            }
        }
        _ = try connection.ask(.closeSession, Nothing(), Nothing.self, session: session)
        return result
    }

    private func times(
        _ pause: UInt32, from begin: ContinuousClock.Instant, until end: SoakEnd, _ work: () throws -> Void
    ) throws -> [Double] {
        while ContinuousClock.now < begin { usleep(1000) }
        var times: [Double] = []
        while !end.isReached {
            let start = ContinuousClock.now
            try work()
            times.append(start.duration(to: .now) / .milliseconds(1))
            usleep(pause)
        }
        return times
    }

    /// How many bytes came between begin and end.
    private func download(
        _ connection: PlainConnection, _ session: UInt32, from begin: ContinuousClock.Instant, until end: SoakEnd
    ) throws -> Int {
        var bytes = 0
        while !end.isReached {
            let ticket = try connection.ask(.downloadImage, object, DownloadTicket.self, session: session)
            let stream = try PlainConnection(port: downloadPort)
            try stream.send(.downloadImage, TicketArguments(ticket: ticket.ticket), session: session)
            _ = try stream.response()
            var left = Int(ticket.size)
            while left > 0, !end.isReached {
                let head = try stream.receiveHead()
                let count = try stream.receive(head.rest) { content in
                    guard head.type == .data else {
                        throw BenchmarkFailure("Refused: \(String(decoding: content, as: UTF8.self))")
                    }
                    // Transaction and offset come before the bytes.
                    return content.count - 12
                }
                left -= count
                if ContinuousClock.now >= begin { bytes += count }
            }
        }
        return bytes
    }

    /// How many frames came between begin and end.
    private func watch(
        _ connection: PlainConnection, _ session: UInt32, from begin: ContinuousClock.Instant, until end: SoakEnd
    ) throws -> Int {
        let stream = try LiveViewBenchmark.stream(connection, session, port: liveViewPort)
        var frames = 0
        while !end.isReached {
            try LiveViewBenchmark.passFrame(of: stream)
            if ContinuousClock.now >= begin { frames += 1 }
        }
        return frames
    }
}
