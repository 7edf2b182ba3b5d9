import CAvahi

/// One look-out for services, on one thread: it owns all that Avahi's library makes for it, and frees it at its end.
///
/// Every callback comes on the thread of `run`, while `run` holds this object.
final class AvahiBrowsing {
    private let type: String
    private let tell: (Set<FoundService>) -> Void
    private var sightings = ServiceSightings()
    /// Nil until what is there at first is known as a whole: a part of it would look as if the rest were gone.
    private var told: Set<FoundService>?
    private var isListed = false
    private var poll: OpaquePointer?
    private var browser: OpaquePointer?
    private var resolvers: [ServiceSightings.Place: OpaquePointer] = [:]
    private var failure: DiscoveryError?

    /// Looks for services of a type, and tells each set of them.
    init(type: String, tell: @escaping (Set<FoundService>) -> Void) {
        self.type = type
        self.tell = tell
    }

    /// Looks until there is something to read at `stopped`, which is when its other end is closed; gives why it ended before.
    func run(until stopped: Int32) -> DiscoveryError? {
        guard let poll = avahi_simple_poll_new(), let api = avahi_simple_poll_get(poll) else {
            return DiscoveryError(reason: "no memory")
        }
        self.poll = poll
        defer { avahi_simple_poll_free(poll) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        let watch = api.pointee.watch_new(
            api, stopped, AVAHI_WATCH_IN,
            { _, _, _, context in AvahiBrowsing.at(context)?.quit() }, context)
        defer { api.pointee.watch_free(watch) }
        var error: Int32 = 0
        // The daemon may start later; a bus that is not there is an error.
        let client = avahi_client_new(
            api, AVAHI_CLIENT_NO_FAIL,
            { client, state, context in AvahiBrowsing.at(context)?.take(state, of: client) }, context, &error)
        guard let client else { return DiscoveryError(reason: String(cString: avahi_strerror(error))) }
        // Frees the browser and the resolvers, too.
        defer { avahi_client_free(client) }
        while failure == nil, avahi_simple_poll_iterate(poll, -1) == 0 {}
        return failure
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> AvahiBrowsing? {
        context.map { Unmanaged<AvahiBrowsing>.fromOpaque($0).takeUnretainedValue() }
    }

    private func quit() {
        if let poll { avahi_simple_poll_quit(poll) }
    }

    private func fail(_ client: OpaquePointer?) {
        failure = DiscoveryError(reason: String(cString: avahi_strerror(avahi_client_errno(client))))
        quit()
    }

    private func take(_ state: AvahiClientState, of client: OpaquePointer?) {
        switch state {
        case AVAHI_CLIENT_FAILURE: fail(client)
        case AVAHI_CLIENT_CONNECTING: break
        default:
            guard browser == nil else { return }
            browser = avahi_service_browser_new(
                client, AvahiIfIndex(AVAHI_IF_UNSPEC), AvahiProtocol(AVAHI_PROTO_INET), type, nil,
                AvahiLookupFlags(rawValue: 0),
                { browser, interface, _, event, name, _, domain, _, context in
                    guard let browsing = AvahiBrowsing.at(context) else { return }
                    let client = avahi_service_browser_get_client(browser)
                    guard event != AVAHI_BROWSER_FAILURE else { return browsing.fail(client) }
                    guard event != AVAHI_BROWSER_ALL_FOR_NOW else { return browsing.endList() }
                    guard let name, let domain else { return }
                    let place = ServiceSightings.Place(
                        interface: interface, name: String(cString: name), domain: String(cString: domain))
                    if event == AVAHI_BROWSER_NEW { browsing.see(place, by: client) }
                    if event == AVAHI_BROWSER_REMOVE { browsing.lose(place) }
                }, Unmanaged.passUnretained(self).toOpaque())
            if browser == nil { fail(client) }
        }
    }

    private func see(_ place: ServiceSightings.Place, by client: OpaquePointer?) {
        guard sightings.see(place) else { return }
        let resolver = avahi_service_resolver_new(
            client, place.interface, AvahiProtocol(AVAHI_PROTO_INET), place.name, type, place.domain,
            AvahiProtocol(AVAHI_PROTO_INET),
            AvahiLookupFlags(rawValue: 0),
            { _, interface, _, event, name, _, domain, _, address, port, _, _, context in
                guard let browsing = AvahiBrowsing.at(context), let name, let domain else { return }
                let place = ServiceSightings.Place(
                    interface: interface, name: String(cString: name), domain: String(cString: domain))
                var text = [CChar](repeating: 0, count: Int(AVAHI_ADDRESS_STR_MAX))
                // One that cannot be resolved now is when it announces itself the next time.
                guard event == AVAHI_RESOLVER_FOUND, let address,
                    avahi_address_snprint(&text, text.count, address) != nil
                else { return browsing.lose(place) }
                browsing.resolve(
                    place, String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
                    port: Int(port))
            }, Unmanaged.passUnretained(self).toOpaque())
        if let resolver { resolvers[place] = resolver } else { sightings.lose(place) }
    }

    private func resolve(_ place: ServiceSightings.Place, _ address: String, port: Int) {
        sightings.resolve(place, address, port: port)
        tellNews()
    }

    private func lose(_ place: ServiceSightings.Place) {
        if let resolver = resolvers.removeValue(forKey: place) { avahi_service_resolver_free(resolver) }
        sightings.lose(place)
        tellNews()
    }

    private func endList() {
        isListed = true
        tellNews()
    }

    private func tellNews() {
        guard told != nil || isListed && sightings.isResolved else { return }
        let services = sightings.services
        guard services != told else { return }
        told = services
        tell(services)
    }
}
