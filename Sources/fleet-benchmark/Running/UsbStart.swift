import Foundation
import Glibc
import Hotplug
import PacketProtocol

/// From the kernel's word of a body on USB until it is ready, against a bare C program that waits on udev and opens it.
/// Somebody plugs it in and pulls its plug, when they are told to on standard error.
struct UsbStart {
    let programs: Programs
    let rounds: Int

    /// What the bare program prints.
    private struct Opening: Decodable {
        let event_ns: Int64
        let opened_ns: Int64
        let open_ns: Int64
    }

    /// Milliseconds of each round.
    private struct Times {
        var whole: [Double] = []
        /// Of that, from the kernel's word to udev's.
        var udev: [Double] = []
        /// Of that, in libgphoto2.
        var opening: [Double] = []
    }

    /// Measures, each side in turn; the first round does not count.
    func measure() async throws -> Finding {
        var events = UdevMonitor(models: .none, group: .kernel).events.makeAsyncIterator()
        var fleet: [Double] = []
        var bare: [BareCamera.Build: Times] = [:]
        for round in 0...rounds {
            for build in BareCamera.Build.allCases {
                let home = try TemporaryFolder()
                let program = try RunningProgram(
                    programs.path("bare-camera-\(build.rawValue)"), ["usb:", "await"], environment: ["HOME": home.path])
                _ = try program.line()
                let plugged = try await plug(&events)
                let line = try program.line(within: 120)
                let opening = try JSONDecoder().decode(Opening.self, from: Data(line.utf8))
                program.end()
                try await pull(&events)
                guard round > 0 else { continue }
                bare[build, default: Times()].whole.append(Double(opening.opened_ns - plugged) / 1e6)
                bare[build, default: Times()].udev.append(Double(opening.event_ns - plugged) / 1e6)
                bare[build, default: Times()].opening.append(Double(opening.open_ns) / 1e6)
            }
            let server = try BenchmarkServer(programs, bodies: [], followsUsb: true)
            let connection = try server.connect()
            _ = try connection.ask(.subscribeEvents, Nothing(), Nothing.self)
            let plugged = try await plug(&events)
            while try connection.receive().code != EventCode.cameraAttached.rawValue {}
            if round > 0 { fleet.append(Double(Self.now - plugged) / 1e6) }
            try await pull(&events)
        }
        let whole = Samples(fleet)
        var finding = Finding(
            "From the kernel's word of a body on USB until it is ready", figures: [.init("fleet", "ms", whole)])
        for build in BareCamera.Build.allCases {
            let times = bare[build] ?? Times()
            let samples = Samples(times.whole)
            finding.figures += [
                .init("\(build.rawValue), open", "ms", samples),
                .init("\(build.rawValue), of that until udev told", "ms", Samples(times.udev)),
                .init("\(build.rawValue), of that in libgphoto2", "ms", Samples(times.opening)),
            ]
            finding.bounds.append(
                .atMost(build == .stock ? 1.5 : nil, "fleet / \(build.rawValue)", whole.median / samples.median))
        }
        return finding
    }

    /// Has a body plugged in, and gives when the kernel told of it: nanoseconds by CLOCK_MONOTONIC.
    private func plug(_ events: inout HotplugEvents.Iterator) async throws -> Int64 {
        Self.say("plug the body in")
        while let event = try await events.next() {
            if case .arrived = event { return Self.now }
        }
        throw BenchmarkFailure("USB is not watched any more.")
    }

    private func pull(_ events: inout HotplugEvents.Iterator) async throws {
        Self.say("pull its plug")
        while let event = try await events.next() {
            if case .left = event { return }
        }
        throw BenchmarkFailure("USB is not watched any more.")
    }

    private static func say(_ what: String) {
        FileHandle.standardError.write(Data("\(what)\n".utf8))
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
