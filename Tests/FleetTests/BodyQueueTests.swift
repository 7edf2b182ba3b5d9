import NIOCore
import PacketProtocol
import Testing

@testable import Fleet

/// The order in which a body's commands run.
@Suite struct BodyQueueTests {
    private func entry(_ transaction: UInt32, session: UInt32 = 1, _ priority: BodyWork.Priority)
        -> BodyQueue<Int>.Entry
    {
        var work = BodyWork(.listFiles, Nothing(), limit: .seconds(30))
        work.priority = priority
        return .init(key: WorkKey(session: session, transaction: transaction), work: work, ticket: Int(transaction))
    }

    @Test("Commands come in the order in which they were put, and a release overtakes them but no other release")
    func order() {
        var queue = BodyQueue<Int>(capacity: 10)
        for (transaction, priority) in [
            (1, BodyWork.Priority.command), (2, .command), (3, .release), (4, .command), (5, .release),
        ] {
            _ = queue.append(entry(UInt32(transaction), priority))
        }
        var order: [Int] = []
        while let next = queue.next() { order.append(next.ticket) }
        #expect(order == [3, 5, 1, 2, 4])
    }

    @Test("A full queue takes no more, and takes one again when one was taken out")
    func capacity() {
        var queue = BodyQueue<Int>(capacity: 2)
        _ = queue.append(entry(1, .command))
        _ = queue.append(entry(2, .release))
        let isTaken = queue.append(entry(3, .release))
        #expect(!isTaken)
        let next = queue.next()
        #expect(next?.ticket == 2)
        _ = queue.append(entry(4, .command))
        #expect(queue.count == 2)
    }

    @Test("The commands of one session can be taken out, and the others stay in order")
    func removal() {
        var queue = BodyQueue<Int>(capacity: 10)
        for transaction in UInt32(1)...6 { _ = queue.append(entry(transaction, session: transaction % 2, .command)) }
        let removed = queue.remove { $0.session == 1 }
        #expect(removed.map(\.ticket) == [1, 3, 5])
        var order: [Int] = []
        while let next = queue.next() { order.append(next.ticket) }
        #expect(order == [2, 4, 6])
    }
}
