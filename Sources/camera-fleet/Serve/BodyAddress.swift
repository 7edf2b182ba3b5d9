import FleetModel
import NIOCore

extension NetworkBodyAddress {
    /// The port in libgphoto2's words, which wants a numeric IPv4 address: a name is looked up.
    ///
    /// Throws General_Error when the name has no such address.
    func resolved() async throws(FleetError) -> BodyPort {
        let addresses = try? SocketAddress.makeAddressResolvingHost(host, port: commandPort)
        guard case .v4(let address)? = addresses, let numeric = SocketAddress(address.address).ipAddress else {
            throw FleetError(
                .generalError, "\(host) has no IPv4 address; cameras on the network are reached by one.")
        }
        return BodyPort(host: numeric, commandPort: commandPort, eventPort: eventPort)
    }
}
