import Dispatch
import FleetTesting
import Foundation
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing
import VirtualCamera

@Suite("The log of transactions", .serialized) struct TransactionLogTests {
    private static func description(log: Int = 64) -> VirtualBodyDescription {
        var description = VirtualBodyDescription(dialect: .ptp)
        description.pictures = 1
        description.transactionLogLength = log
        return description
    }

    /// The records, once there are so many.
    private func records(_ count: Int, of body: VirtualBody) async throws -> [TransactionRecord] {
        try await waitUntil("\(count) transactions are logged") { body.transactions().count >= count }
        return body.transactions()
    }

    @Test("It tells what was asked and answered, when it came in by the kernel and when it went out")
    func records() async throws {
        try await withBody(Self.description()) { listener in
            let before = clocks()
            let session = try InitiatorSession(port: listener.port)
            let file = try session.ask(0x1009, 3).data
            #expect(try session.response(0x1005, 9) == 0x2008)
            #expect(try session.send([0x90, 0x01], with: 0x1016, [0x500F], transaction: 9) == 0x2001)
            let after = clocks()
            let records = try await records(4, of: listener.body)
            #expect(records.map(\.operation) == [.openSession, .getObject, .getStorageInfo, .setDevicePropValue])
            #expect(records.map(\.response) == [.ok, .ok, .invalidStorageID, .ok])
            #expect(records.map(\.parameters) == [[1], [3], [9], [0x500F]])
            #expect(records.map(\.transaction) == [0, 7, 7, 9])
            #expect(records.map(\.bytesOut) == [0, file.count, 0, 0])
            #expect(records.map(\.bytesIn) == [0, 0, 0, 2])
            #expect(Set(records.map(\.connection)) == [1])
            #expect(records.map(\.isArrivalByKernel) == [true, true, true, true])
            // Everything lies between what the clocks said before and after, in order. Both clocks are read one after the
            // other, which costs the one that is worked out some microseconds.
            let slack: UInt64 = 5_000_000
            var last = before
            for record in records {
                let answered = try #require(record.answered)
                #expect(record.arrival.realtime >= last.realtime)
                #expect(record.arrival.monotonic + slack >= last.monotonic)
                #expect(answered.realtime >= record.arrival.realtime)
                #expect(answered.monotonic + slack >= record.arrival.monotonic)
                last = (record.arrival.realtime, record.arrival.monotonic)
            }
            #expect(last.realtime <= after.realtime)
        }
    }

    @Test("Data over a cable of a described speed takes its time, and is the same")
    func slowCable() async throws {
        var slow = Self.description()
        slow.extraObjects = [300_000]
        slow.linkBytesPerSecond = 1_000_000
        try await withBody(slow) { listener in
            let session = try InitiatorSession(port: listener.port)
            let file = try session.ask(0x1009, 4).data
            let record = try #require(try await records(2, of: listener.body).last)
            #expect(file.count == 300_000 && record.bytesOut == 300_000)
            #expect(try #require(record.answered).monotonic - record.arrival.monotonic >= 299_000_000)
        }
    }

    @Test("The arrival is when the request reached the socket, not when the body came to read it")
    func arrival() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let body = try VirtualBody(Self.description(), eventLoopGroup: group)
        let listener = try await PtpIpListener.start(body)
        let session = try InitiatorSession(port: listener.port)
        // A body that is held up reads the request later than it came.
        let mayGoOn = DispatchSemaphore(value: 0)
        let isHeldUp = NIOLockedValueBox(false)
        group.next().execute {
            isHeldUp.withLockedValue { $0 = true }
            mayGoOn.wait()
        }
        #expect(await until { isHeldUp.withLockedValue { $0 } })
        try session.command.send(InitiatorSession.request(0x1004, [], 7))
        let sent = clocks()
        let isLater = await until { clocks().realtime > sent.realtime + 20_000_000 }
        mayGoOn.signal()
        #expect(isLater)
        _ = try session.command.receiveAnswer()
        let record = try #require(try await records(2, of: body).last)
        #expect(record.operation == .getStorageIDs)
        #expect(record.arrival.realtime <= sent.realtime)
        #expect(try #require(record.answered).realtime > sent.realtime + 20_000_000)
        await listener.stop()
        try await group.shutdownGracefully()
    }

    @Test("What was not answered stands there without a response")
    func unanswered() async throws {
        try await withBody(Self.description()) { listener in
            let session = try InitiatorSession(port: listener.port)
            listener.body.inject(.silent.on(.getStorageIDs).times(1))
            listener.body.inject(.drop.on(.getObjectHandles).times(1))
            try session.command.send(InitiatorSession.request(0x1004, [], 5))
            try session.command.send(InitiatorSession.request(0x1007, [.max, 0, 0], 6))
            #expect(session.command.isClosedByBody())
            let records = try await records(3, of: listener.body)
            #expect(records.map(\.operation) == [.openSession, .getStorageIDs, .getObjectHandles])
            #expect(records.map(\.response) == [.ok, nil, nil])
            #expect(records.map { $0.answered == nil } == [false, true, true])
        }
    }

    @Test("It keeps the latest, as many as it was told, and nothing if it was told nothing")
    func ring() async throws {
        try await withBody(Self.description(log: 3)) { listener in
            let session = try InitiatorSession(port: listener.port)
            for transaction: UInt32 in 10..<20 { _ = try session.ask(0x1004, transaction: transaction) }
            try await waitUntil("the last one is there") { listener.body.transactions().last?.transaction == 19 }
            #expect(listener.body.transactions().map(\.transaction) == [17, 18, 19])
        }
        try await withBody(Self.description(log: 0)) { listener in
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x1004) == 0x2001)
            #expect(listener.body.transactions().isEmpty)
        }
    }

    @Test("In a file it is a line of JSON for each transaction of each body")
    func file() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/log"
        let log = try TransactionLogFile(path: path)
        let rig = try await VirtualRig.start(
            [Self.description(log: 0), VirtualBodyDescription(index: 2)], logFile: log)
        for listener in rig.listeners {
            let session = try InitiatorSession(port: listener.port)
            #expect(try session.response(0x1005, 9) == 0x2008)
        }
        // A body's connection ends after its records are written.
        await rig.stop()
        try await waitUntil("all is written") {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 4
        }
        await log.finish()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let records = try lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(records.map { $0["operation"] as? String } == ["1002", "1005", "1002", "1005"])
        #expect(records.map { $0["body"] as? String } == ["Body 1", "Body 1", "Body 2", "Body 2"])
        #expect(records.map { $0["response"] as? String } == ["2001", "2008", "2001", "2008"])
        #expect(records[1]["parameters"] as? [Int] == [9])
        #expect(records[1]["arrival_by"] as? String == "kernel")
        for key in ["arrival_realtime_ns", "arrival_monotonic_ns", "answered_realtime_ns", "answered_monotonic_ns"] {
            #expect((records[1][key] as? Int ?? 0) > 0, "\(key)")
        }
        #expect(throws: DescriptionError.self) { try TransactionLogFile(path: folder.path + "/none/log") }
    }

    /// Both clocks, as the log has them.
    private func clocks() -> (realtime: UInt64, monotonic: UInt64) {
        func nanoseconds(_ clock: clockid_t) -> UInt64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
        return (nanoseconds(CLOCK_REALTIME), nanoseconds(CLOCK_MONOTONIC))
    }
}
