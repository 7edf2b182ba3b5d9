import FleetTesting
import Glibc
import Hotplug
import NIOConcurrencyHelpers
import Testing

/// What a scripted source tells, in order, and what is there when it is asked for all.
private final class Telling: Sendable {
    private struct State {
        var receptions: [Reception] = []
        var present: [[Sighting]]
        var enumerations = 0
    }

    private let state: NIOLockedValueBox<State>
    private let ends: (reading: Int32, writing: Int32)

    /// `present` is what each enumeration finds; the last one again and again.
    init(present: [[UsbDevice]]) {
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        _ = socketpair(AF_UNIX, Int32(kind), 0, &ends)
        self.ends = (ends[0], ends[1])
        state = NIOLockedValueBox(State(present: present.map { $0.map { Sighting($0, isReady: true) } }))
    }

    deinit {
        close(ends.reading)
        close(ends.writing)
    }

    var enumerations: Int { state.withLockedValue { $0.enumerations } }

    /// Has the source tell all of these at once.
    func tell(_ receptions: Reception...) {
        state.withLockedValue { $0.receptions += receptions }
        _ = write(ends.writing, [1], 1)
    }

    func source() -> any DeviceSource { Source(telling: self) }

    private final class Source: DeviceSource {
        let telling: Telling
        init(telling: Telling) { self.telling = telling }

        var descriptor: Int32 { telling.ends.reading }

        func receive() -> Reception {
            telling.state.withLockedValue { state in
                guard state.receptions.isEmpty else { return state.receptions.removeFirst() }
                var byte: UInt8 = 0
                while read(telling.ends.reading, &byte, 1) == 1 {}
                return .empty
            }
        }

        func enumerate() -> [Sighting] {
            telling.state.withLockedValue { state in
                state.enumerations += 1
                return state.present.count > 1 ? state.present.removeFirst() : state.present[0]
            }
        }
    }
}

@Suite("The monitor of devices") struct UdevMonitorTests {
    private func monitor(_ telling: Telling) -> UdevMonitor {
        UdevMonitor(models: .none) { telling.source() }
    }

    @Test("What is there is told first, then what happens, each once", .timeLimit(.minutes(1)))
    func inOrder() async throws {
        let telling = Telling(present: [[.nikon(at: 1)]])
        var events = monitor(telling).events.makeAsyncIterator()
        #expect(try await events.next() == .arrived(.nikon(at: 1), .camera(model: nil)))
        telling.tell(
            .added(Sighting(.nikon(at: 1), isReady: true)), .nothing,
            .added(Sighting(.nikon(at: 2, number: 3), isReady: true)),
            .removed(systemPath: UsbDevice.nikon(at: 1).systemPath, deviceNumber: 2))
        #expect(try await events.next() == .arrived(.nikon(at: 2, number: 3), .camera(model: nil)))
        #expect(try await events.next() == .left(.nikon(at: 1)))
    }

    @Test("What was lost in an overrun is found by a fresh enumeration", .timeLimit(.minutes(1)))
    func overrun() async throws {
        let telling = Telling(present: [
            [.nikon(at: 1)], [.nikon(at: 1), .nikon(at: 2, number: 5)],
        ])
        var events = monitor(telling).events.makeAsyncIterator()
        #expect(try await events.next() == .arrived(.nikon(at: 1), .camera(model: nil)))
        // What stands behind the loss is older than the enumeration, and is not believed.
        telling.tell(.overrun, .removed(systemPath: UsbDevice.nikon(at: 1).systemPath, deviceNumber: nil))
        #expect(try await events.next() == .changed(.nikon(at: 1)))
        #expect(try await events.next() == .arrived(.nikon(at: 2, number: 5), .camera(model: nil)))
        #expect(telling.enumerations == 2)
    }

    @Test("It ends with its source's error, and with a stop quietly", .timeLimit(.minutes(1)))
    func ends() async throws {
        let telling = Telling(present: [[]])
        let failing = monitor(telling)
        telling.tell(.failed(.udev(doing: "udev_monitor_receive_device", errno: EBADF)))
        var events = failing.events.makeAsyncIterator()
        await #expect(throws: HotplugError.udev(doing: "udev_monitor_receive_device", errno: EBADF)) {
            _ = try await events.next()
        }
        let stopped = monitor(Telling(present: [[]]))
        stopped.stop()
        var none = stopped.events.makeAsyncIterator()
        #expect(try await none.next() == nil)
    }

    @Test("A cancelled taker gets the end, and two at one time are one too many", .timeLimit(.minutes(1)))
    func takers() async throws {
        let monitor = monitor(Telling(present: [[]]))
        let first = Task {
            var events = monitor.events.makeAsyncIterator()
            return try await events.next()
        }
        let second = Task {
            var events = monitor.events.makeAsyncIterator()
            return try await events.next()
        }
        // Whichever comes second is refused at once; the other waits until it is cancelled.
        let refused = await withTaskGroup(of: Result<HotplugEvent?, any Error>.self) { group in
            group.addTask { await first.result }
            group.addTask { await second.result }
            let refused = await group.next()
            first.cancel()
            second.cancel()
            return refused
        }
        #expect(throws: HotplugError.alreadyTaken) { try refused?.get() }
    }
}
