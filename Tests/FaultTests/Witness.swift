import FleetTesting
import NIOConcurrencyHelpers
import Testing
import VirtualCamera

/// Somebody who works with another body all the while: asks for a value again and again, and watches its live view.
struct Witness: Sendable {
    /// An answer or a frame that takes longer was held up by somebody else. Machines are slow at times; none is that slow.
    static let bound = Duration.seconds(5)

    /// What the witness saw.
    struct Record: Sendable {
        var answers = 0
        var frames = 0
        var slowestAnswer = Duration.zero
        var slowestFrame = Duration.zero
        var isOver = false
    }

    private let fleet: TestFleet
    private let camera: Int
    private let record = NIOLockedValueBox(Record())

    /// Plays a scene with a witness on the body of that number; gives what the witness saw.
    static func watch(_ fleet: TestFleet, camera: Int, _ scene: () async throws -> Void) async throws -> Record {
        let witness = Witness(fleet: fleet, camera: camera)
        // It asks all the time: so that it leaves some to others, its body takes a moment for each transaction.
        fleet.rig.bodies[camera - 1].inject(.slow(.milliseconds(20)))
        try await withThrowingTaskGroup { group in
            group.addTask { try await witness.ask() }
            group.addTask { try await witness.view() }
            defer { witness.record.withLockedValue { $0.isOver = true } }
            try await waitUntil("the witness is at work", within: .seconds(60)) {
                witness.record.withLockedValue { $0.answers > 0 && $0.frames > 0 || $0.isOver }
            }
            try await scene()
            witness.record.withLockedValue { $0.isOver = true }
            try await group.waitForAll()
        }
        return witness.record.withLockedValue { $0 }
    }

    private init(fleet: TestFleet, camera: Int) {
        self.fleet = fleet
        self.camera = camera
    }

    /// Goes on a little after the scene: the witness must be well then as well.
    private func goOn(_ isDone: (Record) -> Int) -> Int? {
        record.withLockedValue { $0.isOver ? isDone($0) + 3 : nil }
    }

    private func ask() async throws {
        let client = try await fleet.server.client()
        let session = try await client.open(camera)
        let clock = ContinuousClock()
        var last: Int?
        while last.map({ record.withLockedValue { $0.answers } < $0 }) ?? true {
            let start = clock.now
            let answer = try await client.ask(Ask.value, session: session, "{\"widget_id\":\"iso\"}")
            answer.expect(.ok)
            let time = clock.now - start
            record.withLockedValue { record in
                record.answers += 1
                record.slowestAnswer = max(record.slowestAnswer, time)
            }
            last = last ?? goOn(\.answers)
        }
        await client.close()
    }

    private func view() async throws {
        let client = try await fleet.server.client()
        let session = try await client.open(camera)
        let ticket = try await client.ask(Ask.liveView, session: session).expect(.ok).json["ticket"].string ?? ""
        let viewer = try await RawClient.connect(port: fleet.server.liveViewPort)
        try await viewer.command(Ask.liveView, session: session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
        try await viewer.packet().expect(.ok)
        let clock = ContinuousClock()
        var last: Int?
        while last.map({ record.withLockedValue { $0.frames } < $0 }) ?? true {
            let start = clock.now
            let frame = try await viewer.packet()
            guard frame.type == 2 else {
                frame.expect()
                break
            }
            let time = clock.now - start
            record.withLockedValue { record in
                record.frames += 1
                record.slowestFrame = max(record.slowestFrame, time)
            }
            last = last ?? goOn(\.frames)
        }
        await viewer.close()
        await client.close()
    }
}
