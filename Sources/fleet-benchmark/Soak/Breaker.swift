import FleetModel
import Glibc
import PacketProtocol

/// Breaks one body and repairs it again, one fault after the other, and waits each time until the body is ready.
struct Breaker {
    private let place: SoakPlace
    private let body: SoakBody
    private let control: BodyControl
    private let client: SoakClient
    private let session: UInt32
    private var numbers: SoakNumbers

    /// How long a body may take to be ready when nothing is broken any more, in seconds: a driver that hangs is ended after
    /// 35, and opening takes some.
    private static let recoveryLimit = 90.0

    private init(_ place: SoakPlace, _ body: SoakBody) throws {
        self.place = place
        self.body = body
        control = try BodyControl(port: place.control)
        client = try SoakClient(place)
        session = try client.open(body.camera)
        numbers = SoakNumbers(seed: place.seed, of: "breaker of \(body.number)")
    }

    static func run(_ place: SoakPlace, _ body: SoakBody, until end: SoakEnd) throws {
        var breaker = try Breaker(place, body)
        while !end.isReached {
            end.pause(Double.random(in: 1...8, using: &breaker.numbers))
            guard !end.isReached else { return }
            try breaker.breakAndRepair(end)
        }
    }

    private enum Evil {
        /// What the control port calls a fault.
        case fault([String: any Sendable], lies: Bool = false)
        /// Something done to the body, and what undoes it.
        case act(String, undone: String?)
        case kill
        case stop
    }

    private mutating func breakAndRepair(_ end: SoakEnd) throws {
        guard let (name, evil) = numbers.pick(choices) else { return }
        place.ledger.count("broken: \(name)")
        body.condition.fault = name
        let seconds = Double.random(in: 0.3...5, using: &numbers)
        switch evil {
        case .fault(var request, let lies):
            if lies { body.condition.beginLying() }
            request["do"] = "fault"
            request["body"] = body.number
            guard try control.ask(request) else { throw BenchmarkFailure("The body refuses the fault \(request).") }
            end.pause(seconds)
            try control.ask(["do": "repair", "body": body.number])
            if lies {
                // What the driver keeps of lies goes with its worker.
                try reset()
                body.condition.endLying()
            }
        case .act(let word, let undone):
            try control.ask(["do": word, "body": body.number])
            guard let undone else { break }
            end.pause(seconds)
            try control.ask(["do": undone, "body": body.number])
        case .kill:
            guard let worker else { return }
            kill(worker, SIGKILL)
        case .stop:
            guard let worker else { return }
            kill(worker, SIGSTOP)
            // Now and then for so long that the server takes it for hung.
            end.pause(numbers.isOnce(in: 6) ? 45 : seconds)
            // By then the number may be another process's; that one it does no harm.
            kill(worker, SIGCONT)
        }
        try waitUntilReady(after: name)
    }

    private var choices: [(weight: Int, choice: (String, Evil))] {
        [
            (4, ("silent", .fault(["kind": "silent"]))), (4, ("hang", .fault(["kind": "hang"]))),
            (4, ("slow", .fault(["kind": "slow", "ms": 40]))), (4, ("busy", .fault(["kind": "busy", "times": 30]))),
            (3, ("failing", .fault(["kind": "failing", "code": "2002", "times": 5], lies: true))),
            (4, ("dropped in a transaction", .fault(["kind": "drop", "times": 1, "at": 3]))),
            (3, ("cut in a download", .fault(["kind": "cut", "after": 100_000, "on": ["101B", "1009"], "times": 1]))),
            (3, ("cut", .fault(["kind": "cut", "after": 10, "times": 1]))),
            (2, ("too long", .fault(["kind": "wrong_length", "by": 50, "times": 1], lies: true))),
            (2, ("too short", .fault(["kind": "wrong_length", "by": -5, "times": 1], lies: true))),
            (3, ("garbage", .fault(["kind": "garbage", "seed": 7, "times": 3], lies: true))),
            (2, ("absurd packet", .fault(["kind": "garbage_packet", "packet": "absurd_length", "times": 1]))),
            (2, ("short packet", .fault(["kind": "garbage_packet", "packet": "short_length", "times": 1]))),
            (2, ("unknown packet", .fault(["kind": "garbage_packet", "packet": "unknown_type", "times": 1]))),
            (2, ("noise", .fault(["kind": "garbage_packet", "packet": "noise", "times": 1], lies: true))),
            (3, ("wrong transaction", .fault(["kind": "wrong_transaction", "times": 1], lies: true))),
            (3, ("card full", .fault(["kind": "card_full"]))), (3, ("no card", .fault(["kind": "no_card"]))),
            (3, ("card removed", .act("remove_card", undone: "insert_card"))),
            (4, ("unplugged", .act("unplug", undone: "replug"))), (3, ("dropped", .act("drop", undone: nil))),
            (4, ("shutter pressed", .act("press_shutter", undone: nil))), (5, ("worker killed", .kill)),
            (4, ("worker stopped", .stop)),
        ]
    }

    /// The process that holds the body now, if there is one.
    private var worker: Int32? {
        ProcessFigures.children(of: place.serverProcess).first { process in
            !ProcessFigures.isZombie(process) && ProcessFigures.arguments(of: process).contains(body.port)
        }
    }

    private func reset() throws {
        do {
            _ = try client.ask(.resetCamera, Nothing(), Nothing.self, session: session)
        } catch let refusal as Refusal where refusal.kind == .deviceBusy {
            // Somebody has a lock, of three seconds or of one who vanished.
            usleep(500_000)
            try reset()
        } catch is Refusal {
            // Then it was opened anew by itself, or still is.
        }
    }

    private func waitUntilReady(after fault: String) throws {
        let start = ContinuousClock.now
        while true {
            let list = try client.ask(.getCamerasList, Nothing(), CameraList.self)
            let seconds = start.duration(to: .now) / .seconds(1)
            let camera = list.cameras.first { .named($0.id.rawValue) == body.camera }
            if let camera, [.ready, .busy].contains(camera.state) { return place.ledger.note(recovery: seconds) }
            guard seconds < Self.recoveryLimit else {
                let state = camera.map { "\($0.state), \($0.error?.message ?? "no error")" } ?? "not there"
                return place.ledger.fail("\(body.name), \(fault): \(state) \(Int(seconds)) s after it was repaired")
            }
            usleep(100_000)
        }
    }
}
