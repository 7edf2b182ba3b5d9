import NIOConcurrencyHelpers
import PacketProtocol
import Testing

@testable import BodyWorker

@Suite(.timeLimit(.minutes(1))) struct WorkQueueTests {
    private func work(_ code: UInt16, _ transaction: UInt32) -> LinkWork {
        LinkWork(PtpPacket(type: .command, code: code, transactionID: transaction))
    }

    /// Has the work done that is next, in some time.
    private static func run(
        _ code: UInt16, of queue: WorkQueue, for milliseconds: Int64, _ clock: NIOLockedValueBox<Int64>
    ) {
        #expect(queue.take()?.packet.code == code)
        clock.withLockedValue { $0 += milliseconds * 1_000_000 }
        queue.finish()
    }

    private func taken(from queue: WorkQueue) -> [UInt32] {
        var transactions: [UInt32] = []
        while let work = queue.take() { transactions.append(work.transaction) }
        return transactions
    }

    @Test("Releases go first, then commands, then pieces, then frames; of equals the first that came") func order() {
        let queue = WorkQueue()
        for (transaction, code) in [0x0005, 0x0101, 0x0007, 0x0002, 0x0005, 0x0102, 0x000B, 0x000F].enumerated() {
            #expect(queue.put(work(UInt16(code), UInt32(transaction))))
        }
        #expect(taken(from: queue) == [3, 7, 2, 6, 1, 5, 0, 4])
    }

    @Test("Work that gives way to a release comes right after it, unless it is to stop") func givingWay() {
        let queue = WorkQueue()
        #expect(queue.put(work(0x000B, 1)))
        guard let listing = queue.take() else { return }
        for (code, transaction) in [(0x0007, 2), (0x0107, 3)] {
            #expect(queue.put(work(UInt16(code), UInt32(transaction))))
        }
        #expect(queue.giveBack(listing))
        #expect(queue.take()?.transaction == 3)
        queue.finish()
        #expect(queue.take()?.transaction == 1)
        _ = queue.cancel(1)
        #expect(!queue.giveBack(listing))
        queue.finish()
        #expect(taken(from: queue) == [2])
    }

    @Test(
        "Pieces and frames that wait for each other share the thread's time, however long each of them takes",
        arguments: [(1, 1), (1, 30), (30, 1), (5, 2)])
    func sharing(ofPiece: Int64, ofFrame: Int64) {
        let clock = NIOLockedValueBox<Int64>(0)
        let queue = WorkQueue { clock.withLockedValue { $0 } }
        var used: [UInt16: Int64] = [0x0101: 0, 0x0005: 0]
        for code in [0x0101, 0x0101, 0x0005] as [UInt16] { #expect(queue.put(work(code, 1))) }
        for turn in 0..<1000 {
            // A command goes first all the same.
            if turn % 100 == 50 {
                #expect(queue.put(work(0x0007, 2)))
                #expect(queue.take()?.transaction == 2)
                queue.finish()
            }
            guard let code = queue.take()?.packet.code else { break }
            let time = (code == 0x0005 ? ofFrame : ofPiece) * 1_000_000
            clock.withLockedValue { $0 += time }
            used[code, default: 0] += time
            // Who waits for one asks for another as soon as it is done.
            #expect(queue.put(work(code, 1)))
            queue.finish()
        }
        let share = Double(used[0x0005] ?? 0) / Double((used[0x0005] ?? 0) + (used[0x0101] ?? 0))
        #expect(0.4...0.6 ~= share)
    }

    @Test("A frame waits for a piece that is on its way, for a moment, where frames had the thread for longer")
    func late() {
        let clock = NIOLockedValueBox<Int64>(1_000_000_000)
        let queue = WorkQueue { clock.withLockedValue { $0 } }
        func run(_ code: UInt16, for milliseconds: Int64) { Self.run(code, of: queue, for: milliseconds, clock) }
        for code in [0x0005, 0x0005, 0x0101] as [UInt16] { #expect(queue.put(work(code, 1))) }
        #expect(!queue.awaitsNext)
        run(0x0101, for: 4)
        // Pieces are ahead: the frame does not wait.
        #expect(!queue.awaitsNext)
        #expect(queue.put(work(0x0101, 1)))
        run(0x0005, for: 33)
        run(0x0101, for: 4)
        #expect(queue.awaitsNext)
        clock.withLockedValue { $0 += 3_000_000 }
        #expect(!queue.awaitsNext)
        run(0x0005, for: 33)
        #expect(!queue.awaitsNext)
    }

    @Test("A piece waits for a frame that is on its way, for a shorter moment, where pieces had the thread for longer")
    func lateFrame() {
        let clock = NIOLockedValueBox<Int64>(1_000_000_000)
        let queue = WorkQueue { clock.withLockedValue { $0 } }
        func run(_ code: UInt16, for milliseconds: Int64) { Self.run(code, of: queue, for: milliseconds, clock) }
        for code in [0x0005, 0x0101, 0x0101, 0x0101] as [UInt16] { #expect(queue.put(work(code, 1))) }
        run(0x0101, for: 4)
        run(0x0005, for: 1)
        #expect(queue.awaitsNext)
        // It is there: it goes first, and the piece waits for one more.
        #expect(queue.put(work(0x0005, 1)))
        #expect(!queue.awaitsNext)
        run(0x0005, for: 1)
        #expect(queue.awaitsNext)
        // A command is not kept waiting.
        #expect(queue.put(work(0x0007, 1)))
        #expect(!queue.awaitsNext)
        run(0x0007, for: 0)
        clock.withLockedValue { $0 += 1_000_000 }
        #expect(!queue.awaitsNext)
        run(0x0101, for: 1)
        #expect(!queue.awaitsNext)
    }

    @Test("A queue that is full refuses, and takes again once there is room") func full() {
        let queue = WorkQueue(capacity: 2)
        #expect(queue.put(work(0x0007, 1)) && queue.put(work(0x0007, 2)))
        #expect(!queue.put(work(0x0002, 3)))
        #expect(queue.take()?.transaction == 1)
        #expect(queue.put(work(0x0002, 3)))
        #expect(taken(from: queue) == [3, 2])
    }

    @Test("Work that waits is taken out; work that runs is asked to stop; what is unknown is left") func cancel() {
        let queue = WorkQueue()
        for transaction in 1...3 as ClosedRange<UInt32> { #expect(queue.put(work(0x0007, transaction))) }
        #expect(queue.take()?.transaction == 1)
        #expect(!queue.isStopped)
        #expect(!queue.cancel(99) && !queue.isStopped)
        #expect(queue.cancel(2))
        #expect(!queue.cancel(1) && queue.isStopped)
        queue.finish()
        #expect(!queue.cancel(1))
        #expect(taken(from: queue) == [3])
        #expect(!queue.isStopped)
    }

    @Test("What waits is told by its urgency") func urgency() {
        let queue = WorkQueue()
        #expect(!queue.hasWork(.frame))
        #expect(queue.put(work(0x0005, 1)) && queue.put(work(0x0101, 2)))
        #expect(queue.hasWork(.piece) && !queue.hasWork(.command))
        #expect(queue.put(work(0x0007, 3)))
        #expect(queue.hasWork(.command) && !queue.hasWork(.release))
        #expect(queue.put(work(0x0002, 4)))
        #expect(queue.hasWork(.release))
    }
}
