import Fleet
import FleetTesting
import Glibc
import Testing
import VirtualCamera

extension NamedFault {
    /// The process that drives the body.
    static let ofTheWorker: [NamedFault] = [
        NamedFault(
            "The driver is killed while a picture is exposed", on: .canonEOS,
            adjust: { $0.shutterLag = .seconds(60) }
        ) { stage in
            let before = stage.body.transactionCount(.canonRelease)
            try await stage.begin(Ask.capture, transaction: 1)
            try await stage.waitUntilAsked(.canonRelease, beyond: before)
            try stage.fleet.killWorker(of: 0)
            try await stage.answer(1).expect(.cameraFault)
            try await stage.told("fault")
            try await stage.told("ready")
            try await stage.recovers()
        },
        NamedFault("The driver crashes while live view runs", on: .nikon) { stage in
            let viewer = try await stage.watch()
            // As a trap does it; a sanitizer would take SIGSEGV for an error that it has found.
            try stage.fleet.killWorker(of: 0, by: SIGILL)
            try await viewer.packet { $0.type == 3 }.expect(.cameraFault)
            try await stage.told("fault")
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault(
            "The driver crashes in the middle of a download", on: .ptp, adjust: { $0.extraObjects = [6 << 20] }
        ) { stage in
            let file = try await stage.longestFile()
            let (connection, ticket) = try await stage.download(file.json)
            let slow = stage.body.inject(.slow(.seconds(60)).on(.getPartialObject).at(3))
            try await connection.command(
                Ask.download, session: stage.session, transaction: 1, "{\"ticket\":\"\(ticket)\"}")
            try await waitUntil("a piece is on its way") { stage.body.strikes(of: slow) > 0 }
            try stage.fleet.killWorker(of: 0, by: SIGABRT)
            try await connection.packet { $0.type == 3 && $0.code != Response.ok.rawValue }.expect(.cameraFault)
            stage.body.repair()
            try await stage.recovers()
            expectSame(try await connection.download(ticket, session: stage.session).bytes, file.bytes)
        },
        NamedFault("The driver hangs while a value is read", on: .nikon, limits: impatient) { stage in
            let worker = try stage.fleet.worker(of: 0)
            kill(worker, SIGSTOP)
            try await stage.read().expect(.timedOut)
            try await stage.told("fault")
            try await stage.recovers()
            #expect(TestFleet.isGone(worker))
        },
        NamedFault("The driver hangs while live view runs", on: .canonEOS, limits: impatient) { stage in
            let viewer = try await stage.watch()
            try stage.fleet.killWorker(of: 0, by: SIGSTOP)
            try await viewer.packet { $0.type == 3 }.expect(.cameraFault, .timedOut)
            try await stage.recovers()
            await viewer.close()
            _ = try await stage.watch()
        },
        NamedFault(
            "The driver hangs before it opens the body", on: .ptp,
            limits: .but { $0.loadingTime = .milliseconds(1200) }, breaksWorker: true
        ) { stage in
            let worker = try #require(stage.worker)
            try worker.breaks(stage.cable.portPath, "kill -STOP $$")
            try stage.fleet.killWorker(of: 0)
            // The first fault is the end of the one that was killed, the second that of the one that hung.
            try await stage.told("fault")
            let hung = try await stage.told("fault")
            #expect(hung.json["error"]["message"].string?.contains("1.2 s") == true)
            try worker.repairs(stage.cable.portPath)
            try await stage.recovers()
        },
        NamedFault("The driver stays when it is to end", on: .nikon, limits: brisk, breaksWorker: true) { stage in
            let worker = try #require(stage.worker)
            try worker.breaks(stage.cable.portPath, "exec tail -f /dev/null 3>&-")
            try stage.fleet.killWorker(of: 0)
            // Its link is closed and it lives on: it is ended, and another one started.
            try await waitUntil("another one is started") { worker.starts.count >= 3 }
            try worker.repairs(stage.cable.portPath)
            try await stage.recovers()
        },
        NamedFault("The driver's program is gone", on: .canonEOS, breaksWorker: true) { stage in
            let worker = try #require(stage.worker)
            try worker.remove()
            try stage.fleet.killWorker(of: 0)
            try await stage.told("fault")
            let fault = try await stage.told("fault")
            #expect(fault.json["error"]["message"].string?.contains("body-worker") == true)
            try await stage.read().expect(.cameraFault)
            try worker.restore()
            try await stage.told("ready")
            try await stage.recovers()
        },
        NamedFault("The driver's program may not be run", on: .nikon, breaksWorker: true) { stage in
            let worker = try #require(stage.worker)
            try worker.forbid()
            try stage.fleet.killWorker(of: 0)
            try await stage.told("fault")
            let fault = try await stage.told("fault")
            #expect(fault.json["error"]["message"].string?.contains("ermission") == true)
            try worker.restore()
            try await stage.told("ready")
            try await stage.recovers()
        },
        NamedFault("The driver crashes at once, again and again", on: .ptp, breaksWorker: true) { stage in
            let worker = try #require(stage.worker)
            try worker.breaks(stage.cable.portPath, "kill -SEGV $$")
            try stage.fleet.killWorker(of: 0)
            try await waitUntil("it was started six times") { worker.starts.count >= 6 }
            try await stage.read().expect(.cameraFault)
            expectBackOff(worker.starts)
            try worker.repairs(stage.cable.portPath)
            try await stage.recovers()
        },
        NamedFault("The driver crashes soon after each opening", on: .nikon, breaksWorker: true) { stage in
            let worker = try #require(stage.worker)
            try worker.breaks(stage.cable.portPath, "")
            for count in 1...5 {
                try stage.fleet.killWorker(of: 0)
                try await waitUntil("it was started again") { worker.starts.count >= count }
                try await waitUntil("the body is open") { (try? await stage.read().code) == Response.ok.rawValue }
            }
            expectBackOff(worker.starts)
            try await stage.recovers()
        },
        NamedFault(
            "The driver sends bytes that are no packet", on: .canonEOS, limits: brisk, breaksWorker: true
        ) { stage in
            let worker = try #require(stage.worker)
            try worker.breaks(stage.cable.portPath, "head -c 100000 /dev/urandom >&3; exec tail -f /dev/null")
            try stage.fleet.killWorker(of: 0)
            try await waitUntil("it was started three times") { worker.starts.count >= 3 }
            #expect(try await stage.info()["state"].string == "fault")
            try worker.repairs(stage.cable.portPath)
            try await stage.recovers()
        },
    ]

    /// For a driver that does not end by itself, also where others are given the time to look for leaks.
    private static let brisk = FleetLimits.but { $0.endingTime = .milliseconds(200) }

    private static let impatient = FleetLimits.but {
        $0.commandTime = .seconds(4)
        $0.driverGrace = .milliseconds(300)
        $0.previewPatience = .milliseconds(300)
    }

    /// After the first, each start has waited longer than the one before it, up to a second.
    private static func expectBackOff(_ starts: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
        let pauses = zip(starts, starts.dropFirst()).map { ($1 - $0) / 1_000_000 }
        for (index, pause) in pauses.enumerated().dropFirst() {
            #expect(pause >= min(1000, 200 * (index + 1)) - 10, "\(pauses)", sourceLocation: sourceLocation)
        }
    }
}
