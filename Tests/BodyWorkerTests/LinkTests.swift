import FleetTesting
import Foundation
import Testing

/// The link itself, in bytes.
@Suite(.serialized, .timeLimit(.minutes(1))) struct LinkTests {
    let body: PlayedBody
    let worker: StartedWorker

    init() async throws {
        body = try PlayedBody()
        worker = try StartedWorker(body)
        _ = try await worker.event(0xC100)
    }

    @Test("CHECK exchanges something with the body, and answers its charge") func check() async throws {
        let before = body.asked.count
        let answer = try await worker.ask(0x0103, 0x0102_0304)
        #expect(answer.type == 3 && answer.code == 0x2001 && answer.session == 0)
        #expect(Array(answer.body[..<4]) == [4, 3, 2, 1])
        #expect(answer.content == Array(#"{"battery":87}"#.utf8))
        #expect(body.asked.count > before)
    }

    @Test("A charge that changes is told unasked") func battery() async throws {
        body.change { $0.properties[0x5001]?.value = [42] }
        #expect(try await worker.event(0xC103)["battery"].integer == 42)
    }

    @Test("A body that nobody uses is asked for something now and then") func idle() async throws {
        let before = body.asked.count
        try await waitUntil("the body is asked") { body.asked.count > before }
    }

    @Test(
        "A command that does not exist is refused, and the link lives on", arguments: [0x0999, 0xFFFF, 0] as [UInt16])
    func unknown(code: UInt16) async throws {
        #expect(try await worker.ask(code, 1).code == 0x2005)
        #expect(try await worker.ask(0x0103, 2).code == 0x2001)
    }

    @Test("Arguments that are no JSON are refused, and the link lives on") func badJSON() async throws {
        #expect(try await worker.ask(0x0007, 1, "{").code == 0x201D)
        #expect(try await worker.ask(0x0007, 2, "[]").code == 0x201D)
        #expect(try await worker.ask(0x0007, 3).code == 0x201D)
        #expect(try await worker.ask(0x0103, 4).code == 0x2001)
    }

    @Test("Commands that come in one piece, or byte by byte, are answered in order") func framing() async throws {
        func check(_ transaction: UInt32) -> [UInt8] {
            .little(UInt32(16)) + [1, 0, 0x03, 0x01] + .little(UInt32(0)) + .little(transaction)
        }
        worker.send(check(1) + check(2))
        for byte in check(3) { worker.send([byte]) }
        for transaction in 1...3 as ClosedRange<UInt32> {
            #expect(try await worker.packet { $0.type == 3 }.transaction == transaction)
        }
    }

    @Test("Bytes that are no packet end the worker with 70") func garbage() async throws {
        worker.send([3, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0])
        #expect(try await worker.exitCode() == 70)
    }

    @Test("The end of the link ends the worker, in the middle of a release too") func end() async throws {
        body.change { $0.release = [] }
        worker.command(0x0002, 1)
        try await waitUntil("the body was released") { body.asked.contains(0x100E) }
        worker.hangUp()
        #expect(try await worker.exitCode() == 0)
    }

    @Test("A live view frame of a body that gives none is refused, and ending it is not") func liveView() async throws {
        #expect(try await worker.ask(0x0005, 1).code == 0x2005)
        #expect(try await worker.ask(0x0006, 2).code == 0x2001)
    }

    @Test("A command that waits can be taken back, and one that is done cannot") func cancel() async throws {
        body.change { $0.release = [] }
        worker.command(0x0002, 1)
        try await waitUntil("the body was released") { body.asked.contains(0x100E) }
        worker.command(0x0007, 2, #"{"widget_id": "iso"}"#)
        worker.command(0x0017, 3, #"{"transaction_ID": 2}"#)
        #expect(try await worker.answer(2).code == 0x201F)
        #expect(try await worker.answer(3).content == Array("{}".utf8))
        worker.command(0x0017, 4, #"{"transaction_ID": 99}"#)
        #expect(try await worker.answer(4).code == 0x2001)
        worker.command(0x0017, 5, #"{"transaction_ID": 1}"#)
        #expect(try await worker.answer(1).code == 0x201F)
        #expect(try await worker.ask(0x0103, 6).code == 0x2001)
    }

    @Test("More than 1,024 commands that wait are Too_Many, and no others are lost") func full() async throws {
        body.change { $0.release = [] }
        worker.command(0x0002, 1)
        try await waitUntil("the body was released") { body.asked.contains(0x100E) }
        for transaction in 1000..<(1000 + 1025) as Range<UInt32> { worker.command(0x0005, transaction) }
        let refused = try await worker.packet { $0.type == 3 }
        #expect(refused.code == 0xA004 && refused.transaction == 2024)
        worker.command(0x0017, 2, #"{"transaction_ID": 1}"#)
        var answered: Set<UInt32> = []
        while answered.count < 1024 {
            let answer = try await worker.packet { $0.type == 3 && $0.code == 0x2005 }
            answered.insert(answer.transaction)
        }
        #expect(answered == Set(1000..<2024))
    }
}
