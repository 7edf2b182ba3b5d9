/// What was seen of services: each may be seen on several networks, with an address on each, and counts once.
struct ServiceSightings {
    /// One service on one network.
    struct Place: Hashable {
        /// The network interface's number (if_nametoindex).
        var interface: Int32
        var name: String
        var domain: String
    }

    /// As many are kept; who has more cameras on a network names them. What comes then is not told.
    static let limit = 256

    private var addresses: [Place: (address: String, port: Int)?] = [:]

    /// Whether each service that was seen has its address.
    var isResolved: Bool { addresses.values.allSatisfy { $0 != nil } }

    /// A service was seen, whose address is not known yet. False for one too many, and for one that is known.
    mutating func see(_ place: Place) -> Bool {
        guard addresses[place] == nil, addresses.count < Self.limit else { return false }
        addresses[place] = .some(nil)
        return true
    }

    /// The address of a service was found out, or is another one now. An address of no service that was seen is nothing.
    mutating func resolve(_ place: Place, _ address: String, port: Int) {
        guard addresses[place] != nil else { return }
        addresses[place] = (address, port)
    }

    /// A service is gone from a network.
    mutating func lose(_ place: Place) { addresses[place] = nil }

    /// Each service with one address: that on the network of the lowest number.
    var services: Set<FoundService> {
        var found: [String: FoundService] = [:]
        for (place, known) in addresses.sorted(by: { $0.key.interface < $1.key.interface }) {
            guard let known, found["\(place.name).\(place.domain)"] == nil else { continue }
            found["\(place.name).\(place.domain)"] = FoundService(
                name: place.name, address: known.address, port: known.port)
        }
        return Set(found.values)
    }
}
