import ArgumentParser
import Fleet
import PacketServer

/// The limits of the protocol (protocol.md, sections 1, 4, 5 and 6), each a setting.
struct LimitOptions: ParsableArguments {
    @Option(help: "The most connections on each port.")
    var connections = PortLimits().connections

    @Option(help: "The most sessions of one connection.")
    var sessions = PortLimits().sessions

    @Option(help: "The most commands of one connection without an answer.")
    var commandsInFlight = PortLimits().commandsInFlight

    @Option(help: "The longest command of a client, in bytes.")
    var commandBytes = PortLimits().commandLength

    @Option(help: "The longest data packet of an upload, in bytes.")
    var dataBytes = PortLimits().dataLength

    @Option(help: "How long a body's command may run, in seconds, unless it says otherwise.")
    var commandSeconds = FleetLimits().commandTime / .seconds(1)

    @Option(help: "How long a driver has to return after that, in seconds, before its process is ended.")
    var driverSeconds = FleetLimits().driverGrace / .seconds(1)

    @Option(help: "How long a driver's process has to end by itself, in seconds, before it is killed.")
    var endingSeconds = FleetLimits().endingTime / .seconds(1)

    @Option(help: "How long a live view ticket is good, in seconds.")
    var ticketSeconds = FleetLimits().ticketTime / .seconds(1)

    @Option(help: "The most tickets of a session that were not used.")
    var unusedTickets = FleetLimits().unusedTickets

    @Option(help: "The most events that wait for a client that reads slowly; what comes then is counted as lost.")
    var waitingEvents = FleetLimits().waitingEvents

    @Option(help: "The most commands that wait for one body.")
    var waitingCommands = FleetLimits().waitingCommands

    func validate() throws {
        let counts = [
            ("connections", connections), ("sessions", sessions), ("commands-in-flight", commandsInFlight),
            ("unused-tickets", unusedTickets), ("waiting-events", waitingEvents), ("waiting-commands", waitingCommands),
        ]
        for (name, count) in counts where !(1...1_000_000).contains(count) {
            throw ValidationError("--\(name) takes a number from 1 to 1000000.")
        }
        for (name, bytes) in [("command-bytes", commandBytes), ("data-bytes", dataBytes)]
        where !(64...16_777_216).contains(bytes) {
            throw ValidationError("--\(name) takes a number from 64 to 16777216.")
        }
        let times = [
            ("command-seconds", commandSeconds), ("driver-seconds", driverSeconds), ("ending-seconds", endingSeconds),
            ("ticket-seconds", ticketSeconds),
        ]
        for (name, seconds) in times where !(0.001...86_400).contains(seconds) {
            throw ValidationError("--\(name) takes a number of seconds from 0.001 to 86400.")
        }
    }

    /// Those that the ports keep.
    var ofPorts: PortLimits {
        var limits = PortLimits()
        limits.connections = connections
        limits.sessions = sessions
        limits.commandsInFlight = commandsInFlight
        limits.commandLength = commandBytes
        limits.dataLength = dataBytes
        return limits
    }

    /// Those that the fleet keeps.
    var ofFleet: FleetLimits {
        var limits = FleetLimits()
        limits.commandTime = .seconds(commandSeconds)
        limits.driverGrace = .seconds(driverSeconds)
        limits.endingTime = .seconds(endingSeconds)
        limits.ticketTime = .seconds(ticketSeconds)
        limits.unusedTickets = unusedTickets
        limits.waitingEvents = waitingEvents
        limits.waitingCommands = waitingCommands
        return limits
    }
}
