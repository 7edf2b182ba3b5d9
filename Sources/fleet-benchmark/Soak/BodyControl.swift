import Foundation
import Glibc

/// The control port of the virtual bodies: what breaks them, and what a photographer does to them.
final class BodyControl {
    private let connection: PlainConnection

    init(port: Int) throws {
        connection = try PlainConnection(port: port)
    }

    /// Does something to a body.
    ///
    /// Throws `BenchmarkFailure` when the bodies do not answer. False where the body says that it cannot be done.
    @discardableResult
    func ask(_ request: [String: Any]) throws -> Bool {
        var line = try JSONSerialization.data(withJSONObject: request)
        line.append(UInt8(ascii: "\n"))
        guard connection.send(raw: line) else { throw BenchmarkFailure("The control port takes no more.") }
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection.descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { throw BenchmarkFailure("The control port does not answer.") }
            answer += bytes[..<count]
        }
        let object = try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
        return object?["ok"] as? Bool == true
    }
}
