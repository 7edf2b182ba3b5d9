import ArgumentParser
import FoundationEssentials
import PacketClient
import PacketProtocol
import UnixSignals

/// Which server a command asks.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The server to ask: 127.0.0.1:5555 unless it is given here or in CAMERA_FLEET_SERVER.",
            valueName: "host[:port]"),
        transform: ServerOptions.address)
    var server: ServerAddress?

    /// Whether the user said which.
    var isNamed: Bool {
        server != nil || ProcessInfo.processInfo.environment["CAMERA_FLEET_SERVER"].map { !$0.isEmpty } ?? false
    }

    /// Connects, authenticates with CAMERA_FLEET_TOKEN where the server wants that, and closes after `work`. Ctrl-C
    /// cancels `work`, which then cleans up; the exit code is 130 unless being interrupted is how the command ends, or
    /// `work` throws another. What goes wrong in the cleaning up is thrown as well.
    func withConnection(
        untilInterrupted: Bool = false, _ work: @escaping @Sendable (FleetConnection) async throws -> Void
    ) async throws {
        let address = try resolvedAddress()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                let connection = try await FleetConnection.connect(to: address)
                do {
                    try await authenticate(connection)
                    try await work(connection)
                } catch {
                    await connection.close()
                    throw error
                }
                await connection.close()
                return true
            }
            group.addTask {
                for await _ in signals { return false }
                return true
            }
            let finished = try await group.next() ?? true
            group.cancelAll()
            guard !finished else { return }
            do {
                _ = try await group.next()
            } catch FleetClientError.cancelled, FleetClientError.closed {
            } catch is CancellationError {
            }
            throw untilInterrupted ? ExitCode.success : ExitCode(130)
        }
    }

    private func resolvedAddress() throws -> ServerAddress {
        if let server { return server }
        guard let text = ProcessInfo.processInfo.environment["CAMERA_FLEET_SERVER"], !text.isEmpty else {
            return ServerAddress(host: "127.0.0.1")
        }
        guard let address = ServerAddress(text) else {
            throw Failure("CAMERA_FLEET_SERVER is \"\(text)\", which is not HOST or HOST:PORT (IPv6: [ADDRESS]:PORT).")
        }
        return address
    }

    private func authenticate(_ connection: FleetConnection) async throws {
        if let token = ProcessInfo.processInfo.environment["CAMERA_FLEET_TOKEN"], !token.isEmpty {
            _ = try await connection.authenticate(token: token)
        } else if connection.greeting.authentication != "none" {
            throw Failure("The server at \(connection.address) wants a token. Put it into CAMERA_FLEET_TOKEN.")
        }
    }

    private static func address(_ text: String) throws -> ServerAddress {
        guard let address = ServerAddress(text) else {
            throw ValidationError("\"\(text)\" is not HOST or HOST:PORT (an IPv6 address stands in brackets).")
        }
        return address
    }
}

/// Does what is still to be done when a command was interrupted, for at most ten seconds.
func evenIfInterrupted<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    // A task of its own is not cancelled with the one that waits for it.
    try await Task {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: .seconds(10))
                throw Failure("The server did not answer in time.")
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }.value
}

/// How a command shows what it got.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON document, for programs.")
    var json = false
}
