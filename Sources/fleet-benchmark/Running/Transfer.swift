import FleetModel
import PacketProtocol

/// A client's downloads.
enum Transfer {
    /// Downloads an object, ticket and all, and gives its size.
    @discardableResult
    static func download(
        _ object: ObjectArguments, _ connection: PlainConnection, _ session: UInt32, from port: Int
    ) throws -> Int64 {
        let ticket = try connection.ask(.downloadImage, object, DownloadTicket.self, session: session)
        let stream = try PlainConnection(port: port)
        try stream.send(.downloadImage, TicketArguments(ticket: ticket.ticket), session: session)
        _ = try stream.response()
        var received: Int64 = 0
        while received < ticket.size {
            let head = try stream.receiveHead()
            received += try stream.receive(head.rest) { bytes in
                guard head.type == .data else {
                    throw BenchmarkFailure("Refused: \(String(decoding: bytes, as: UTF8.self))")
                }
                // Transaction and offset come before the bytes.
                return Int64(bytes.count - 12)
            }
        }
        let result = try PacketJSON.decode(TransferResult.self, from: try stream.response())
        guard received == ticket.size, result.sha256 != nil else {
            throw BenchmarkFailure("\(object.name) came incomplete.")
        }
        return received
    }
}
