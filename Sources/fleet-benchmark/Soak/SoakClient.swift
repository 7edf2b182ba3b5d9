import FleetModel
import Glibc
import NIOCore
import PacketProtocol

/// An error of protocol.md, section 2, as the answer to something.
struct Refusal: Error, CustomStringConvertible {
    let kind: FleetErrorKind
    let message: String

    var description: String { "\(kind.name): \(message)" }

    /// What a response other than OK says; it must say it as the page has it.
    init(_ packet: PtpPacket) throws {
        guard let kind = FleetErrorKind(rawValue: packet.code) else {
            throw BenchmarkFailure("A response has the code \(packet.code).")
        }
        let text = String(buffer: packet.content)
        guard let error = try? PacketJSON.decode(ErrorDescription.self, from: packet.content),
            error.error == kind.name, !error.message.isEmpty
        else { throw BenchmarkFailure("A response of the code of \(kind.name) says \(text).") }
        self.kind = kind
        message = error.message
    }
}

/// Where the run takes place: what every client has to know.
struct SoakPlace: Sendable {
    let commandPort: Int
    let liveViewPort: Int
    let downloadPort: Int
    let serverProcess: Int32
    let control: Int
    let seed: UInt64
    let ledger: SoakLedger
}

/// A connection whose answers are counted.
final class SoakClient {
    /// How long an answer may take, in seconds: 30 s for a command that runs, 5 s for its driver to return, 45 s for a body
    /// to be opened, of which two may come together.
    static let patience = 100

    let connection: PlainConnection
    private let ledger: SoakLedger

    /// Connects to the port of commands.
    init(_ place: SoakPlace) throws {
        connection = try PlainConnection(port: place.commandPort, patience: Self.patience)
        ledger = place.ledger
        let greeting = try connection.receive()
        guard greeting.type == .event, greeting.code == EventCode.connectionOK.rawValue else {
            throw BenchmarkFailure("A connection begins with \(greeting).")
        }
    }

    /// Sends a command and waits for its result.
    ///
    /// Throws `Refusal` where the answer is an error, `BenchmarkFailure` where it is none that the page allows.
    func ask<Result: Decodable>(
        _ code: CommandCode, _ arguments: some Encodable, _ result: Result.Type, session: UInt32 = 0
    ) throws -> Result {
        try decode(result, from: try content(of: code, arguments, session: session).content, of: code)
    }

    /// The same with what came in data packets before the response.
    func content(
        of code: CommandCode, _ arguments: some Encodable, session: UInt32
    ) throws -> (content: ByteBuffer, data: ByteBuffer) {
        let start = ContinuousClock.now
        let transaction = try connection.send(code, arguments, session: session)
        return try answer(to: code, transaction, since: start, session: session)
    }

    /// Waits for the answer to a command that was sent.
    func answer(
        to code: CommandCode, _ transaction: UInt32, since start: ContinuousClock.Instant, session: UInt32
    ) throws -> (content: ByteBuffer, data: ByteBuffer) {
        var data = ByteBuffer()
        while true {
            let packet: PtpPacket
            do {
                packet = try connection.receive()
            } catch {
                let seconds = start.duration(to: .now) / .seconds(1)
                throw BenchmarkFailure("\(code), after \(seconds) s: \(error)")
            }
            if packet.type == .event { continue }
            guard packet.transactionID == transaction, packet.sessionID == session else {
                throw BenchmarkFailure(
                    "\(code) of session \(session), transaction \(transaction), is answered with \(packet).")
            }
            if packet.type == .data {
                data.writeImmutableBuffer(packet.content)
                continue
            }
            let seconds = start.duration(to: .now) / .seconds(1)
            if packet.code == ResponseCode.ok.rawValue {
                ledger.note("\(code)", "OK", after: seconds)
                return (packet.content, data)
            }
            let refusal = try Refusal(packet)
            ledger.note("\(code)", refusal.kind.name, after: seconds, message: refusal.message)
            throw refusal
        }
    }

    func decode<Result: Decodable>(_ type: Result.Type, from content: ByteBuffer, of code: CommandCode) throws -> Result
    {
        do {
            return try PacketJSON.decode(type, from: content)
        } catch {
            throw BenchmarkFailure("\(code) is answered with \(String(buffer: content)): \(error)")
        }
    }

    func open(_ camera: CameraReference) throws -> UInt32 {
        try ask(.initCameraModel, CameraArguments(camera: camera), OpenedSession.self).sessionID
    }
}

extension PlainConnection {
    /// Has the end of this connection be a reset, as of a program that crashed.
    func vanish() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Sends bytes as they are; false when the other side takes no more.
    func send(raw bytes: some Collection<UInt8>) -> Bool {
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Whether something can be read within so many seconds: bytes, or the end.
    func isReadable(within seconds: Double) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&ready, 1, Int32(seconds * 1000)) > 0
    }
}
