/// One moment by the machine's two clocks.
public struct TransactionMoment: Sendable, Equatable {
    /// CLOCK_REALTIME, in nanoseconds since 1970.
    public let realtime: UInt64
    /// CLOCK_MONOTONIC, in nanoseconds since the machine started.
    public let monotonic: UInt64
}

/// A transaction as a body's log has it.
public struct TransactionRecord: Sendable, Equatable {
    /// The body's name.
    public let body: String
    /// The body's number, by its description.
    public let bodyIndex: Int
    /// The number of the command connection, counted from 1 since the body was made.
    public let connection: UInt32
    /// What was asked for.
    public let operation: OperationCode
    /// The transaction's number, as the initiator chose it.
    public let transaction: UInt32
    /// The request's parameters.
    public let parameters: [UInt32]
    /// What was answered; nil if nothing was, or the connection ended before.
    public internal(set) var response: ResponseCode?
    /// Bytes of data that came from the initiator.
    public internal(set) var bytesIn = 0
    /// Bytes of data that were sent.
    public internal(set) var bytesOut = 0
    /// When the request came in.
    public let arrival: TransactionMoment
    /// Whether `arrival` is the kernel's: when the segment with the end of the request reached the socket. Otherwise it is
    /// when the body saw the request.
    public let isArrivalByKernel: Bool
    /// When the last byte of the response was given to the kernel.
    public internal(set) var answered: TransactionMoment?

    /// The record of a transaction whose response is written now.
    func answered(_ response: ResponseCode) -> TransactionRecord {
        var record = self
        record.response = response
        record.answered = .now
        return record
    }
}

extension TransactionRecord: Encodable {
    private enum CodingKeys: String, CodingKey {
        case body
        case bodyIndex = "number"
        case connection
        case operation
        case transaction
        case parameters
        case response
        case bytesIn = "bytes_in"
        case bytesOut = "bytes_out"
        case arrivalRealtime = "arrival_realtime_ns"
        case arrivalMonotonic = "arrival_monotonic_ns"
        case arrivalClock = "arrival_by"
        case answeredRealtime = "answered_realtime_ns"
        case answeredMonotonic = "answered_monotonic_ns"
    }

    /// Writes it as a line of the log has it: codes in hexadecimal, times in nanoseconds, `null` for what did not happen.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(body, forKey: .body)
        try values.encode(bodyIndex, forKey: .bodyIndex)
        try values.encode(connection, forKey: .connection)
        try values.encode(hexadecimal(operation.rawValue), forKey: .operation)
        try values.encode(transaction, forKey: .transaction)
        try values.encode(parameters, forKey: .parameters)
        try values.encode(response.map { hexadecimal($0.rawValue) }, forKey: .response)
        try values.encode(bytesIn, forKey: .bytesIn)
        try values.encode(bytesOut, forKey: .bytesOut)
        try values.encode(arrival.realtime, forKey: .arrivalRealtime)
        try values.encode(arrival.monotonic, forKey: .arrivalMonotonic)
        try values.encode(isArrivalByKernel ? "kernel" : "body", forKey: .arrivalClock)
        try values.encode(answered?.realtime, forKey: .answeredRealtime)
        try values.encode(answered?.monotonic, forKey: .answeredMonotonic)
    }
}

/// A code as people write it: four digits.
func hexadecimal(_ code: UInt16) -> String {
    let digits = String(code, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
}
