import FleetTesting
import Foundation
import NIOConcurrencyHelpers

/// A `PlayedDevice` behind a port on loopback that speaks PTP/IP for command and event connections, on threads of its
/// own: one that listens, one for each connection. They end with it.
final class PlayedBody: Sendable {
    /// What the body says to an Init Command Request.
    enum Greeting: Sendable {
        case acknowledgement, silence, refusal, end
    }

    private struct State {
        var device: PlayedDevice
        var listener: Int32?
        var connections: [Int32] = []
        var eventConnection: Int32?
        var greetings: [[UInt8]] = []
    }

    let port: Int
    private let greeting: Greeting
    private let state: NIOLockedValueBox<State>

    init(_ device: PlayedDevice = PlayedDevice(), greeting: Greeting = .acknowledgement) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.greeting = greeting
        let state = NIOLockedValueBox(State(device: device, listener: listener))
        self.state = state
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                var on: Int32 = 1
                setsockopt(
                    connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                state.withLockedValue { $0.connections.append(connection) }
                Thread.detachNewThread { Self.serve(connection, greeting, state) }
            }
            close(listener)
        }
    }

    deinit {
        Self.disappear(state, isGone: true)
    }

    /// Where libgphoto2 finds it.
    var path: String { "ptpip:127.0.0.1:\(port):\(port)" }

    /// The Init Command Requests that came.
    var greetings: [[UInt8]] { state.withLockedValue { $0.greetings } }

    /// The operations that it was asked for.
    var asked: [UInt16] { state.withLockedValue { $0.device.asked } }

    /// Changes what it is.
    func change(_ action: (inout PlayedDevice) -> Void) { state.withLockedValue { action(&$0.device) } }

    /// Lets things happen that nobody asked for.
    func happen(_ steps: [PlayedStep]) {
        state.withLockedValue { state in
            for event in state.device.happen(steps) {
                if let connection = state.eventConnection { Self.send(event, to: connection) }
            }
        }
    }

    /// Ends its connections; with `isGone` nobody listens any more.
    func disappear(isGone: Bool) { Self.disappear(state, isGone: isGone) }

    private static func disappear(_ state: NIOLockedValueBox<State>, isGone: Bool) {
        state.withLockedValue { state in
            // Shut down, not closed: each descriptor is closed by the thread that reads it, and then is somebody else's.
            if isGone, let listener = state.listener {
                shutdown(listener, Int32(SHUT_RDWR))
                state.listener = nil
            }
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    // MARK: Connections

    private static func serve(_ connection: Int32, _ greeting: Greeting, _ state: NIOLockedValueBox<State>) {
        defer {
            state.withLockedValue { state in
                state.connections.removeAll { $0 == connection }
                if state.eventConnection == connection { state.eventConnection = nil }
                close(connection)
            }
        }
        guard let (type, content) = packet(from: connection) else { return }
        switch type {
        case 1:
            state.withLockedValue { $0.greetings.append(content) }
            switch greeting {
            case .acknowledgement:
                // u32 connection, GUID, name in UCS-2, u32 version.
                let name: [UInt8] = [0x62, 0, 0x6F, 0, 0x64, 0, 0x79, 0, 0, 0]
                let guid = [UInt8](repeating: 1, count: 16)
                send(Ptp.packet(2, .little(UInt32(1)) + guid + name + .little(UInt32(0x10000))), to: connection)
                converse(connection, state)
            case .refusal:
                send(Ptp.packet(5, .little(UInt32(1))), to: connection)
                _ = packet(from: connection)
            case .silence: _ = packet(from: connection)
            case .end: break
            }
        case 3:
            state.withLockedValue { $0.eventConnection = connection }
            send(Ptp.packet(4, []), to: connection)
            // Nothing comes on it but its end.
            _ = packet(from: connection)
        default: break
        }
    }

    private static func converse(_ connection: Int32, _ state: NIOLockedValueBox<State>) {
        while let (type, content) = packet(from: connection), type == 6 {
            let phase: UInt32 = content.little(at: 0)
            let operation: UInt16 = content.little(at: 4)
            let transaction: UInt32 = content.little(at: 6)
            let parameters = stride(from: 10, to: content.count, by: 4).map { content.little(at: $0, as: UInt32.self) }
            var data: [UInt8] = []
            while phase == 2, let (type, piece) = packet(from: connection) {
                if type != 9 { data += piece.dropFirst(4) }
                if type == 12 { break }
            }
            let (fault, answer) = state.withLockedValue { state in state.device.react(operation, parameters, data) }
            switch fault {
            case .silence: continue
            case .close(let isGone):
                disappear(state, isGone: isGone)
                return
            case .refusal, nil: break
            }
            if let data = answer.data { send(Ptp.data(data, transaction), to: connection) }
            send(Ptp.response(answer.code, transaction, answer.parameters), to: connection)
            state.withLockedValue { state in
                for event in answer.events {
                    if let connection = state.eventConnection { send(event, to: connection) }
                }
            }
        }
    }

    private static func packet(from connection: Int32) -> (type: UInt32, content: [UInt8])? {
        guard let header = bytes(8, from: connection) else { return nil }
        let length: UInt32 = header.little(at: 0)
        guard length >= 8, let content = bytes(Int(length) - 8, from: connection) else { return nil }
        return (header.little(at: 4), content)
    }

    private static func bytes(_ count: Int, from connection: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress?.advanced(by: filled), count - filled, 0)
            }
            // The driver waits for the acknowledgement of each of its small writes otherwise.
            var on: Int32 = 1
            setsockopt(connection, Int32(IPPROTO_TCP), TCP_QUICKACK, &on, socklen_t(MemoryLayout<Int32>.size))
            guard read > 0 else { return nil }
            filled += read
        }
        return bytes
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}

extension PlayedDevice {
    /// Notes what it is asked, and what it does instead where there is a fault.
    fileprivate mutating func react(
        _ operation: UInt16, _ parameters: [UInt32], _ data: [UInt8]
    ) -> (PlayedFault?, Answer) {
        asked.append(operation)
        switch faults[operation] {
        case .refusal(let code, let times):
            faults[operation] = times > 1 ? .refusal(code, times: times - 1) : nil
            return (.refusal(code, times: times), Answer(code: code))
        case let fault?: return (fault, Answer())
        case nil: return (nil, answer(operation, parameters, data))
        }
    }
}
