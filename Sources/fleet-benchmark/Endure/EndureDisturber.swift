import Foundation
import Glibc

/// Detaches bodies and has them hang, break off and come back, and workers stand still.
struct EndureDisturber: Sendable {
    let server: EndureServer
    let control: Int
    let bodies: Int
    let ledger: SoakLedger
    let seed: UInt64

    private static let faults: [(name: String, request: [String: any Sendable])] = [
        ("hang", ["kind": "hang"]), ("silent", ["kind": "silent"]),
        ("cut in a transfer", ["kind": "cut", "after": 30_000, "on": ["101B", "1009"], "times": 1]),
        ("dropped", ["kind": "drop", "times": 1, "at": 2]), ("slow", ["kind": "slow", "ms": 30]),
        ("busy", ["kind": "busy", "times": 10]),
    ]

    /// Disturbs until the end, and repairs everything then.
    func run(until end: EndureEnd) throws {
        let control = try BodyControl(port: control)
        var numbers = SoakNumbers(seed: seed, of: "disturber")
        while !end.isReached {
            end.pause(Double.random(in: 0.5...3, using: &numbers))
            guard !end.isReached else { break }
            let body = Int.random(in: 1...bodies, using: &numbers)
            let seconds = Double.random(in: 0.1...2, using: &numbers)
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0..<3:
                ledger.count("bodies detached")
                try control.ask(["do": "unplug", "body": body])
                end.pause(seconds)
                try control.ask(["do": "replug", "body": body])
            case 3:
                guard let place = server.current else { continue }
                guard let worker = ProcessFigures.children(of: place.process).randomElement(using: &numbers) else {
                    continue
                }
                ledger.count("workers that stood still")
                kill(worker, SIGSTOP)
                end.pause(seconds)
                kill(worker, SIGCONT)
            default:
                guard let (name, request) = Self.faults.randomElement(using: &numbers) else { continue }
                ledger.count("bodies broken: \(name)")
                try control.ask(request.merging(["do": "fault", "body": body]) { $1 })
                end.pause(seconds)
                try control.ask(["do": "repair", "body": body])
            }
        }
        for body in 1...bodies {
            try control.ask(["do": "repair", "body": body])
            try control.ask(["do": "replug", "body": body])
        }
    }
}
