import ArgumentParser
import NIOCore
import PacketClient
import PacketProtocol

/// Shows what happens in the fleet, until it is interrupted.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens in the fleet, an event a line, until Ctrl-C.")

    @Option(name: .customLong("only"), help: "An event to print, such as object_added; all unless given.")
    var names: [String] = []

    @Flag(help: "Print a JSON document a line, for programs.")
    var json = false

    @OptionGroup var server: ServerOptions

    func validate() throws {
        for name in names where EventCode(name: name) == nil {
            let all = EventCode.allCases.filter { $0 != .connectionOK }.map(\.name).joined(separator: ", ")
            throw ValidationError("There is no event \(name). There are \(all).")
        }
    }

    func run() async throws {
        try await server.withConnection(untilInterrupted: true) { connection in
            try await connection.subscribe(to: names.isEmpty ? nil : names)
            var lost = 0
            for try await event in connection.events {
                try await json ? Output.write(event.line) : Output.line(printable("\(event.name)  \(event.summary)"))
                guard connection.events.dropped > lost else { continue }
                Output.complain("\(connection.events.dropped - lost) events were lost: what reads them is too slow.")
                lost = connection.events.dropped
            }
        }
    }
}

extension ServerEvent {
    /// `{"event", "number", "data"}` on one line. A line break in JSON is only ever space between its parts.
    var line: ByteBuffer {
        var line = ByteBuffer(string: "{\"event\":\"\(name)\",\"number\":\(number),\"data\":")
        line.writeBytes(content.readableBytesView.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        line.writeStaticString("}\n")
        return line
    }
}
