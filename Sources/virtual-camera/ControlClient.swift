import Foundation
import Glibc

/// Why the control port did not do what it was asked for.
struct ControlFailure: Error, CustomStringConvertible {
    let description: String
}

extension VirtualCameraCommand {
    static let usualControlPort = 15_739

    /// Asks for one thing, and gives the answer. Waits at most ten seconds.
    func ask(_ request: [String: Any]) throws -> [String: Any] {
        guard var line = try? JSONSerialization.data(withJSONObject: request) else {
            throw ControlFailure(description: "The request is no JSON.")
        }
        line.append(UInt8(ascii: "\n"))
        let answer = try exchange(line)
        guard let fields = try? JSONSerialization.jsonObject(with: answer) as? [String: Any] else {
            throw ControlFailure(description: "What listens there is no virtual-camera.")
        }
        guard fields["ok"] as? Bool == true else {
            throw ControlFailure(description: fields["error"] as? String ?? "It was refused without a reason.")
        }
        return fields
    }

    private func exchange(_ line: Data) throws -> Data {
        let control = control ?? Self.usualControlPort
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("no socket can be had") }
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(control).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else {
            throw failure("nobody listens on port \(control); start virtual-camera with --control \(control)")
        }
        var sent = 0
        while sent < line.count {
            let count = line.withUnsafeBytes {
                send(descriptor, $0.baseAddress?.advanced(by: sent), line.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure("it does not take the request") }
            sent += count
        }
        return try receiveLine(descriptor)
    }

    /// A line, of at most 16 MiB.
    private func receiveLine(_ descriptor: Int32) throws -> Data {
        var line = Data()
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while line.count < 16 * 1024 * 1024 {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            line.append(contentsOf: bytes[..<count])
            if bytes[count - 1] == UInt8(ascii: "\n") { return line }
        }
        throw failure("it does not answer")
    }

    private func failure(_ what: String) -> ControlFailure {
        let reason = errno == 0 ? "" : " (\(String(cString: strerror(errno))))"
        return ControlFailure(description: "The bodies cannot be reached: \(what)\(reason).")
    }
}
