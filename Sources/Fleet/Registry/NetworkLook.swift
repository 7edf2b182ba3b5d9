import FleetModel
import NIOCore
import NIOPosix

/// Looks whether anything listens where a body on the network should be.
enum NetworkLook {
    /// Whether a connection to the command port of `ptpip:HOST:PORT:EVENTPORT` can be made within `limit`. It is closed
    /// at once, so this is for bodies that are known to be away.
    static func finds(_ port: BodyPort, within limit: Duration) async -> Bool {
        let fields = port.path.split(separator: ":")
        guard port.isNetwork, fields.count >= 3, let number = Int(fields[2]) else { return false }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(limit))
        guard let channel = try? await bootstrap.connect(host: String(fields[1]), port: number).get() else {
            return false
        }
        try? await channel.close()
        return true
    }
}
