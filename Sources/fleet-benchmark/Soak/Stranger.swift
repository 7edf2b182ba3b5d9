import FleetModel
import Glibc
import NIOCore
import PacketProtocol

/// Clients that are none: bytes at random, half packets, connections that say nothing. And those who listen to events,
/// some of whom never read.
enum Stranger {
    /// Disturbs the ports until the end.
    static func disturb(_ place: SoakPlace, until end: SoakEnd) throws {
        var numbers = SoakNumbers(seed: place.seed, of: "stranger")
        var silent: [(connection: PlainConnection, until: ContinuousClock.Instant)] = []
        while !end.isReached {
            let port = [place.commandPort, place.liveViewPort, place.downloadPort].randomElement(using: &numbers)
            let connection = try PlainConnection(port: port ?? place.commandPort, patience: 20)
            if numbers.isOnce(in: 2) { connection.vanish() }
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0:
                _ = connection.send(raw: numbers.bytes(Int.random(in: 1...2000, using: &numbers)))
                place.ledger.count("garbage")
            case 1:
                try sendBrokenHead(connection, &numbers, place)
            case 2:
                let packet = PacketEncoder.encode(
                    type: .command, code: CommandCode.getCamerasList.rawValue, transactionID: 1, json: Nothing())
                let part = Int.random(in: 1..<packet.readableBytes, using: &numbers)
                _ = connection.send(raw: packet.readableBytesView.prefix(part))
                place.ledger.count("half packets")
                silent.append((connection, .now + .seconds(Double.random(in: 0...8, using: &numbers))))
            case 3:
                try askWrongThings(connection, place, &numbers)
            default:
                place.ledger.count("connections that say nothing")
                silent.append((connection, .now + .seconds(Double.random(in: 0...15, using: &numbers))))
            }
            silent.removeAll { $0.until < .now }
            end.pause(Double.random(in: 0.05...0.5, using: &numbers))
        }
    }

    /// A head that no packet has: it is answered, with Invalid_Parameter, and the connection is closed.
    private static func sendBrokenHead(
        _ connection: PlainConnection, _ numbers: inout SoakNumbers, _ place: SoakPlace
    ) throws {
        var head = ByteBuffer()
        let (length, type): (UInt32, UInt16) =
            [(11, 1), (0, 1), (.max, 1), (16, 9), (16, 3), (2_000_000, 2)].randomElement(using: &numbers) ?? (0, 0)
        head.writeMultipleIntegers(length, type, UInt16(7), UInt32(0), UInt32(0), endianness: .little)
        guard connection.send(raw: head.readableBytesView) else {
            return place.ledger.fail("A connection takes no 16 bytes.")
        }
        place.ledger.count("broken packets")
        do {
            var packet = try connection.receive()
            if packet.type == .event { packet = try connection.receive() }
            guard packet.type == .response, packet.sessionID == 0, packet.transactionID == 0 else {
                return place.ledger.fail("A head of length \(length), type \(type), is answered with \(packet).")
            }
            let refusal = try Refusal(packet)
            guard refusal.kind == .invalidParameter else {
                return place.ledger.fail("A head of length \(length), type \(type), is answered with \(refusal).")
            }
        } catch {
            return place.ledger.fail("A head of length \(length), type \(type): \(error)")
        }
        guard connection.isReadable(within: 10), (try? connection.receive()) == nil else {
            return place.ledger.fail("After a head of length \(length), type \(type), the connection lives on.")
        }
    }

    /// Wrong commands, which are refused, upon which the connection lives on.
    private static func askWrongThings(
        _ connection: PlainConnection, _ place: SoakPlace, _ numbers: inout SoakNumbers
    ) throws {
        let bad: [[UInt8]] = [
            Array("{".utf8), Array("[1]".utf8), Array("{\"camera\":01}".utf8), [0xFF, 0xFE],
            Array(String(repeating: "[", count: 5000).utf8), Array("{\"camera\":\"nobody\"}".utf8),
            Array("{\"ticket\":\"none\"}".utf8),
        ]
        for transaction in 1...UInt32.random(in: 1...20, using: &numbers) {
            let code = [0x0902, 0x0903, 0x0002, 0x0004, 0x0005, 0x000D, 0x7777].randomElement(using: &numbers) ?? 0
            let content = bad.randomElement(using: &numbers) ?? []
            let packet = PacketEncoder.encode(
                PtpPacket(
                    type: .command, code: UInt16(code), sessionID: UInt32.random(in: 0...9, using: &numbers),
                    transactionID: transaction, content: ByteBuffer(bytes: content)))
            guard connection.send(raw: packet.readableBytesView) else {
                return place.ledger.fail("After a wrong command the connection takes nothing.")
            }
            do {
                var answer = try connection.receive()
                if answer.type == .event { answer = try connection.receive() }
                guard answer.type == .response, answer.transactionID == transaction else {
                    return place.ledger.fail("A wrong command is answered with \(answer).")
                }
                if answer.code != ResponseCode.ok.rawValue { _ = try Refusal(answer) }
            } catch {
                let what = "code \(code), \(String(decoding: content.prefix(40), as: UTF8.self))"
                return place.ledger.fail("A wrong command (\(what)): \(error)")
            }
        }
        place.ledger.count("wrong commands")
    }

    // MARK: Events

    /// Listens to events, until the end, on one connection after the other.
    static func listen(_ place: SoakPlace, name: String, until end: SoakEnd) throws {
        var numbers = SoakNumbers(seed: place.seed, of: name)
        while !end.isReached {
            let client = try SoakClient(place)
            _ = try client.ask(.subscribeEvents, SubscribeEventsArguments(), Nothing.self)
            let isReading = !numbers.isOnce(in: 3)
            let until = SoakEnd(time: min(end.time, .now + .seconds(Double.random(in: 2...20, using: &numbers))))
            // One who does not read gets events_lost in place of what is too much.
            if !isReading { until.pause(60) }
            try read(client.connection, place, isReading ? until : SoakEnd(time: .now + .seconds(1)))
            place.ledger.count(isReading ? "listeners" : "listeners that did not read")
            if numbers.isOnce(in: 2) { client.connection.vanish() }
        }
    }

    private static func read(_ connection: PlainConnection, _ place: SoakPlace, _ end: SoakEnd) throws {
        // The greeting was number 1; some may have come before the answer to the subscription.
        var number: UInt32?
        while !end.isReached {
            guard connection.isReadable(within: 0.5) else { continue }
            let packet: PtpPacket
            do {
                packet = try connection.receive()
            } catch {
                return place.ledger.fail("A listener: \(error)")
            }
            guard packet.type == .event, packet.sessionID == 0, EventCode(rawValue: packet.code) != nil else {
                return place.ledger.fail("A listener gets \(packet).")
            }
            if let number, packet.transactionID != number + 1 {
                return place.ledger.fail("Event \(packet.transactionID) after \(number).")
            }
            number = packet.transactionID
            if packet.code == EventCode.eventsLost.rawValue { place.ledger.count("events_lost") }
            place.ledger.count("events")
        }
    }
}
